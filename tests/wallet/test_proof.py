"""The proof of the book in pieces: what is new, the whole, what was found, and that it is told."""

from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.proof import store
from services.wallet.proof.handlers import prove
from services.wallet.proof.jobs import proof_timers
from services.wallet.proof.rules import Fault
from shared.db import Database
from tests.conftest import ClientOf, DatabaseOf
from tests.support.mint import Mint
from tests.wallet.book import fill, open_filled, request_of
from tests.wallet.shop import Shop


async def charged_book(database: Database, *, wallets: int = 5) -> list[UUID]:
    """Wallets with a top-up and a charge each."""
    async with database.transaction() as db:
        opened = [await open_filled(db) for _ in range(wallets)]
    groups = ChargeGroups(database)
    for wallet_id in opened:
        await charge(groups, database, request_of(wallet_id, str(wallet_id)), top_up_url="")
    return opened


async def tamper(database: Database, statement: str, *arguments: Any) -> None:
    async with database.transaction() as db:
        await db.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        await db.execute(statement, *arguments)
        await db.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")


async def test_the_whole_book_is_proven_in_pieces_and_counted(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WALLETS_AT_ONCE", 2)
    monkeypatch.setattr(store, "TRANSACTIONS_AT_ONCE", 3)
    database = await database_of("wallet")
    await charged_book(database)
    proof = await prove(database, "whole")
    assert proof.faults == []
    assert proof.counts == {
        "wallets": 5,
        "wallets with reservations": 0,
        "entries": 10,
        "transactions": 10,
        "charges": 5,
        "refunds": 0,
    }


async def test_a_proof_of_what_is_new_goes_on_where_the_last_one_ended(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    [wallet_id, *_] = await charged_book(database)
    assert (await prove(database, "new")).counts["entries"] == 10
    assert (await prove(database, "new")).counts["entries"] == 0
    async with database.transaction() as db:
        await fill(db, wallet_id, 1)
    assert (await prove(database, "new")).counts["entries"] == 1


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE wallet SET balance_cents = balance_cents + 1 WHERE id = $1", "balance is the sum of entries"),
        ("UPDATE wallet SET held_cents = 1 WHERE id = $1", "held is the sum of open reservations"),
        (
            "UPDATE ledger_entry SET balance_after_cents = 7 WHERE wallet_id = $1 AND number = 3",
            "balance after follows from the entry before",
        ),
        (
            "UPDATE ledger_entry SET amount_cents = -2 WHERE transaction_id = (SELECT transaction_id FROM ledger_entry"
            " WHERE wallet_id = $1 AND number = 3) AND line = 2",
            "transaction sums to zero",
        ),
    ],
)
async def test_what_is_wrong_in_what_is_new_is_found_again_until_it_is_right(
    database_of: DatabaseOf, statement: str, rule: str
) -> None:
    database = await database_of("wallet")
    [wallet_id, *_] = await charged_book(database)
    await prove(database, "new")
    async with database.transaction() as db:
        await fill(db, wallet_id, 1)
    await tamper(database, statement, wallet_id)
    for _ in range(2):
        assert rule in {fault.rule for fault in (await prove(database, "new")).faults}


BOOK_REFUND = """
    INSERT INTO ledger_entry (transaction_id, line, account, wallet_id, amount_cents, number, balance_after_cents)
    SELECT r.id, 1, 'wallet', $1, 7, 3, 2708 FROM refund r ORDER BY r.amount_incl_cents DESC LIMIT 1
"""
REFUND = """
    WITH t AS (
        INSERT INTO ledger_transaction (id, kind, tool_id, description, booked_at, related_id)
        SELECT gen_random_uuid(), 'refund', tool_id, 'x', now(), id FROM charge WHERE wallet_id = $1 RETURNING id, related_id
    )
    INSERT INTO refund (id, charge_id, amount_excl_cents, amount_incl_cents) SELECT t.id, t.related_id, {} FROM t
"""


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        (["UPDATE charge SET amount_incl_cents = 9999 WHERE wallet_id = $1"], "charge is what its wallet paid"),
        (["UPDATE charge SET wallet_id = $2 WHERE wallet_id = $1"], "charge is what its wallet paid"),
        (
            [
                """
                INSERT INTO reservation (id, wallet_id, tool_id, amount_excl_cents, amount_incl_cents, vat_rate_bp, description, state,
                    reserved_at, expires_at, ended_at)
                VALUES ($2, $1, 'x', 1, 1, 0, 'x', 'captured', now(), now() + interval '1 day', now())
                """,
                "UPDATE charge SET reservation_id = $2 WHERE wallet_id = $1",
            ],
            "charge takes what was reserved",
        ),
        ([REFUND.format("1900, 2299"), BOOK_REFUND], "refund is what its wallet got back"),
        ([REFUND.format("1900, 2299"), REFUND.format("1, 1"), BOOK_REFUND], "refunds are at most the charge"),
    ],
)
async def test_the_proof_of_what_is_new_holds_charges_and_refunds_against_what_was_paid(
    database_of: DatabaseOf, tampering: list[str], rule: str
) -> None:
    database = await database_of("wallet")
    [wallet_id, other_id] = await charged_book(database, wallets=2)
    async with database.transaction() as db:
        for table in ("charge", "refund", "reservation", "ledger_entry"):
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in tampering:
            arguments = [wallet_id, other_id] if "$2" in statement else [wallet_id]
            await db.execute(statement, *arguments)
    for scope in ("new", "new", "whole"):
        assert rule in {fault.rule for fault in (await prove(database, scope)).faults}, scope


async def test_only_the_whole_proof_finds_what_was_changed_in_what_was_proven(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    [wallet_id, *_] = await charged_book(database)
    await prove(database, "new")
    await tamper(
        database, "UPDATE ledger_entry SET balance_after_cents = 7 WHERE wallet_id = $1 AND number = 1", wallet_id
    )
    assert (await prove(database, "new")).faults == []
    found = (await prove(database, "whole")).faults
    assert found == [Fault("balance after follows from the entry before", f"{wallet_id} #1", 5_000, 7)]


async def test_a_charge_that_its_wallet_did_not_pay_is_found(database_of: DatabaseOf) -> None:
    database = await database_of("wallet")
    [wallet_id, *_] = await charged_book(database, wallets=1)
    async with database.transaction() as db:
        await db.execute("ALTER TABLE charge DISABLE TRIGGER USER")
        await db.execute("UPDATE charge SET amount_incl_cents = 9999 WHERE wallet_id = $1", wallet_id)
    [fault] = (await prove(database, "whole")).faults
    assert (fault.rule, fault.expected, fault.found) == ("charge is what its wallet paid", -9_999, -2_299)


@pytest.mark.parametrize("at_once", [1, 20_000])
async def test_a_use_of_a_plan_that_no_charge_took_is_found(
    database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(store, "TRANSACTIONS_AT_ONCE", at_once)
    database = await database_of("wallet")
    shop = await Shop.open(database)
    await shop.buy("3-uses")
    assert (await prove(database, "whole")).faults == []
    async with database.transaction() as db:
        await db.execute("UPDATE plan SET used = 2")
    [fault] = (await prove(database, "whole")).faults
    assert (fault.rule, fault.expected, fault.found) == ("uses are charges that were not given back", 0, 2)


async def test_the_timers_prove_and_report_for_prometheus(
    database_of: DatabaseOf, caplog: pytest.LogCaptureFixture
) -> None:
    database = await database_of("wallet")
    [wallet_id, *_] = await charged_book(database)
    await tamper(database, "UPDATE wallet SET balance_cents = 7 WHERE id = $1", wallet_id)
    new, whole, report = proof_timers(database, new_s=60.0, whole_s=3_600.0)
    for timer in (new, whole, whole, report):
        await timer.work()
    for scope in ("new", "whole"):
        assert REGISTRY.get_sample_value("immo_wallet_book_faults", {"scope": scope}) == 2
        age_s = REGISTRY.get_sample_value("immo_wallet_book_check_age_s", {"scope": scope})
        assert age_s is not None
        assert age_s >= 0
    said = [record.getMessage() for record in caplog.records if "the book is wrong" in record.getMessage()]
    assert len(said) == 4, "the second whole proof was not due"
    assert all(str(wallet_id) in one for one in said)
    assert "balance is the sum of entries" in said[0]


async def test_an_operator_proves_the_book_piece_by_piece(client_of: ClientOf, mint: Mint) -> None:
    app = await client_of("wallet")
    [wallet_id, *_] = await charged_book(app.at.database)
    headers = mint.peer("operator", "wallet")
    for path in ("wallets", "transactions"):
        answer = await app.http.post(f"/internal/book/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.json()["after"], answer.json()["faults"]) == (200, None, [])
    await tamper(app.at.database, "UPDATE wallet SET balance_cents = 7 WHERE id = $1", wallet_id)
    answer = await app.http.post("/internal/book/wallets", json={"whole": False}, headers=headers)
    assert {"rule": "balance is the sum of entries", "subject": str(wallet_id), "expected": 2_701, "found": 7} in (
        answer.json()["faults"]
    )
    await prove(app.at.database, "new")
    [check] = (await app.http.get("/internal/book/checks", headers=headers)).json()
    assert (check["scope"], check["faults"]) == ("new", 2)
    refused = await app.http.post("/internal/book/wallets", json={}, headers=mint.peer("gateway", "wallet"))
    assert refused.status_code == 403
