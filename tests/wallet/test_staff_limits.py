"""What staff cannot do by a way around: another's id in place of an organisation's, and money moved by one person in two steps."""

from typing import Any

import pytest

from services.wallet.access.store import upsert_member
from services.wallet.ledger.handlers import open_credits
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.mint import Mint
from tests.wallet.bank_desk import Bank, open_bank
from tests.wallet.book import NOW, TOOL, open_filled
from tests.wallet.coda_writer import coda
from tests.wallet.test_adjustments import Support, support

__all__ = ["support"]


async def test_a_wallet_of_credits_is_no_organisation_for_staff(support: Support) -> None:
    async with support.app.at.database.transaction() as db:
        support.wallet_id = await open_credits(db, support.wallet_id, TOOL, now=NOW)
    shown = await support.http.get(f"/api/support/wallets/{support.wallet_id}", headers=support.first)
    answers = [shown, await support.ask(100), await support.ask(20_000), await support.ask(1, unit=f"credits/{TOOL}")]
    for action in ("freeze", "unfreeze"):
        path = f"/api/support/wallets/{support.wallet_id}/{action}"
        answers.append(await support.http.post(path, json={"reason": "A way around."}, headers=support.first))
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "wallet-not-found")] * 6


async def received(bank: Bank, cents: int, **more: Any) -> str:
    await bank.take(coda(bank.statement(bank.transfer(cents, **more))))
    async with bank.database.acquire() as db:
        return str(await db.fetchval("SELECT id FROM bank_movement"))


async def test_a_transfer_is_not_credited_to_a_wallet_of_credits(client_of: ClientOf, mint: Mint) -> None:
    bank = await open_bank(client_of, mint)
    movement_id = await received(bank, 5_000, structured=None)
    async with bank.database.transaction() as db:
        credits_id = await open_credits(db, bank.wallet_id, TOOL, now=NOW)
    answer = await bank.decide(movement_id, "attribute", wallet_id=str(credits_id))
    assert (answer.status_code, answer.json()["code"]) == (404, "wallet-not-found")


@pytest.mark.parametrize(("cents", "allowed"), [(10_000, True), (10_001, False)])
async def test_one_person_does_not_move_much_from_one_wallet_into_another(
    client_of: ClientOf, mint: Mint, cents: int, allowed: bool
) -> None:
    bank = await open_bank(client_of, mint)
    movement_id = await received(bank, cents)
    async with bank.database.transaction() as db:
        other_id = str(await open_filled(db, cents=0))
    assert (await bank.decide(movement_id, "undo")).status_code == 204
    answer = await bank.decide(movement_id, "attribute", wallet_id=other_id)
    assert answer.status_code == (204 if allowed else 403)
    if allowed:
        return
    assert answer.json()["code"] == "second-person-needed"
    back = await bank.decide(movement_id, "attribute", wallet_id=str(bank.wallet_id))
    assert back.status_code == 204, "where it was it may be put again"
    assert (await bank.decide(movement_id, "undo")).status_code == 204
    bank.staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
    assert (await bank.decide(movement_id, "attribute", wallet_id=other_id)).status_code == 204


async def test_staff_do_not_take_money_out_of_their_own_organisation(client_of: ClientOf, mint: Mint) -> None:
    bank = await open_bank(client_of, mint)
    me = new_id()
    bank.staff = mint.person(me, acr="mfa", claims={"staff": "support"})
    movement_id = await received(bank, 5_000)
    top_up_id = new_id()
    async with bank.database.transaction() as db:
        await upsert_member(db, bank.wallet_id, me, manager=False)
        await db.execute(
            """
            INSERT INTO top_up (id, wallet_id, amount_cents, currency, method, provider, reference, requested_by, state, created_at,
                ended_at)
            VALUES ($1, $2, 5000, 'EUR', 'visa', 'mollie', 'tr_1', $3, 'completed', now(), now())
            """,
            top_up_id,
            bank.wallet_id,
            me,
        )
    body = {"id": str(new_id()), "amount_cents": 5_000, "reason": "To my own card"}
    refund = await bank.http.post(f"/api/support/top-ups/{top_up_id}/refunds", json=body, headers=bank.staff)
    for answer in (refund, await bank.decide(movement_id, "undo")):
        assert (answer.status_code, answer.json()["code"]) == (403, "own-organisation")
    assert await bank.balance() == 5_000
