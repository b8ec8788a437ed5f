"""The registry that tests pretend and the simulator of the outside world keep the same contract, good and bad manners included."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.recognition.registry import RegistryClient
from services.recognition.rules import RegistryUnavailable
from tests.recognition.scenes import Registry, held, today
from tests.tools.conftest import WorldProcess

NORA, TOM = "85073003328", "90020100105"


class Outside:
    """How a test tells a registry what to say. `misbehave` says how badly."""

    def __init__(self, client: RegistryClient, say: Callable[..., None], misbehave: Callable[[str], None]) -> None:
        self.client = client
        self.say = say
        self.misbehave = misbehave


def pretended() -> Outside:
    registry = Registry()

    def misbehave(mode: str) -> None:
        registry.down = mode != "ok"

    return Outside(
        RegistryClient("http://registry", "token", transport=httpx.MockTransport(registry)), registry.says, misbehave
    )


def simulated(world: WorldProcess) -> Outside:
    http = httpx.Client(base_url=f"{world.url}/registry/control", trust_env=False)

    def say(number: str, *recognitions: dict[str, Any]) -> None:
        http.put(f"/persons/{number}", json={"recognitions": recognitions}).raise_for_status()

    def misbehave(mode: str) -> None:
        http.post("/behaviour", json={"mode": mode, "delay_s": 5}).raise_for_status()

    return Outside(RegistryClient(f"{world.url}/registry", "token", timeout_s=1.0), say, misbehave)


@pytest.fixture(params=["pretended", "simulated"])
def outside(request: pytest.FixtureRequest) -> Iterator[Outside]:
    if request.param == "pretended":
        yield pretended()
        return
    found = simulated(request.getfixturevalue("world"))
    yield found
    found.misbehave("ok")


async def test_someone_unknown_holds_nothing(outside: Outside) -> None:
    assert await outside.client.look_up("70010100117") == []


async def test_what_someone_holds_has_its_dates(outside: Outside) -> None:
    outside.say(NORA, held("ipi", ends=10), held("cib", ends=-3))
    ipi, cib = sorted(await outside.client.look_up(NORA), key=lambda entry: entry.kind, reverse=True)
    assert (ipi.kind, ipi.number, ipi.valid_until) == ("ipi", "501234", today() + timedelta(days=10))
    assert ipi.counts_on(today())
    assert not cib.counts_on(today())


async def test_changes_name_people_until_all_was_read(outside: Outside) -> None:
    outside.say(NORA, held("ipi"))
    cursor = await read_to_the_end(outside.client, None, expect={NORA})
    outside.say(TOM, held("ipi"))
    outside.say(NORA, held("ipi"), held("cib"))
    cursor = await read_to_the_end(outside.client, cursor, expect={NORA, TOM})
    await read_to_the_end(outside.client, cursor, expect=set())


async def test_a_maintenance_page_is_no_answer(outside: Outside) -> None:
    outside.say(NORA, held("ipi"))
    outside.misbehave("maintenance")
    asking: list[Callable[[], Awaitable[Any]]] = [
        lambda: outside.client.look_up(NORA),
        lambda: outside.client.changes(None),
    ]
    for ask in asking:
        with pytest.raises(RegistryUnavailable):
            await ask()
    outside.misbehave("ok")
    assert len(await outside.client.look_up(NORA)) == 1


@pytest.mark.parametrize(
    ("mode", "reason"), [("error", "status-500"), ("slow", "slow"), ("wrong-person", "wrong-person")]
)
async def test_the_simulators_bad_manners_are_seen_through(world: WorldProcess, mode: str, reason: str) -> None:
    outside = simulated(world)
    outside.say(NORA, held("ipi"))
    outside.misbehave(mode)
    try:
        with pytest.raises(RegistryUnavailable) as refused:
            await outside.client.look_up(NORA)
    finally:
        outside.misbehave("ok")
    assert refused.value.params["reason"] == reason


async def test_duplicates_make_no_difference(world: WorldProcess) -> None:
    outside = simulated(world)
    outside.say(NORA, held("ipi"), held("ipi"))
    assert {entry.kind for entry in await outside.client.look_up(NORA)} == {"ipi"}


async def read_to_the_end(client: RegistryClient, cursor: str | None, *, expect: set[str]) -> str:
    """expect: who must be named on the way. The simulator may know of others' changes too."""
    named: set[str] = set()
    while True:
        changes = await client.changes(cursor)
        cursor = changes.cursor
        if not changes.numbers:
            break
        named |= set(changes.numbers)
    assert expect <= named if expect else not named
    return cursor
