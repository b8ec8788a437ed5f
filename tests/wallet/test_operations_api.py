"""Reservations, refunds and credits over HTTP: what a tool sends and what it is answered."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import TOOL, faults_of, open_filled, published

BODY = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "An extract"}
CAPTURE = {"amount_excl_cents": 1_000, "amount_incl_cents": 1_210}
REFUND = {"amount_incl_cents": 1_000, "description": "It failed"}


class Desk:
    def __init__(self, app: App, wallet_id: UUID, mint: Mint) -> None:
        self.app = app
        self.wallet_id = wallet_id
        self.path = f"/api/wallets/{wallet_id}"
        self.tool = mint.tool(TOOL)

    async def post(
        self, path: str, body: Any, key: str | None = "k1", *, headers: Headers | None = None, language: str = "en"
    ) -> httpx.Response:
        sent = {**(headers or self.tool), "accept-language": language} | ({"idempotency-key": key} if key else {})
        return await self.app.http.post(self.path + path, json=body, headers=sent)

    async def get(self, path: str) -> Any:
        answer = await self.app.http.get(self.path + path, headers=self.tool)
        assert answer.status_code == 200
        return answer.json()

    async def freeze(self) -> None:
        async with self.app.at.database.transaction() as db:
            await db.execute("UPDATE wallet SET frozen_at = now() WHERE id = $1", self.wallet_id)


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        return Desk(app, await open_filled(db), mint)


async def test_money_is_reserved_captured_in_part_and_refunded(desk: Desk) -> None:
    reserved = await desk.post("/reservations", {**BODY, "valid_s": 60}, "k1")
    again = await desk.post("/reservations", {**BODY, "valid_s": 60}, "k1")
    assert (reserved.status_code, again.status_code) == (201, 200)
    assert reserved.json() == again.json()
    reservation = f"/reservations/{reserved.json()['reservation_id']}"
    shown = await desk.get(reservation)
    assert shown == {**reserved.json(), "state": "open", "ended_at": None, "charge_id": None}

    captured = await desk.post(f"{reservation}/capture", CAPTURE, "k2")
    again = await desk.post(f"{reservation}/capture", CAPTURE, "k2")
    assert (captured.status_code, again.status_code) == (201, 200)
    assert captured.json() == again.json()
    assert captured.json()["balance_cents"] == 5_000 - 1_210
    charge = f"/charges/{captured.json()['charge_id']}"
    shown = await desk.get(reservation)
    assert (shown["state"], shown["charge_id"]) == ("captured", captured.json()["charge_id"])
    assert await desk.get(charge) == {**captured.json(), "refunded_cents": 0}

    refunded = await desk.post(f"{charge}/refunds", REFUND, "k3")
    again = await desk.post(f"{charge}/refunds", REFUND, "k3")
    assert (refunded.status_code, again.status_code) == (201, 200)
    assert refunded.json() == again.json()
    assert (refunded.json()["amount_excl_cents"], refunded.json()["balance_cents"]) == (826, 4_790)
    assert await desk.get(f"{charge}/refunds") == {"refunds": [refunded.json()]}
    assert (await desk.get(charge))["refunded_cents"] == 1_000
    assert await faults_of(desk.app.at.database) == []


async def test_a_release_is_answered_the_same_for_ever(desk: Desk) -> None:
    reserved = (await desk.post("/reservations", BODY)).json()
    path = f"/reservations/{reserved['reservation_id']}/release"
    first, again = await desk.post(path, None, "k2"), await desk.post(path, None, "k2")
    assert (first.status_code, again.status_code, first.json()["state"]) == (200, 200, "released")
    assert first.json() == again.json()


@pytest.mark.parametrize("operation", ["/charges", "/reservations"])
async def test_a_frozen_wallet_says_so_with_the_way_out_and_announces_the_refusal(desk: Desk, operation: str) -> None:
    await desk.freeze()
    answer = await desk.post(operation, BODY)
    assert (answer.status_code, answer.json()["code"]) == (402, "wallet-frozen")
    assert answer.json()["params"]["top_up_url"].endswith("/wallet/top-up")
    [event] = await published(desk.app.at.database, "ChargeRefused")
    expected = {"/charges": "charge", "/reservations": "reserve"}[operation]
    assert (event["reason"], event["operation"]) == ("wallet-frozen", expected)


@pytest.mark.parametrize(("language", "word"), [("fr", "crédits"), ("nl", "credits"), ("de", "Credits")])
async def test_missing_credits_are_told_in_the_callers_language(desk: Desk, language: str, word: str) -> None:
    body = {**BODY, "amount_excl_cents": 3, "amount_incl_cents": 3, "vat_rate_bp": 0, "unit": f"credits/{TOOL}"}
    for operation in ("/charges", "/reservations"):
        answer = await desk.post(operation, body, language=language)
        assert (answer.status_code, answer.json()["code"]) == (402, "credits-short")
        assert answer.json()["params"]["short_cents"] == 3
        assert answer.json()["params"]["top_up_url"].endswith("/wallet/plans")
        assert word in answer.json()["detail"]


async def test_each_refusal_has_its_code(desk: Desk, mint: Mint) -> None:
    reserved = (await desk.post("/reservations", BODY, "r1")).json()["reservation_id"]
    charged = (await desk.post("/charges", {**BODY, "amount_excl_cents": 100, "amount_incl_cents": 121}, "c1")).json()
    refunds = f"/charges/{charged['charge_id']}/refunds"
    capture = f"/reservations/{reserved}/capture"
    romi = mint.tool("romi")
    cases: list[tuple[str, Any, str, Headers | None, int, str]] = [
        ("/reservations", {**BODY, "amount_incl_cents": 2_400}, "a", None, 422, "vat-mismatch"),
        ("/reservations", {**BODY, "amount_excl_cents": 0, "amount_incl_cents": 0}, "a", None, 422, "nothing-asked"),
        ("/reservations", {**BODY, "valid_s": 10**8}, "a", None, 422, "validity-too-long"),
        ("/reservations", {**BODY, "unit": "credits/romi"}, "a", None, 422, "unit-foreign"),
        ("/charges", {**BODY, "unit": f"credits/{TOOL}"}, "a", None, 422, "credits-have-no-vat"),
        (
            "/reservations",
            {**BODY, "amount_excl_cents": 9_000, "amount_incl_cents": 10_890},
            "a",
            None,
            402,
            "balance-short",
        ),
        ("/reservations", BODY, "c1", None, 409, "idempotency-mismatch"),
        ("/reservations", BODY, "a", romi, 403, "organisation-not-registered"),
        (capture, {"amount_excl_cents": 2_000, "amount_incl_cents": 2_420}, "a", None, 422, "capture-too-large"),
        (capture, CAPTURE, "a", romi, 404, "reservation-not-found"),
        (f"/reservations/{new_id()}/release", None, "a", None, 404, "reservation-not-found"),
        (refunds, {**REFUND, "amount_incl_cents": 122}, "a", None, 422, "refund-too-large"),
        (refunds, {**REFUND, "amount_incl_cents": 0}, "a", None, 422, "nothing-asked"),
        (refunds, REFUND, "a", romi, 404, "charge-not-found"),
        (refunds, REFUND, "r1", None, 409, "idempotency-mismatch"),
    ]
    for path, body, key, headers, status, code in cases:
        answer = await desk.post(path, body, key, headers=headers)
        found = answer.json()
        codes = {found["code"], *(error["code"] for error in found.get("errors", ()))}
        assert (answer.status_code, code in codes) == (status, True), (path, found)
    await desk.post(f"/reservations/{reserved}/release", None, "x1")
    answer = await desk.post(capture, CAPTURE, "a")
    assert (answer.status_code, answer.json()["code"]) == (409, "reservation-ended")


@pytest.mark.parametrize(
    "path", ["/reservations", "/reservations/{id}/capture", "/reservations/{id}/release", "/charges/{id}/refunds"]
)
async def test_every_operation_needs_a_key_and_the_scope_for_charges(desk: Desk, mint: Mint, path: str) -> None:
    path = path.format(id=new_id())
    body = {"reservations": BODY, "capture": CAPTURE, "refunds": REFUND}.get(path.rsplit("/", 1)[-1])
    answer = await desk.post(path, body, None)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    for headers, status in ((mint.tool(TOOL, scope="events"), 403), (mint.person(new_id()), 403), ({}, 401)):
        answer = await desk.post(path, body, headers=headers or {"accept": "*/*"})
        assert answer.status_code == status


async def test_what_a_tool_reads_is_its_own(desk: Desk, mint: Mint) -> None:
    reserved = (await desk.post("/reservations", BODY, "r1")).json()["reservation_id"]
    charged = (await desk.post("/charges", {**BODY, "amount_excl_cents": 100, "amount_incl_cents": 121}, "c1")).json()
    for path in (
        f"/reservations/{reserved}",
        f"/charges/{charged['charge_id']}",
        f"/charges/{charged['charge_id']}/refunds",
    ):
        for own, headers in ((desk.path, mint.tool("romi")), (f"/api/wallets/{new_id()}", desk.tool)):
            answer = await desk.app.http.get(own + path, headers=headers)
            assert answer.status_code == 404
