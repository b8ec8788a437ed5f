"""W9: invoices of a month, numbered without gaps, equal to the book to the cent."""

import asyncpg
import pytest

from services.wallet.invoices import handlers
from services.wallet.invoices.handlers import invoice_batch
from services.wallet.invoices.months import Terms
from services.wallet.seller import DEMO_SELLER
from shared.db import constraint_of
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.wallet.billing import CHARGE, ISSUED, TOPUP, Books, month, name_party
from tests.wallet.book import TOOL, published, together
from tests.wallet.shop import Shop


@pytest.fixture
async def books(database_of: DatabaseOf) -> Books:
    return Books(await database_of("wallet"))


async def test_a_month_is_one_invoice_with_a_line_a_tool_and_what_was_given_back_taken_off(books: Books) -> None:
    wallet_id = await books.open()
    first = await books.use(wallet_id)
    await books.use(wallet_id)
    await books.use(wallet_id, tool_id="kft", excl=100, incl=106, vat_rate_bp=600)
    await books.give_back(wallet_id, first, 2_299)
    ran = await books.run()
    assert (ran.wallets, ran.documents) == (1, 1)
    [invoice] = await books.documents(wallet_id)
    assert (invoice["kind"], invoice["period"]) == ("invoice", month(0))
    assert (invoice["net_cents"], invoice["vat_cents"]) == (2_000, 405)
    assert invoice["lines"] == [["charge", TOOL, 2_299, 1_900], ["charge", "kft", 106, 100]]
    counted = await books.database.pool.fetch("SELECT uses FROM invoice_line ORDER BY line")
    assert [row["uses"] for row in counted] == [1, 1]
    assert await books.faults() == []
    [event] = await published(books.database, "InvoiceIssued")
    assert (event["number"], event["total_incl_cents"]) == (invoice["number"], 2_405)


async def test_the_same_month_again_does_nothing_and_what_was_used_since_belongs_to_the_next(books: Books) -> None:
    wallet_id = await books.open()
    await books.use(wallet_id)
    assert (await books.run()).documents == 1
    assert (await books.run()).documents == 0
    await books.use(wallet_id)
    assert (await books.run()).documents == 0
    assert (await books.run(1)).documents == 1
    assert [one["number"] for one in await books.documents(wallet_id)] == ["2040-000001", "2040-000002"]
    assert await books.faults() == []


async def test_what_is_given_back_later_is_a_credit_note_of_its_invoice(books: Books) -> None:
    wallet_id = await books.open()
    charged = await books.use(wallet_id)
    await books.run()
    await books.give_back(wallet_id, charged, 1_000)
    await books.use(wallet_id, excl=100, incl=121)
    await books.run(1)
    invoice, later, note = await books.documents(wallet_id)
    assert (later["kind"], later["net_cents"]) == ("invoice", 100)
    assert (note["kind"], note["credits_invoice"]) == ("credit-note", invoice["id"])
    assert note["net_cents"] + note["vat_cents"] == 1_000
    assert await books.faults() == []


async def test_nothing_is_invoiced_where_nothing_was_used_or_all_was_given_back(books: Books) -> None:
    idle, undone = await books.open(), await books.open()
    await books.give_back(undone, await books.use(undone), 2_299)
    assert (await books.run()).documents == 0
    assert await books.documents(idle) == await books.documents(undone) == []
    assert await books.faults() == []


async def test_many_small_charges_whose_vat_was_rounded_away_equal_the_book_with_a_rounding(books: Books) -> None:
    wallet_id = await books.open()
    for _ in range(60):
        await books.use(wallet_id, excl=2, incl=2)
    await books.run()
    [invoice] = await books.documents(wallet_id)
    assert (invoice["net_cents"], invoice["vat_cents"]) == (99, 21)
    assert await books.faults() == []
    async with books.database.acquire() as db:
        revenue = await db.fetchval("SELECT balance_cents FROM ledger_balance WHERE account = 'revenue'")
        vat = await db.fetchval("SELECT balance_cents FROM ledger_balance WHERE account = 'vat'")
    assert (revenue, vat) == (99, 21)


async def test_an_organisation_whose_address_is_not_known_waits_and_is_invoiced_later(books: Books) -> None:
    wallet_id = await books.open(address=None)
    await books.use(wallet_id)
    assert (await books.run()).documents == 0
    async with books.database.transaction() as db:
        await name_party(db, wallet_id)
    assert (await books.run(1)).documents == 1
    [invoice] = await books.documents(wallet_id)
    assert invoice["period"] == month(0)


async def test_numbers_have_no_gaps_whatever_rolls_back_and_however_many_run_at_once(books: Books) -> None:
    for _ in range(8):
        await books.use(await books.open())

    async def fails() -> None:
        async with books.database.transaction() as db:
            await invoice_batch(db, DEMO_SELLER, CHARGE, month(0), after=None, now=ISSUED)
            raise RuntimeError

    async def one_is_killed() -> None:
        async with books.database.transaction() as db:
            await invoice_batch(db, DEMO_SELLER, CHARGE, month(0), after=None, now=ISSUED)
            await db.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    await together(fails(), books.run(), one_is_killed(), books.run(), fails())
    await books.run()
    async with books.database.acquire() as db:
        places = [row["place"] for row in await db.fetch("SELECT place FROM invoice ORDER BY place")]
    assert places == list(range(1, 9))
    assert await books.faults() == []


async def test_a_run_that_is_cut_off_goes_on_where_it_was(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "BATCH", 2)
    for _ in range(5):
        await books.use(await books.open())
    async with books.database.transaction() as db:
        batch = await invoice_batch(db, DEMO_SELLER, CHARGE, month(0), after=None, now=ISSUED)
    assert (batch.wallets, batch.documents) == (2, 2)
    assert (await books.run()).documents == 3
    assert await books.faults() == []


@pytest.mark.parametrize("table", ["invoice", "invoice_line", "billing_period"])
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "UPDATE {} SET vat_rate_bp = 0", "UPDATE {} SET vat_due = 'topup'"]
)
async def test_what_was_issued_is_neither_changed_nor_deleted(books: Books, table: str, statement: str) -> None:
    await books.use(await books.open())
    await books.run()
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with books.database.transaction() as db:
            await db.execute(statement.format(table))
    assert constraint_of(refused.value) == "ledger_is_append_only" or isinstance(
        refused.value, asyncpg.UndefinedColumnError
    )


@pytest.mark.parametrize(
    ("tampering", "rule"),
    [
        ("UPDATE invoice_counter SET last_number = 9", "numbers have no gaps"),
        ("UPDATE invoice SET net_cents = net_cents + 1", "lines sum to the document"),
        ("UPDATE invoice_line SET booked_net_cents = 1", "the book is what was invoiced, without VAT"),
        ("UPDATE billing_period SET after_number = 1", "periods follow each other"),
        ("DELETE FROM invoice_line; DELETE FROM invoice_delivery; DELETE FROM invoice", "numbers have no gaps"),
    ],
)
async def test_the_proof_finds_what_was_tampered_with(books: Books, tampering: str, rule: str) -> None:
    await books.use(await books.open())
    await books.run()
    async with books.database.transaction() as db:
        for table in ("invoice", "invoice_line", "invoice_delivery", "billing_period"):
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await db.execute(tampering)
    assert rule in {fault["rule"] for fault in await books.faults()}


async def test_where_vat_falls_due_at_topping_up_money_is_invoiced_and_uses_are_not(books: Books) -> None:
    wallet_id = await books.open(cents=0)
    wish = new_id()
    await books.money(wallet_id, "top-up", 12_100, related_id=wish)
    await books.use(wallet_id)
    await books.run(0, TOPUP)
    [invoice] = await books.documents(wallet_id)
    assert (invoice["net_cents"], invoice["vat_cents"]) == (10_000, 2_100)
    assert invoice["lines"] == [["topup", None, 12_100, 10_000]]
    await books.money(wallet_id, "top-up-refund", -1_210, related_id=wish)
    await books.run(1, TOPUP)
    [_, note] = await books.documents(wallet_id)
    assert (note["kind"], note["credits_invoice"], note["net_cents"]) == ("credit-note", invoice["id"], 1_000)
    assert await books.faults() == []


async def test_nothing_is_taxed_twice_or_never_when_the_moment_changes(books: Books) -> None:
    """To topping up: what is in the wallet is invoiced. And back: what is used of it is taken off until it is used up."""
    wallet_id = await books.open(cents=10_000)
    await books.use(wallet_id)
    await books.run(0, CHARGE)
    to_topup = Terms("topup", month(1), 2_100)
    await books.run(1, to_topup)
    await books.money(wallet_id, "top-up", 500)
    await books.use(wallet_id)
    await books.run(2, to_topup)
    back = Terms("charge", month(3), 2_100)
    await books.money(wallet_id, "top-up", 10_000)
    for _ in range(3):
        await books.use(wallet_id)
    await books.run(3, back)
    documents = await books.documents(wallet_id)
    assert [line[0] for one in documents for line in one["lines"]] == [
        "charge",
        "carried-over",
        "topup",
        "charge",
        "prepaid",
    ]
    assert documents[1]["lines"][0][2] == 10_000 - 2_299
    assert documents[3]["lines"][1][2] == -(10_000 + 500 - 2 * 2_299)
    assert sum(one["net_cents"] + one["vat_cents"] for one in documents) == 5 * 2_299
    assert await books.faults() == []


async def test_invoices_do_not_stop_charges(books: Books) -> None:
    wallets = [await books.open() for _ in range(4)]
    for wallet_id in wallets:
        await books.use(wallet_id)
    results = await together(books.run(), *(books.use(wallet_id) for wallet_id in wallets * 5))
    assert [one for one in results if isinstance(one, BaseException)] == []
    await books.run(1)
    assert await books.faults() == []


async def test_a_plan_is_invoiced_when_it_is_bought_and_its_uses_are_not(database_of: DatabaseOf) -> None:
    shop = await Shop.open(await database_of("wallet"))
    books = Books(shop.database)
    async with shop.database.transaction() as db:
        await name_party(db, shop.wallet_id)
    await shop.buy("3-uses")
    await shop.use("k1", "k2")
    await shop.buy("10-tours")
    await books.run()
    [invoice] = await books.documents(shop.wallet_id)
    assert sorted(invoice["lines"]) == [["credits", TOOL, 6_655, 5_500], ["plan", TOOL, 4_840, 4_000]]
    assert (invoice["net_cents"], invoice["vat_cents"]) == (9_500, 1_995)
    assert f"Abonnements à {TOOL}" in invoice["xml"]
    assert await books.faults() == []
