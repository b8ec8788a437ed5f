"""Whatever a registry is, and however it is asked, it keeps one contract: the one that tests pretend, the simulator of the outside world,
a file in a folder, and a file that is fetched.
"""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.recognition.catalogue import File
from services.recognition.connectors.access import BearerAccess, http_auth
from services.recognition.connectors.build import hasher
from services.recognition.connectors.files.deliveries import Address, Deliveries, Folder
from services.recognition.connectors.files.importing import FileImport
from services.recognition.connectors.files.registry import FileRegistry
from services.recognition.connectors.gate.turns import OpenGate
from services.recognition.connectors.http import HttpRegistry
from services.recognition.connectors.port import Connector
from services.recognition.inquiry_store import Feed
from services.recognition.rules import RegistryUnavailable
from shared.db import Database
from tests.conftest import DatabaseOf
from tests.recognition.catalogues import FILE
from tests.recognition.scenes import Registry, held, http_registry, today
from tests.tools.conftest import WorldProcess
from tools.world.cards import national_number

NORA, NOBODY = "85073003328", "70010100197"
TOM = national_number(date(1990, 2, 1), "M", 0)
HASH_OF = hasher(b"k" * 32)
REGISTRY = "fund"


@dataclass(frozen=True)
class Outside:
    """How a test tells a registry what to say, and how badly. has_file: whether it delivers files."""

    connector: Connector
    say: Callable[..., Awaitable[None]]
    misbehave: Callable[[str], Awaitable[None]]
    has_file: bool


def pretended() -> Outside:
    registry = Registry()

    async def say(number: str, *recognitions: dict[str, Any]) -> None:
        registry.says(number, *recognitions)

    async def misbehave(mode: str) -> None:
        registry.down = mode != "ok"

    return Outside(http_registry(registry, HASH_OF), say, misbehave, has_file=False)


def over_http(control: httpx.AsyncClient, connector: Connector, *, has_file: bool) -> Outside:
    async def say(number: str, *recognitions: dict[str, Any]) -> None:
        answer = await control.put(f"/persons/{number}", json={"recognitions": recognitions})
        answer.raise_for_status()

    async def misbehave(mode: str) -> None:
        (await control.post("/behaviour", json={"mode": mode, "delay_s": 5})).raise_for_status()

    return Outside(connector, say, misbehave, has_file=has_file)


def simulated(url: str, control: httpx.AsyncClient) -> Outside:
    auth = http_auth(BearerAccess(type="bearer", token=SecretStr("token")))
    return over_http(control, HttpRegistry(f"{url}/registry", auth, HASH_OF, timeout_s=1.0), has_file=False)


def file_registry(database: Database, deliveries: Deliveries) -> FileRegistry:
    imported = FileImport(database, REGISTRY, File.model_validate(FILE), {"fs323": 0}, HASH_OF)
    return FileRegistry(database, REGISTRY, imported, deliveries, HASH_OF)


def in_a_folder(database: Database, folder: Path) -> Outside:
    people = {national_number(date(1950, 1, 1), "M", count): [held("fs323")] for count in range(10)}
    file = File.model_validate(FILE)

    async def say(number: str, *recognitions: dict[str, Any]) -> None:
        people[number] = list(recognitions)
        (folder / "latest.csv").write_bytes(lines_of(people))

    async def misbehave(mode: str) -> None:
        """A page in the place of a file; and a folder that is away."""
        if mode == "ok":
            folder.chmod(0o700)
        (folder / "latest.csv").write_bytes(b"<h1>Maintenance</h1>" if mode != "ok" else lines_of(people))

    return Outside(file_registry(database, Folder(folder, file, settle_s=0)), say, misbehave, has_file=True)


def lines_of(people: dict[str, list[dict[str, Any]]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(("INSZ", "DOSSIER", "VAN", "TOT"))
    for number, recognitions in people.items():
        for one in recognitions:
            days = (date.fromisoformat(one[name]).strftime("%d/%m/%Y") for name in ("valid_from", "valid_until"))
            writer.writerow((number, one["number"], *days))
    return text.getvalue().encode("utf-8-sig")


@pytest_asyncio.fixture(params=["pretended", "simulated", "folder", "fetched"])
async def outside(request: pytest.FixtureRequest, database_of: DatabaseOf, tmp_path: Path) -> AsyncIterator[Outside]:
    if request.param == "pretended":
        yield pretended()
        return
    if request.param == "folder":
        yield in_a_folder(await database_of("recognition"), tmp_path)
        return
    world: WorldProcess = request.getfixturevalue("world")
    async with httpx.AsyncClient(base_url=f"{world.url}/registry/control", trust_env=False) as control:
        if request.param == "simulated":
            found = simulated(world.url, control)
        else:
            file = File.model_validate(FILE).model_copy(update={"timeout_s": 1.0})
            url, basic = f"{world.url}/registry/files/fs323.csv", httpx.BasicAuth("immo", "any")
            deliveries = Address(url, basic, file, OpenGate())
            database = await database_of("recognition")
            found = over_http(control, file_registry(database, deliveries), has_file=True)
        yield found
        await found.misbehave("ok")
        await found.connector.close()


async def test_someone_unknown_holds_nothing(outside: Outside) -> None:
    await outside.say(NORA, held("fs323"))
    await outside.connector.prepare()
    assert (await outside.connector.look_up(NOBODY)).entries == ()


async def test_what_someone_holds_has_its_number_and_dates(outside: Outside) -> None:
    await outside.say(NORA, held("fs323", ends=10))
    await outside.say(TOM, held("fs323", ends=-3))
    await outside.connector.prepare()
    (noras,) = (await outside.connector.look_up(NORA)).entries
    assert (noras.kind, noras.number, noras.valid_until) == ("fs323", "501234", today() + timedelta(days=10))
    assert noras.counts_on(today())
    (toms,) = (await outside.connector.look_up(TOM)).entries
    assert not toms.counts_on(today())


async def test_changes_name_people_until_all_was_read(outside: Outside) -> None:
    await outside.say(NORA, held("fs323", ends=350))
    await outside.say(TOM, held("fs323", ends=350))
    feed = await read_to_the_end(outside.connector, Feed(), expect={NORA, TOM})
    await outside.say(TOM, held("fs323", ends=360))
    await outside.say(NORA, held("fs323", ends=400))
    feed = await read_to_the_end(outside.connector, feed, expect={NORA, TOM})
    await read_to_the_end(outside.connector, feed, expect=set())


async def test_what_is_gone_is_named_too(outside: Outside) -> None:
    await outside.say(NORA, held("fs323"))
    await outside.say(TOM, *[held("fs323")] * 3)
    feed = await read_to_the_end(outside.connector, Feed(), expect={NORA})
    await outside.say(NORA)
    await read_to_the_end(outside.connector, feed, expect={NORA})
    assert (await outside.connector.look_up(NORA)).entries == ()


async def test_a_maintenance_page_is_no_answer(outside: Outside) -> None:
    await outside.say(NORA, held("fs323"))
    feed = await read_to_the_end(outside.connector, Feed(), expect={NORA})
    await outside.misbehave("maintenance")
    if outside.has_file:  # the file before it counts
        await outside.connector.prepare()
        assert (await outside.connector.changes(feed)).hashes == ()
    else:
        with pytest.raises(RegistryUnavailable):
            await outside.connector.look_up(NORA)
        with pytest.raises(RegistryUnavailable):
            await outside.connector.changes(Feed())
    await outside.misbehave("ok")
    await outside.connector.prepare()
    assert len((await outside.connector.look_up(NORA)).entries) == 1


async def test_saying_it_twice_makes_no_difference(outside: Outside) -> None:
    await outside.say(NORA, held("fs323"), held("fs323"))
    await outside.connector.prepare()
    assert {entry.kind for entry in (await outside.connector.look_up(NORA)).entries} == {"fs323"}


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("error", "status-500"),
        ("slow", "slow"),
        ("rate-limited", "asked-to-wait"),
        ("truncated", "not-understood"),
        ("maintenance", "not-understood"),
        ("wrong-person", "wrong-person"),
    ],
)
async def test_the_simulators_bad_manners_are_seen_through(world: WorldProcess, mode: str, reason: str) -> None:
    async with httpx.AsyncClient(base_url=f"{world.url}/registry/control", trust_env=False) as control:
        outside = simulated(world.url, control)
        await outside.say(NORA, held("ipi"))
        await outside.misbehave(mode)
        try:
            with pytest.raises(RegistryUnavailable) as refused:
                await outside.connector.look_up(NORA)
        finally:
            await outside.misbehave("ok")
    assert refused.value.reason == reason


@pytest.mark.parametrize("mode", ["error", "slow", "rate-limited", "truncated", "maintenance", "empty", "shrunken"])
async def test_a_file_that_is_not_what_it_should_be_changes_nothing(
    world: WorldProcess, database_of: DatabaseOf, mode: str
) -> None:
    async with httpx.AsyncClient(base_url=f"{world.url}/registry/control", trust_env=False) as control:
        file = File.model_validate(FILE).model_copy(update={"timeout_s": 1.0})
        url, basic = f"{world.url}/registry/files/fs323.csv", httpx.BasicAuth("immo", "any")
        database = await database_of("recognition")
        outside = over_http(control, file_registry(database, Address(url, basic, file, OpenGate())), has_file=True)
        await outside.say(NORA, held("fs323"))
        await outside.connector.prepare()
        await outside.misbehave(mode)
        try:
            with suppress(RegistryUnavailable):
                await outside.connector.prepare()
        finally:
            await outside.misbehave("ok")
        assert len((await outside.connector.look_up(NORA)).entries) == 1
        async with database.acquire() as db:
            assert await db.fetchval("SELECT count(*) FROM registry_row WHERE is_removed") == 0
        await outside.connector.close()


async def read_to_the_end(connector: Connector, feed: Feed, *, expect: set[str]) -> Feed:
    """expect: who must be named on the way. The simulator may know of others' changes too."""
    named: set[bytes] = set()
    await connector.prepare()
    while (changes := await connector.changes(feed)).hashes:
        feed = changes.feed
        named |= set(changes.hashes)
    assert {HASH_OF(number) for number in expect} <= named if expect else not named
    return changes.feed
