"""Operators, and nobody else, see dead letters and decide about them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import pytest_asyncio

from shared import dead_letters
from shared.consume_decode import Received
from shared.dead_letter_store import Refusal
from shared.settings import Settings
from tests.shared.example import SERVICE
from tests.support import apps
from tests.support.apps import App
from tests.support.events import fetch
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker


class WalletSettings(Settings):
    service: ClassVar[str] = "wallet"


@pytest_asyncio.fixture
async def app(dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys) -> AsyncIterator[App]:
    wallet = replace(SERVICE, name="wallet", settings=WalletSettings, routers=())
    settings = apps.settings_for(WalletSettings, await dsn_of("kit"), no_broker, mint)
    async with apps.running(wallet, settings, mint, data_keys) as app:
        yield app


@pytest.fixture
def operator(mint: Mint) -> dict[str, str]:
    return mint.peer("operator", "wallet")


async def park(app: App, number: int, *, waiting: bool = False) -> None:
    headers = {"ce_id": str(number), "ce_type": "immoconnect.wallet.WalletCharged.v1"}
    received = Received(
        "wallet.events",
        0,
        number,
        b"\xffkey",
        headers,
        b'{"n": "\xc3\xa9"}',
        str(number),
        "wallet.events/key",
        None,
        None,
    )
    refusal = Refusal(received, "waiting" if waiting else "parked", "contract", "n: missing", 1)
    async with app.at.database.transaction() as db:
        await dead_letters.refuse(db, "wallet", "wallet", [refusal])


async def test_open_letters_are_listed_by_number(app: App, operator: dict[str, str]) -> None:
    await park(app, 1)
    await park(app, 2, waiting=True)
    everything = (await app.http.get("/internal/dead-letters", headers=operator)).json()
    assert [(letter["id"], letter["state"]) for letter in everything] == [(1, "parked"), (2, "waiting")]
    assert everything[0]["reason"] == "contract"
    assert everything[0]["key"] == "\\xffkey"
    assert "payload" not in everything[0]
    parked = (await app.http.get("/internal/dead-letters?state=parked", headers=operator)).json()
    assert [letter["id"] for letter in parked] == [1]
    later = (await app.http.get("/internal/dead-letters?after=1&limit=1", headers=operator)).json()
    assert [letter["id"] for letter in later] == [2]


async def test_a_letter_is_shown_with_its_headers_and_payload(app: App, operator: dict[str, str]) -> None:
    await park(app, 1)
    letter = (await app.http.get("/internal/dead-letters/1", headers=operator)).json()
    assert letter["payload"] == '{"n": "é"}'
    assert letter["headers"]["ce_id"] == "1"


async def test_a_letter_is_replayed_or_dropped_once(app: App, operator: dict[str, str]) -> None:
    await park(app, 1)
    answer = await app.http.post("/internal/dead-letters/1/replay", headers=operator)
    assert (answer.status_code, answer.json()["state"]) == (200, "replaying")
    answer = await app.http.post("/internal/dead-letters/1/drop", headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (409, "dead-letter-not-parked")
    await fetch(app.at.database, "UPDATE dead_letter SET state = 'parked'")
    answer = await app.http.post("/internal/dead-letters/1/drop", headers=operator)
    assert (answer.status_code, answer.json()["state"]) == (200, "dropped")


@pytest.mark.parametrize("path", ["0", "-1", "99", "9223372036854775808", "x"])
async def test_an_unknown_number_is_a_problem_and_no_failure(app: App, operator: dict[str, str], path: str) -> None:
    for method, suffix in (("GET", ""), ("POST", "/replay"), ("POST", "/drop")):
        answer = await app.http.request(method, f"/internal/dead-letters/{path}{suffix}", headers=operator)
        assert answer.status_code in (404, 422)


async def test_services_and_strangers_see_nothing(app: App, mint: Mint) -> None:
    assert (await app.http.get("/internal/dead-letters")).status_code == 401
    answer = await app.http.get("/internal/dead-letters", headers=mint.peer("gateway", "wallet"))
    assert answer.status_code == 403
