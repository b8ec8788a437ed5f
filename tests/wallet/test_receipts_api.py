"""Receipts over HTTP: who gets them, and of what."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.wallet.access.store import upsert_member
from services.wallet.catalogue.store import upsert_names
from services.wallet.ledger.booking import Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import credits_of
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.billing import name_party
from tests.wallet.book import TOOL, add_manager, open_filled
from tests.wallet.lines import add_top_up
from tests.wallet.pdf_text import text_of

CHARGE = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "An extract"}


class Desk:
    """A wallet with one charge, whose manager asks for receipts."""

    def __init__(self, app: App, mint: Mint, wallet_id: UUID, manager: UUID) -> None:
        self.app, self.mint, self.wallet_id = app, mint, wallet_id
        self.path = f"/api/wallets/{wallet_id}"
        self.manager: Headers = mint.person(manager)

    async def charge(self) -> str:
        headers = {**self.mint.tool(TOOL), "idempotency-key": "k1"}
        return (await self.app.http.post(f"{self.path}/charges", json=CHARGE, headers=headers)).json()["charge_id"]

    async def ask(self, transaction_id: object, headers: Headers | None = None, more: Headers | None = None) -> Any:
        path = f"{self.path}/transactions/{transaction_id}/receipt.pdf"
        return await self.app.http.get(
            path, headers={**(headers or self.manager), "accept-language": "nl", **(more or {})}
        )


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db)
        await name_party(db, wallet_id)
        await upsert_names(db, TOOL, {"en": "CadastreFinder", "nl": "KadasterZoeker"}, version=1)
        return Desk(app, mint, wallet_id, await add_manager(db, wallet_id))


async def test_a_manager_gets_the_receipt_of_a_charge_in_their_language(desk: Desk) -> None:
    charge_id = await desk.charge()
    found = await desk.ask(charge_id)
    assert (found.status_code, found.headers["content-type"]) == (200, "application/pdf")
    assert found.headers["cache-control"] == "private, no-cache"
    today = datetime.now(UTC).year
    assert found.headers["content-disposition"].startswith(f'attachment; filename="receipt-2-{today}')
    text = text_of(found.content)
    for expected in ("Dit is geen factuur.", "KadasterZoeker", "Agence du Parc & Co", charge_id, "€ -22,99", "€ 27,01"):
        assert expected in text
    known = await desk.ask(charge_id, more={"if-none-match": found.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    french = await desk.ask(charge_id, more={"accept-language": "fr"})
    assert french.headers["etag"] != found.headers["etag"]
    assert "Ceci n’est pas une facture." in text_of(french.content)


async def test_what_is_pending_or_failed_has_no_receipt_and_is_told_so(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        found = [
            await add_top_up(db, desk.wallet_id, datetime.now(UTC), state=state) for state in ("pending", "failed")
        ]
    for top_up_id in found:
        answer = await desk.ask(top_up_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "receipt-not-there")


async def test_receipts_are_for_those_who_may_see_the_wallet(desk: Desk) -> None:
    charge_id, employee = await desk.charge(), new_id()
    async with desk.app.at.database.transaction() as db:
        await upsert_member(db, desk.wallet_id, employee, manager=False)
        other = await open_filled(db)
        foreign = await db.fetchval("SELECT transaction_id FROM ledger_entry WHERE wallet_id = $1", other)
    headers = desk.mint.person(employee)
    assert (await desk.ask(charge_id, desk.mint.person(new_id()))).json()["code"] == "wallet-not-found"
    assert (await desk.ask(charge_id, headers)).status_code == 403
    assert (await desk.ask(charge_id, desk.mint.tool(TOOL))).status_code in (401, 403)
    for transaction_id in (foreign, new_id()):
        assert (await desk.ask(transaction_id)).json()["code"] == "transaction-not-found"
    assert (await desk.ask("12")).status_code == 422
    await desk.app.http.put(f"{desk.path}/viewers/{employee}", headers=desk.manager)
    assert (await desk.ask(charge_id, headers)).status_code == 200


async def test_a_use_of_credits_has_a_receipt_in_credits(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        wallet_id = await open_credits(db, desk.wallet_id, TOOL, now=datetime.now(UTC))
        postings = [
            Posting("wallet", 10, wallet_id=wallet_id, unit=credits_of(TOOL)),
            Posting("adjustment", -10, party="goodwill", unit=credits_of(TOOL)),
        ]
        booked = await book(db, "adjustment", "For the trouble", postings)
    found = await desk.ask(booked.transaction_id)
    assert f'filename="receipt-{TOOL}-1-' in found.headers["content-disposition"]
    assert "Bedrag 10 credits Saldo nadien 10 credits" in text_of(found.content)
