"""One transaction with what belongs to it, the names of tools, and who may see a list."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.access.store import upsert_member
from services.wallet.catalogue.store import tool_names, upsert_names
from services.wallet.ledger.booking import Posting, book
from services.wallet.statement.summaries import sum_up
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import TOOL, add_manager, open_filled
from tests.wallet.lines import add_top_up

CHARGE = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "An extract"}


class Desk:
    def __init__(self, app: App, wallet_id: UUID, mint: Mint, manager: UUID) -> None:
        self.app, self.wallet_id = app, wallet_id
        self.http = app.http
        self.path = f"/api/wallets/{wallet_id}"
        self.manager = {**mint.person(manager), "accept-language": "en"}
        self.tool = mint.tool(TOOL)

    async def charge(self, key: str, account_id: UUID | None = None) -> str:
        body = {**CHARGE, **({"account_id": str(account_id)} if account_id else {})}
        answer = await self.http.post(f"{self.path}/charges", json=body, headers={**self.tool, "idempotency-key": key})
        return answer.json()["charge_id"]


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db)
        await upsert_names(db, TOOL, {"en": "CadastreFinder"}, version=1)
        return Desk(app, wallet_id, mint, await add_manager(db, wallet_id))


async def test_a_charge_shows_its_vat_who_it_was_for_and_its_refund(desk: Desk) -> None:
    account_id = new_id()
    charge_id = await desk.charge("k1", account_id)
    body = {"amount_incl_cents": 2_299, "description": "Wrong parcel"}
    headers = {**desk.tool, "idempotency-key": "k2"}
    refund = (await desk.http.post(f"{desk.path}/charges/{charge_id}/refunds", json=body, headers=headers)).json()
    found = (await desk.http.get(f"{desk.path}/transactions/{charge_id}", headers=desk.manager)).json()
    one = found["transaction"]
    assert (one["number"], one["vat_cents"], one["account_id"], one["tool_name"]) == (
        2,
        399,
        str(account_id),
        "CadastreFinder",
    )
    assert (found["vat_rate_bp"], found["plan_id"], found["unit"]) == (2_100, None, "EUR")
    assert [(other["kind"], other["id"], other["amount_cents"]) for other in found["related"]] == [
        ("refund", refund["refund_id"], 2_299)
    ]
    back = (await desk.http.get(f"{desk.path}/transactions/{refund['refund_id']}", headers=desk.manager)).json()
    assert [other["id"] for other in back["related"]] == [charge_id]


async def test_a_top_up_that_failed_says_why(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        top_up_id = await add_top_up(db, desk.wallet_id, datetime.now(UTC), state="failed")
    found = (await desk.http.get(f"{desk.path}/transactions/{top_up_id}", headers=desk.manager)).json()
    assert (found["transaction"]["state"], found["reason"], found["related"]) == ("failed", "canceled", [])


async def test_what_is_reserved_is_pending_until_it_is_captured(desk: Desk) -> None:
    headers = {**desk.tool, "idempotency-key": "r1"}
    body = {**CHARGE, "valid_s": 600}
    reserved = (await desk.http.post(f"{desk.path}/reservations", json=body, headers=headers)).json()
    page = (await desk.http.get(f"{desk.path}/transactions?state=pending", headers=desk.manager)).json()
    [row] = page["transactions"]
    assert (row["id"], row["kind"], row["amount_cents"]) == (reserved["reservation_id"], "charge", -2_299)
    assert (row["vat_cents"], row["number"]) == (399, None)
    assert page["tools"] == [{"id": TOOL, "name": "CadastreFinder"}]


async def test_a_transaction_of_another_organisation_does_not_exist(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        other = await open_filled(db)
        foreign = await db.fetchval("SELECT transaction_id FROM ledger_entry WHERE wallet_id = $1", other)
    for transaction_id in (foreign, new_id()):
        answer = await desk.http.get(f"{desk.path}/transactions/{transaction_id}", headers=desk.manager)
        assert (answer.status_code, answer.json()["code"]) == (404, "transaction-not-found")


async def test_whom_a_manager_lets_see_the_wallet_reads_all_of_it(desk: Desk, mint: Mint) -> None:
    charge_id, viewer = await desk.charge("k1"), new_id()
    headers: Headers = mint.person(viewer)
    paths = ("/transactions", f"/transactions/{charge_id}", "/transactions.csv", "/balance-over-time", "/spending")
    async with desk.app.at.database.transaction() as db:
        await upsert_member(db, desk.wallet_id, viewer, manager=False)
    assert {(await desk.http.get(desk.path + path, headers=headers)).status_code for path in paths} == {403}
    allowed = await desk.http.put(f"{desk.path}/viewers/{viewer}", headers=desk.manager)
    assert allowed.is_success, allowed.text
    assert {(await desk.http.get(desk.path + path, headers=headers)).status_code for path in paths} == {200}


async def test_pictures_are_of_the_last_days_and_at_most_of_a_year(desk: Desk) -> None:
    await desk.charge("k1")
    days = (await desk.http.get(f"{desk.path}/balance-over-time", headers=desk.manager)).json()["days"]
    assert (len(days), days[0]["balance_cents"], days[-1]["balance_cents"]) == (90, 0, 2_701)
    spent = (await desk.http.get(f"{desk.path}/spending", headers=desk.manager)).json()
    assert (len(spent["months"]), spent["tools"][0]["tool_name"], spent["tools"][0]["spent_cents"][-1]) == (
        12, "CadastreFinder", 2_299)  # fmt: skip
    first = datetime.now(UTC).date() - timedelta(days=400)
    answer = await desk.http.get(f"{desk.path}/balance-over-time?from={first}", headers=desk.manager)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "period-too-long")


async def test_a_tool_is_called_as_it_was_published_last(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        await upsert_names(db, TOOL, {"en": "Finder", "fr": "Chercheur"}, version=3)
        await upsert_names(db, TOOL, {"en": "An older name"}, version=2)
        assert await tool_names(db, [TOOL, "unknown"], "fr") == {TOOL: "Chercheur", "unknown": "unknown"}
        assert await tool_names(db, [TOOL], "de") == {TOOL: "Finder"}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Top-up by visa"),
        ("en", "up by Vi"),
        ("fr", "recharge"),
        ("nl", "OPLADING"),
        ("de", "aufladung mit visa"),
    ],
)
async def test_a_top_up_is_found_by_what_it_is_called_on_the_page(desk: Desk, language: str, text: str) -> None:
    now = datetime.now(UTC)
    async with desk.app.at.database.transaction() as db:
        await add_top_up(db, desk.wallet_id, now)
        await add_top_up(db, desk.wallet_id, now, method="bancontact")
        postings = [Posting("wallet", 900, wallet_id=desk.wallet_id), Posting("clearing", -900, party="mollie")]
        await book(db, "top-up", "visa", postings)
    await desk.charge("k1")
    headers = {**desk.manager, "accept-language": language}
    for _ in range(2):
        found = (await desk.http.get(f"{desk.path}/transactions", params={"q": text}, headers=headers)).json()
        shown = [(one["kind"], one["state"]) for one in found["transactions"]]
        assert ("top-up", "completed") in shown
        assert ("top-up", "pending") in shown
        assert {kind for kind, _ in shown} == {"top-up"}
        assert all(text.lower() in one["description"].lower() for one in found["transactions"])
        await sum_up(desk.app.at.database)()  # and found in what is summed up
    none = await desk.http.get(f"{desk.path}/transactions", params={"q": f"{text} x"}, headers=headers)
    assert none.json()["transactions"] == []
