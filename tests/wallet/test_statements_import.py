"""Bank statements become money in wallets: once, whatever comes twice, in another format, at once or half."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest_asyncio

from services.wallet.bank import handlers, store
from services.wallet.bank.communications import in_marks
from services.wallet.bank.jobs import received_transfers
from services.wallet.bank.reading import read
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import Bank, open_bank
from tests.wallet.book import open_filled, published
from tests.wallet.coda_writer import coda
from tests.wallet.statements import DAY, IBAN, camt, movement, statement

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def bank(client_of: ClientOf, mint: Mint) -> Bank:
    return await open_bank(client_of, mint)


async def test_each_wallet_has_a_communication_of_its_own(bank: Bank) -> None:
    async with bank.database.transaction() as db:
        others = [await store.find_communication(db, await open_filled(db, cents=0)) for _ in range(3)]
    assert len({bank.digits, *others}) == 4


async def test_a_manager_reads_where_to_pay_and_a_banking_app_too(bank: Bank) -> None:
    path = f"/api/wallets/{bank.wallet_id}/bank-transfer"
    answer = (await bank.http.get(path, params={"amount_cents": 7_550}, headers=bank.manager)).json()
    seller = bank.app.at.settings.seller
    assert (answer["iban"], answer["bic"], answer["communication"]) == (seller.iban, seller.bic, in_marks(bank.digits))
    lines = answer["epc"].split("\n")
    assert lines[:4] == ["BCD", "002", "1", "SCT"]
    assert lines[5:] == [seller.name, seller.iban, "EUR75.50", "", "", in_marks(bank.digits)]
    without = (await bank.http.get(path, headers=bank.manager)).json()
    assert without["epc"].split("\n")[7] == ""


async def test_a_stranger_learns_nothing_of_it(bank: Bank, mint: Mint) -> None:
    path = f"/api/wallets/{bank.wallet_id}/bank-transfer"
    assert (await bank.http.get(path, headers=mint.person(new_id()))).status_code == 404


async def test_a_transfer_with_the_communication_is_credited_and_told(bank: Bank) -> None:
    typed = f"for the wallet {in_marks(bank.digits)}"
    mine = bank.statement(
        bank.transfer(5_000), movement(2_500, structured=bank.digits, free_text=typed, bank_reference="R2")
    )
    found = await bank.take(coda(mine))
    assert (found["new"], found["again"], found["known"]) == (2, 0, False)
    assert await bank.balance() == 7_500
    events = await published(bank.database, "WalletToppedUp")
    assert [(one["amount_cents"], one["method"], one["requested_by"]) for one in events] == [
        (5_000, "transfer", None),
        (2_500, "transfer", None),
    ]


async def test_the_same_file_and_the_same_movement_credit_once(bank: Bank) -> None:
    first = bank.statement(bank.transfer(5_000))
    assert not (await bank.take(coda(first)))["known"]
    assert (await bank.take(coda(first)))["known"]
    # The same day again, in a longer file.
    longer = bank.statement(bank.transfer(5_000), bank.transfer(5_000, bank_reference="REF0002"))
    found = await bank.take(coda(longer))
    assert (found["new"], found["again"]) == (1, 1)
    assert await bank.balance() == 10_000


async def test_equal_movements_of_one_statement_are_different_ones(bank: Bank) -> None:
    twice = bank.statement(bank.transfer(5_000), bank.transfer(5_000), bank.transfer(5_000, bank_reference=""))
    await bank.take(coda(twice))
    assert await bank.balance() == 15_000
    await bank.take(coda(twice, end="\n"))
    assert await bank.balance() == 15_000


async def test_the_same_statement_in_another_format_credits_once(bank: Bank) -> None:
    mine = bank.statement(
        bank.transfer(5_000),
        bank.transfer(5_000, bank_reference="B"),
        movement(700, free_text="rent", bank_reference="C"),
    )
    await bank.take(coda(mine))
    other = replace(
        mine,
        movements=(replace(mine.movements[0], bank_reference="another name"), *mine.movements[1:]),
    )
    found = await bank.take(camt(other))
    assert (found["new"], found["again"]) == (0, 3)
    assert (await bank.take(camt(other, version="08")))["new"] == 0
    assert await bank.balance() == 10_000
    assert len(await bank.listed()) == 1


async def test_two_imports_of_one_file_at_once_credit_once(bank: Bank) -> None:
    data = coda(bank.statement(*(bank.transfer(100, bank_reference=str(at)) for at in range(40))))
    answers = await asyncio.gather(*(bank.send(data) for _ in range(4)))
    assert sorted(answer.json()["known"] for answer in answers) == [False, True, True, True]
    credit = received_transfers(bank.database)
    await asyncio.gather(*(credit() for _ in range(3)))
    await credit()
    assert await bank.balance() == 4_000


async def test_what_was_received_is_credited_by_whoever_comes_next(bank: Bank) -> None:
    mine = bank.statement(*(bank.transfer(100, bank_reference=str(at)) for at in range(10)))
    await bank.send(coda(mine))
    async with bank.database.transaction() as db:
        assert (await handlers.credit_received(db, limit=4)).left == 6
    answer = await bank.http.post("/internal/bank/credit", headers=bank.operator)
    assert answer.json() == {"credited": 6, "credited_cents": 600, "waiting": 0, "left": 0}
    assert await bank.balance() == 1_000


async def test_a_file_that_is_refused_leaves_nothing_behind(bank: Bank) -> None:
    good, bad = bank.statement(bank.transfer(5_000)), replace(bank.statement(bank.transfer(700)), closing_cents=1)
    answer = await bank.send(coda(good, bad))
    assert answer.status_code == 422
    assert answer.json()["code"] == "statement-refused"
    assert "closing balance" in answer.json()["detail"]
    assert answer.json()["params"]["line"] > 8
    assert await bank.balance() == 0
    async with bank.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM bank_movement") == 0


async def test_a_statement_of_another_account_is_refused_unless_it_is_wanted(bank: Bank) -> None:
    data = coda(replace(bank.statement(bank.transfer(5_000)), account_iban=IBAN))
    assert (await bank.send(data)).json()["code"] == "account-foreign"
    assert (await bank.send(data, any_account=True)).status_code == 200


async def test_the_sum_of_a_batch_is_credited_transfer_by_transfer(bank: Bank) -> None:
    parts = (bank.transfer(3_000, bank_reference="A"), movement(2_000, free_text="nobody's", bank_reference="B"))
    whole = replace(bank.statement(movement(5_000)), movements=(replace(movement(5_000), details=parts),))
    async with bank.database.transaction() as db:
        found = await handlers.import_file(db, "x", b"x", [whole], only_iban=None, now=NOW)
        await handlers.credit_received(db, limit=10)
    assert found.new == 2
    assert await bank.balance() == 3_000


async def test_other_currencies_debits_and_nobodys_money_are_not_credited(bank: Bank) -> None:
    dollars = replace(bank.statement(bank.transfer(5_000)), currency="USD")
    mine = bank.statement(bank.transfer(-2_000), movement(900, free_text="hello", bank_reference="N"))
    await bank.take(coda(dollars, mine))
    assert await bank.balance() == 0
    assert [one["amount_cents"] for one in await bank.listed()] == [900, 5_000]
    assert [one["amount_cents"] for one in await bank.listed("out")] == [-2_000]


async def test_a_statement_that_is_missing_in_between_is_told(bank: Bank) -> None:
    first = bank.statement(bank.transfer(100), opening=0)
    second = bank.statement(bank.transfer(200, bank_reference="2"), opening=100, until=date(2026, 11, 21))
    third = bank.statement(bank.transfer(300, bank_reference="3"), opening=300, until=date(2026, 11, 22))
    assert (await bank.take(coda(first)))["gaps"] == []
    [gap] = (await bank.take(coda(third)))["gaps"]
    assert (gap["until"], gap["opening_cents"]) == ("2026-11-22", 300)
    assert (await bank.take(coda(second)))["gaps"] == []


def test_formats_are_told_apart() -> None:
    one = statement(movement(100))
    assert read(coda(one)) == read(camt(one)) == [one]
    assert one.movements[0].booking_date == DAY
