"""Staff and the transfers that name no wallet: whose they may be, what is decided, and how it is undone."""

from uuid import UUID

import pytest_asyncio

from services.wallet.bank.communications import in_marks
from tests.conftest import ClientOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import Bank, open_bank
from tests.wallet.book import published
from tests.wallet.coda_writer import coda
from tests.wallet.statements import movement


@pytest_asyncio.fixture
async def bank(client_of: ClientOf, mint: Mint) -> Bank:
    return await open_bank(client_of, mint)


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
