"""Bank statements become money in wallets: once, whatever comes twice, in another format, at once or half."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio

from services.wallet.bank import handlers, store
from services.wallet.bank.communications import in_marks
from services.wallet.bank.jobs import received_transfers
from services.wallet.bank.reading import read
from services.wallet.bank.rules import Movement, Statement
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import add_manager, balance_of, faults_of, open_filled, published
from tests.wallet.coda_writer import coda
from tests.wallet.statements import DAY, IBAN, camt, movement, statement

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WHY = "They told us by telephone."


class Bank:
    """An empty wallet, a statement of the seller's account, and two of those who may do something with it."""

    def __init__(self, app: App, mint: Mint, wallet_id: UUID, digits: str, manager: UUID) -> None:
        self.app, self.http, self.database = app, app.http, app.at.database
        self.wallet_id, self.digits = wallet_id, digits
        self.iban = app.at.settings.seller.iban
        self.operator: Headers = mint.peer("operator", "wallet")
        self.staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
        self.manager = mint.person(manager)

    def statement(self, *movements: Movement, **more: Any) -> Statement:
        return replace(statement(*movements, **more), account_iban=self.iban)

    def transfer(self, cents: int = 5_000, **more: Any) -> Movement:
        return movement(cents, **{"structured": self.digits, **more})

    async def send(self, data: bytes, **query: Any) -> Any:
        params = {"name": "file.cod", **query}
        return await self.http.put("/internal/bank/files", content=data, params=params, headers=self.operator)

    async def take(self, data: bytes) -> dict[str, Any]:
        """Import a file and credit what is in it."""
        answer = await self.send(data)
        assert answer.status_code == 200, answer.text
        await received_transfers(self.database)()
        return answer.json()

    async def listed(self, state: str = "waiting", q: str = "") -> list[dict[str, Any]]:
        answer = await self.http.get("/api/support/bank/movements", params={"state": state, "q": q}, headers=self.staff)
        assert answer.status_code == 200, answer.text
        return answer.json()["transfers"]

    async def detail(self, movement_id: str, payee: str = "") -> dict[str, Any]:
        path = f"/api/support/bank/movements/{movement_id}"
        return (await self.http.get(path, params={"payee": payee}, headers=self.staff)).json()

    async def decide(self, movement_id: str, action: str, **body: Any) -> Any:
        path = f"/api/support/bank/movements/{movement_id}/{action}"
        return await self.http.post(path, json={"reason": WHY, **body}, headers=self.staff)

    async def balance(self) -> int:
        assert await faults_of(self.database) == []
        return await balance_of(self.database, self.wallet_id)


@pytest_asyncio.fixture
async def bank(client_of: ClientOf, mint: Mint) -> Bank:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        digits = await store.find_communication(db, wallet_id)
        manager = await add_manager(db, wallet_id)
    assert digits is not None
    return Bank(app, mint, wallet_id, digits, manager)


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


async def name_organisation(bank: Bank, wallet_id: UUID, name: str, number: str) -> None:
    async with bank.database.acquire() as db:
        await db.execute(
            "INSERT INTO billing_party (organisation_id, enterprise_number, name, version) VALUES ($1, $2, $3, 1)",
            wallet_id,
            number,
            name,
        )


async def test_suggestions_put_one_slip_right_and_know_payers_numbers_and_names(bank: Bank) -> None:
    await name_organisation(bank, bank.wallet_id, "Immo Peeters", "0403170701")
    wrong = bank.digits[:9] + str((int(bank.digits[9]) + 1) % 10) + bank.digits[10:]
    swapped = bank.digits[:10] + bank.digits[11] + bank.digits[10]
    short = bank.digits[:5] + bank.digits[6:]
    texts = [wrong, swapped, short, "our number is BE 0403.170.701", "from immo peeters with love", "nothing"]
    mine = [
        movement(100, free_text=text, counterparty_name=None, counterparty_iban=None, bank_reference=str(at))
        for at, text in enumerate(texts)
    ]
    await bank.take(coda(bank.statement(*mine)))
    found = {one["free_text"]: (await bank.detail(one["id"]))["suggestions"] for one in await bank.listed()}
    why = [[one["why"] for one in found[text] if one["organisation_id"] == str(bank.wallet_id)] for text in texts]
    near = ["communication"] if swapped != bank.digits else []
    assert why == [["communication"], near, ["communication"], ["enterprise-number"], ["name"], []]
    await bank.take(
        coda(
            bank.statement(
                bank.transfer(100, bank_reference="P"),
                movement(50, free_text="?", counterparty_name=None, bank_reference="Q"),
            )
        )
    )
    [unknown] = await bank.listed(q="?")
    assert [one["why"] for one in (await bank.detail(unknown["id"]))["suggestions"]] == ["payer"]


async def test_staff_attribute_a_transfer_with_a_reason_and_undo_it(bank: Bank) -> None:
    await bank.take(coda(bank.statement(movement(900, free_text="hello"))))
    [one] = await bank.listed()
    assert (await bank.decide(one["id"], "attribute", wallet_id=str(bank.wallet_id), reason="x")).status_code == 422
    answer = await bank.decide(one["id"], "attribute", wallet_id=str(bank.wallet_id))
    assert answer.status_code == 204, answer.text
    assert await bank.balance() == 900
    assert (await bank.decide(one["id"], "attribute", wallet_id=str(bank.wallet_id))).json()[
        "code"
    ] == "movement-decided"
    assert (await bank.decide(one["id"], "undo")).status_code == 204
    assert await bank.balance() == 0
    [again] = await bank.listed()
    assert again["id"] == one["id"]
    assert [each["action"] for each in (await bank.detail(one["id"]))["decisions"]] == ["undone", "attributed"]
    adjusted = await published(bank.database, "WalletAdjusted")
    assert [each["amount_cents"] for each in adjusted] == [-900]
    async with bank.database.acquire() as db:
        actions = await db.fetch(
            "SELECT action FROM wallet_audit WHERE organisation_id = $1 ORDER BY id", bank.wallet_id
        )
    assert [row["action"] for row in actions] == ["bank-transfer-attributed", "bank-transfer-undone"]


async def test_what_was_spent_cannot_be_taken_back(bank: Bank) -> None:
    await bank.take(coda(bank.statement(bank.transfer(900))))
    async with bank.database.acquire() as db:
        await db.execute("UPDATE wallet SET held_cents = 500 WHERE id = $1", bank.wallet_id)
    [one] = await bank.listed("credited")
    answer = await bank.decide(one["id"], "undo")
    assert answer.json()["code"] == "balance-short"
    async with bank.database.acquire() as db:
        await db.execute("UPDATE wallet SET held_cents = 0 WHERE id = $1", bank.wallet_id)
    assert await bank.balance() == 900


async def test_what_is_no_top_up_is_set_aside_and_can_come_back(bank: Bank) -> None:
    await bank.take(coda(bank.statement(movement(900, free_text="hello"))))
    [one] = await bank.listed()
    assert (await bank.decide(one["id"], "set-aside")).status_code == 204
    assert await bank.listed() == []
    assert (await bank.decide(one["id"], "attribute", wallet_id=str(bank.wallet_id))).status_code == 409
    assert (await bank.decide(one["id"], "undo")).status_code == 204
    assert len(await bank.listed()) == 1


async def test_payees_are_found_by_number_communication_and_name(bank: Bank) -> None:
    await name_organisation(bank, bank.wallet_id, "Immo Peeters", "0403170701")
    await bank.take(
        coda(bank.statement(movement(900, free_text="hello", counterparty_name=None, counterparty_iban=None)))
    )
    [one] = await bank.listed()
    for text in (in_marks(bank.digits), "0403.170.701", "BE0403170701", str(bank.wallet_id), "peeters"):
        assert [each["name"] for each in (await bank.detail(one["id"], text))["payees"]] == ["Immo Peeters"], text
    assert (await bank.detail(one["id"], "nobody at all"))["payees"] == []


async def test_only_support_decides_and_only_the_operator_imports(bank: Bank, mint: Mint) -> None:
    assert (await bank.http.get("/api/support/bank/movements", headers=bank.manager)).status_code == 403
    assert (await bank.http.put("/internal/bank/files", params={"name": "x"}, headers=bank.staff)).status_code in (
        401,
        403,
    )


def test_formats_are_told_apart() -> None:
    one = statement(movement(100))
    assert read(coda(one)) == read(camt(one)) == [one]
    assert one.movements[0].booking_date == DAY
