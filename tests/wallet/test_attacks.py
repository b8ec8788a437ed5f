"""What tools try at the edges of what they may ask, and what staff try for themselves."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from services.wallet.access.consumers import organisations
from services.wallet.access.store import upsert_member
from services.wallet.commands import COMMANDS
from services.wallet.erasure import store as erasure
from services.wallet.invoices.rules import Line
from services.wallet.invoices.ubl import ubl
from services.wallet.ledger.booking import Posting, book
from shared.db import Database
from shared.events.identity import AccountsMerged
from shared.events.wallet_commands import CaptureReservation, ChargeWallet, ReleaseReservation, WalletCommand
from shared.ids import new_id
from shared.sealed import Keyring
from tests.conftest import ClientOf, DatabaseOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import open_bank
from tests.wallet.billing import TOPUP, Books, name_party
from tests.wallet.book import TOOL, faults_of, open_filled, published
from tests.wallet.coda_writer import coda
from tests.wallet.test_adjustments import Support, support
from tests.wallet.test_peppol import BUYER, document

__all__ = ["support"]
PRICE: dict[str, Any] = {
    "amount_excl_cents": 1_900,
    "amount_incl_cents": 2_299,
    "vat_rate_bp": 2_100,
    "description": "An extract",
}
FREE: dict[str, Any] = {"amount_excl_cents": 0, "amount_incl_cents": 0, "vat_rate_bp": 0, "description": "Nothing"}


async def ask(database: Database, keyring: Keyring, command: WalletCommand) -> dict[str, Any]:
    async with database.transaction() as db:
        await COMMANDS.handlers[type(command)](db, command, keyring)
    return (await published(database))[-1]


async def test_none_of_the_credits_that_nobody_bought_cannot_be_charged(
    database_of: DatabaseOf, keyring: Keyring
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    command = ChargeWallet(wallet_id=wallet_id, tool_id=TOOL, idempotency_key="k", unit=f"credits/{TOOL}", **FREE)
    event = await ask(database, keyring, command)
    assert (event["type"], event["reason"]) == ("ChargeRefused", "balance-short")
    assert await faults_of(database) == []


@pytest.mark.parametrize("field", ["idempotency_key", "tool_id"])
async def test_a_command_that_the_database_cannot_hold_is_answered_all_the_same(
    database_of: DatabaseOf, keyring: Keyring, field: str
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    fields: dict[str, Any] = {
        "wallet_id": wallet_id,
        "tool_id": TOOL,
        "idempotency_key": "k",
        "reservation_id": new_id(),
    }
    fields[field] = "a\x00b"
    part: dict[str, Any] = {"amount_excl_cents": 1_000, "amount_incl_cents": 1_210}
    for command in (CaptureReservation(**fields, **part), ReleaseReservation(**fields)):
        event = await ask(database, keyring, command)
        assert (event["type"], event["reason"]) == ("ChargeRefused", "invalid")


async def test_a_refusal_tells_the_balance_only_to_a_tool_that_may_charge(
    database_of: DatabaseOf, keyring: Keyring
) -> None:
    database = await database_of("wallet")
    async with database.transaction() as db:
        wallet_id = await open_filled(db)
    cases: list[tuple[str, dict[str, Any], str, int]] = [
        ("stranger", PRICE, "not-registered", 0),
        ("stranger", {**PRICE, "amount_incl_cents": 1}, "invalid", 0),
        (TOOL, {**PRICE, "amount_excl_cents": 9_000, "amount_incl_cents": 10_890}, "balance-short", 5_000),
    ]
    for tool_id, price, reason, balance in cases:
        command = ChargeWallet(wallet_id=wallet_id, tool_id=tool_id, idempotency_key="k", **price)
        event = await ask(database, keyring, command)
        assert (event["reason"], event["balance_cents"]) == (reason, balance)


async def test_staff_do_not_correct_the_wallet_of_their_own_organisation(support: Support) -> None:
    database = support.app.at.database
    async with database.transaction() as db:
        await upsert_member(db, support.wallet_id, support.first_id, manager=False)
    answer = await support.ask(100)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-organisation")
    support.first, support.second = support.second, support.first
    asked = (await support.ask(20_000)).json()
    answer = await support.decide(asked, "approve", support.second)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-organisation")
    path = f"/api/support/wallets/{support.wallet_id}/unfreeze"
    async with database.transaction() as db:
        await db.execute("UPDATE wallet SET frozen_at = now()")
    answer = await support.http.post(path, json={"reason": "We need the money."}, headers=support.second)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-organisation")
    assert await support.balance() == 5_000


async def test_two_accounts_that_become_one_are_no_two_pairs_of_eyes(support: Support, keyring: Keyring) -> None:
    asked = (await support.ask(20_000)).json()
    merged = AccountsMerged(account_id=support.second_id, merged_account_id=support.first_id, version=2)
    async with support.app.at.database.transaction() as db:
        await organisations(low_threshold_cents=0).handlers[AccountsMerged](db, merged, keyring)
    answer = await support.decide(asked, "approve", support.second)
    assert (answer.status_code, answer.json()["code"]) == (409, "adjustment-decided")
    assert await support.balance() == 5_000


async def test_a_wallet_that_staff_hold_stays_frozen_when_its_debt_is_paid(support: Support) -> None:
    database = support.app.at.database
    async with database.transaction() as db:
        debt = [Posting("wallet", -6_000, wallet_id=support.wallet_id), Posting("clearing", 6_000, party="test")]
        await book(db, "chargeback", "", debt, overdraw=True)
    path = f"/api/support/wallets/{support.wallet_id}/freeze"
    reasons = ["Stolen cards, the police knows."] * 2
    answers = [await support.http.post(path, json={"reason": one}, headers=support.first) for one in reasons]
    assert [answer.status_code for answer in answers] == [204, 409]
    async with database.transaction() as db:
        paid = [Posting("wallet", 6_000, wallet_id=support.wallet_id), Posting("clearing", -6_000, party="test")]
        await book(db, "top-up", "", paid)
        assert await db.fetchval("SELECT count(*) FROM job WHERE kind = 'wallet.unfreeze'") == 0
        assert await db.fetchval("SELECT frozen_at FROM wallet") is not None


async def test_who_of_staff_looked_at_a_transfer_is_not_in_the_book(client_of: ClientOf, mint: Mint) -> None:
    bank = await open_bank(client_of, mint)
    movement_id = await _stray(bank)
    assert (await bank.decide(movement_id, "attribute", wallet_id=str(bank.wallet_id))).status_code == 204
    assert (await bank.decide(movement_id, "undo")).status_code == 204
    async with bank.database.acquire() as db:
        assert await db.fetchval("SELECT count(account_id) FROM ledger_transaction") == 0
        actor = await db.fetchval("SELECT DISTINCT actor FROM bank_decision")
        assert await erasure.is_remembered(db, actor)
        await db.execute("ALTER TABLE wallet_audit DISABLE TRIGGER USER")
        await db.execute("DELETE FROM wallet_audit")
        assert await erasure.is_remembered(db, actor)


async def test_a_transfer_that_was_credited_by_mistake_is_not_invoiced(client_of: ClientOf, mint: Mint) -> None:
    bank = await open_bank(client_of, mint)
    books = Books(bank.database)
    async with bank.database.transaction() as db:
        await name_party(db, bank.wallet_id)
    movement_id = await _stray(bank)
    await bank.decide(movement_id, "attribute", wallet_id=str(bank.wallet_id))
    await bank.decide(movement_id, "undo")
    await books.run(0, TOPUP)
    assert await books.documents(bank.wallet_id) == []
    await bank.decide(movement_id, "attribute", wallet_id=str(bank.wallet_id))
    await books.run(1, TOPUP)
    await bank.decide(movement_id, "undo")
    await books.run(2, TOPUP)
    invoice, note = await books.documents(bank.wallet_id)
    assert (note["kind"], note["credits_invoice"], note["net_cents"]) == (
        "credit-note",
        invoice["id"],
        invoice["net_cents"],
    )
    assert await books.faults() == []


async def _stray(bank: Any) -> str:
    await bank.take(coda(bank.statement(bank.transfer(structured=None, free_text="for the wallet"))))
    return (await bank.listed())[0]["id"]


def test_no_reference_makes_an_invoice_unreadable() -> None:
    buyer = replace(BUYER, name="Agence\ufffe \x0bdu Parc", reference="PO\uffff-7", purchase_order="\x1b[0m7")
    xml = ubl(document([Line("charge", TOOL, 2_100, 1, 121, 100)], buyer=buyer), {TOOL: "Finder"})
    root = ElementTree.fromstring(xml)
    assert {"PO-7", "[0m7", "Agence du Parc"} <= {one.text for one in root.iter()}
