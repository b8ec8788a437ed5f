"""The wallet over HTTP: who may see and do what, and what is answered."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.topups import store as top_ups
from services.wallet.topups.rules import FIRST_CHECK, State, TopUp
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import TOOL, add_manager, fill, open_filled

BODY = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "An extract"}


class Desk:
    def __init__(self, app: App, wallet_id: UUID, mint: Mint, manager: UUID) -> None:
        self.app = app
        self.http = app.http
        self.wallet_id = wallet_id
        self.path = f"/api/wallets/{wallet_id}"
        self.manager = mint.person(manager)
        self.tool = mint.tool(TOOL) | {"idempotency-key": "k1"}


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db)
        return Desk(app, wallet_id, mint, await add_manager(db, wallet_id))


async def test_a_manager_sees_the_wallet(desk: Desk) -> None:
    answer = await desk.http.get(desk.path, headers=desk.manager)
    assert answer.status_code == 200
    assert answer.json() == {
        "organisation_id": str(desk.wallet_id),
        "currency": "EUR",
        "balance_cents": 5_000,
        "held_cents": 0,
        "available_cents": 5_000,
        "low_threshold_cents": 1_000,
        "is_low": False,
        "is_frozen": False,
        "may_manage": True,
        "credits": [],
        "minimum_top_up_cents": 5_000,
        "top_up_url": f"http://127.0.0.1:8080/organisations/{desk.wallet_id}/wallet/top-up",
    }


@pytest.mark.parametrize("path", ["", "/transactions"])
async def test_others_do_not_see_the_wallet(desk: Desk, mint: Mint, path: str) -> None:
    async with desk.app.at.database.transaction() as db:
        employee = mint.person(await add_manager(db, desk.wallet_id, manager=False))
        blocked = await add_manager(db, desk.wallet_id)
        await db.execute("UPDATE member SET active = false WHERE account_id = $1", blocked)
    expected: list[tuple[Headers, int, str]] = [
        (employee, 403, "not-a-manager"),
        (mint.person(blocked), 404, "wallet-not-found"),
        (mint.person(new_id()), 404, "wallet-not-found"),
        (mint.tool(TOOL), 403, "wrong-caller"),
        ({}, 401, "token-missing"),
    ]
    for headers, status, code in expected:
        answer = await desk.http.get(desk.path + path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_charge_is_answered_once_as_new_and_then_as_known(desk: Desk) -> None:
    first = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=desk.tool)
    again = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=desk.tool)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["balance_cents"] == 2_701
    shown = await desk.http.get(f"{desk.path}/charges/{first.json()['charge_id']}", headers=desk.tool)
    assert shown.json() == {**first.json(), "refunded_cents": 0}


async def test_a_charge_is_shown_to_the_tool_that_made_it_only(desk: Desk, mint: Mint) -> None:
    first = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=desk.tool)
    answer = await desk.http.get(f"{desk.path}/charges/{first.json()['charge_id']}", headers=mint.tool("romi"))
    assert (answer.status_code, answer.json()["code"]) == (404, "charge-not-found")


async def test_a_short_balance_says_how_much_and_where_to_top_up(desk: Desk) -> None:
    body = {**BODY, "amount_excl_cents": 5_000, "amount_incl_cents": 6_050}
    headers = {**desk.tool, "accept-language": "nl"}
    answer = await desk.http.post(f"{desk.path}/charges", json=body, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (402, "balance-short")
    assert problem["params"] == {
        "balance_cents": 5_000,
        "short_cents": 1_050,
        "top_up_url": f"http://127.0.0.1:8080/organisations/{desk.wallet_id}/wallet/top-up",
    }
    assert "10,50" in problem["detail"]


async def test_a_key_for_another_charge_is_a_conflict(desk: Desk) -> None:
    await desk.http.post(f"{desk.path}/charges", json=BODY, headers=desk.tool)
    answer = await desk.http.post(f"{desk.path}/charges", json={**BODY, "description": "Other"}, headers=desk.tool)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-mismatch")


async def test_a_tool_that_is_not_registered_may_not_charge(desk: Desk, mint: Mint) -> None:
    headers = mint.tool("romi") | {"idempotency-key": "k1"}
    answer = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "organisation-not-registered")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_incl_cents": -1}, "amount_incl_cents"),
        ({"amount_incl_cents": 10**18}, "amount_incl_cents"),
        ({"amount_incl_cents": 2_300.5}, "amount_incl_cents"),
        ({"amount_incl_cents": 2_400}, "amount_incl_cents"),
        ({"vat_rate_bp": 10_001}, "vat_rate_bp"),
        ({"description": ""}, "description"),
        ({"description": "x" * 201}, "description"),
        ({"description": "a\u0000b"}, "description"),
        ({"account_id": "me"}, "account_id"),
        ({"tool_id": "another"}, "tool_id"),
    ],
)
async def test_a_charge_without_sense_names_the_field(desk: Desk, change: dict[str, object], field: str) -> None:
    answer = await desk.http.post(f"{desk.path}/charges", json={**BODY, **change}, headers=desk.tool)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("key", [None, "", "x" * 201, "with space"])
async def test_a_charge_needs_a_key(desk: Desk, mint: Mint, key: str | None) -> None:
    headers = mint.tool(TOOL) | ({} if key is None else {"idempotency-key": key})
    answer = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_only_the_scope_for_charges_charges(desk: Desk, mint: Mint) -> None:
    headers = mint.tool(TOOL, scope="events") | {"idempotency-key": "k1"}
    answer = await desk.http.post(f"{desk.path}/charges", json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


@pytest.mark.parametrize(
    ("change", "code", "params"),
    [
        ({"amount_cents": 4_999}, "amount-below-minimum", {"minimum_cents": 5_000}),
        ({"amount_cents": 5_000_001}, "amount-above-maximum", {"maximum_cents": 5_000_000}),
        ({"method": "cash"}, None, None),
        ({"return_url": "https://evil.example/"}, "return-url-foreign", None),
    ],
)
async def test_a_top_up_without_sense_names_the_field(
    desk: Desk, change: dict[str, object], code: str | None, params: dict[str, int] | None
) -> None:
    body = {"amount_cents": 5_000, "method": "visa", "return_url": "http://127.0.0.1:8080/back"} | change
    answer = await desk.http.post(f"{desk.path}/top-ups", json=body, headers=desk.manager)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == next(iter(change))
    assert code is None or error["code"] == code
    assert error.get("params") == params or code is None


async def test_only_a_manager_tops_up_and_sees_it(desk: Desk, mint: Mint) -> None:
    body = {"amount_cents": 5_000, "method": "visa", "return_url": "http://127.0.0.1:8080/back"}
    async with desk.app.at.database.transaction() as db:
        employee = mint.person(await add_manager(db, desk.wallet_id, manager=False))
        top_up = await _top_up(db, desk.wallet_id)
    assert (await desk.http.post(f"{desk.path}/top-ups", json=body, headers=employee)).status_code == 403
    assert (await desk.http.get(f"/api/top-ups/{top_up.id}", headers=employee)).status_code == 403
    for headers in (mint.person(new_id()), desk.manager):
        answer = await desk.http.get(f"/api/top-ups/{new_id()}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "top-up-not-found")
    stranger = await desk.http.get(f"/api/top-ups/{top_up.id}", headers=mint.person(new_id()))
    assert (stranger.status_code, stranger.json()["code"]) == (404, "top-up-not-found")


async def test_transactions_are_read_page_by_page_latest_first(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        for cents in range(1, 8):
            await fill(db, desk.wallet_id, cents)
    seen: list[int] = []
    after: str | None = None
    while True:
        query: dict[str, str] = {"limit": "3"} | ({"after": after} if after else {})
        page = (await desk.http.get(f"{desk.path}/transactions", params=query, headers=desk.manager)).json()
        seen += [item["amount_cents"] for item in page["transactions"]]
        for item in page["transactions"]:
            assert item["balance_before_cents"] + item["amount_cents"] == item["balance_after_cents"]
        after = page["next"]
        if after is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1, 5_000]


async def test_a_page_shows_charges_and_what_was_not_completed_where_they_belong_in_time(desk: Desk) -> None:
    await desk.http.post(f"{desk.path}/charges", json=BODY, headers=desk.tool)
    async with desk.app.at.database.transaction() as db:
        await _top_up(db, desk.wallet_id)
    await desk.http.post(f"{desk.path}/charges", json=BODY, headers={**desk.tool, "idempotency-key": "k2"})
    headers = {**desk.manager, "accept-language": "en"}
    page = (await desk.http.get(f"{desk.path}/transactions?limit=3", headers=headers)).json()
    found = [(item["kind"], item["state"], item["number"], item["description"]) for item in page["transactions"]]
    assert found == [
        ("charge", "completed", 3, "An extract"),
        ("top-up", "pending", None, "Top-up by Visa"),
        ("charge", "completed", 2, "An extract"),
    ]
    rest = (await desk.http.get(f"{desk.path}/transactions?after={page['next']}", headers=headers)).json()
    assert [item["number"] for item in rest["transactions"]] == [1]


@pytest.mark.parametrize(
    "query",
    ["after=0", "after=x", "limit=0", "limit=201", "after=0.1.99999999999999999999", "after=1.1.1", "before=0.1"],
)
async def test_a_page_that_cannot_be_is_refused(desk: Desk, query: str) -> None:
    answer = await desk.http.get(f"{desk.path}/transactions?{query}", headers=desk.manager)
    assert answer.status_code == 422


async def _top_up(db: object, wallet_id: UUID) -> TopUp:
    now = datetime.now(UTC)
    top_up = TopUp(
        id=new_id(),
        wallet_id=wallet_id,
        amount_cents=5_000,
        currency="EUR",
        method="visa",
        provider="mollie",
        reference=None,
        checkout_url=None,
        requested_by=new_id(),
        state=State.CREATED,
        reason=None,
        created_at=now,
        ended_at=None,
    )
    await top_ups.insert_top_up(db, top_up, next_check_at=now + FIRST_CHECK)  # pyright: ignore[reportArgumentType]
    await db.execute("UPDATE top_up SET state = 'pending', reference = 'tr_1' WHERE id = $1", top_up.id)  # type: ignore[attr-defined]
    return top_up
