"""Who hears of an organisation's money."""

from datetime import date
from typing import Any
from uuid import UUID

from services.notify.mails.naming import named
from shared.events import wallet
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, Someone


class Purse:
    """An organisation with one manager, and an employee who may see its wallet."""

    def __init__(self, elsewhere: Elsewhere, organisation_id: UUID, ada: Someone, nora: Someone) -> None:
        self.elsewhere, self.id, self.ada, self.nora = elsewhere, organisation_id, ada, nora
        self.about: dict[str, Any] = {"wallet_id": organisation_id}

    async def told(self, kind: str) -> list[tuple[UUID, dict[str, Any]]]:
        async with self.elsewhere.app.at.database.acquire() as db:
            rows = await db.fetch("SELECT account_id, params FROM delivery WHERE kind = $1 ORDER BY created_at", kind)
        return [(row["account_id"], row["params"]) for row in rows]

    async def hear(self, kind: str) -> set[UUID]:
        return {account_id for account_id, _ in await self.told(kind)}


async def purse(elsewhere: Elsewhere) -> Purse:
    ada, nora = await elsewhere.someone("Ada"), await elsewhere.someone("Nora")
    return Purse(elsewhere, await elsewhere.organisation([ada]), ada, nora)


async def test_who_is_let_see_the_wallet_hears_it_and_then_of_a_low_balance(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    low = wallet.BalanceLow(**here.about, balance_cents=402, threshold_cents=1000, version=2)
    await elsewhere.happens(
        wallet.WalletViewerAllowed(**here.about, account_id=here.nora.id, allowed_by=here.ada.id, version=1), low
    )
    [(told, params)] = await here.told("wallet-viewer-allowed")
    assert told == here.nora.id
    async with elsewhere.app.at.database.acquire() as db:
        assert (await named(db, params, "en"))["person"] == "Ada Lindeman"
    assert await here.hear("balance-low") == {here.ada.id, here.nora.id}
    dismissed = wallet.WalletViewerDismissed(**here.about, account_id=here.nora.id, version=3)
    again = low.model_copy(update={"version": 4, "balance_cents": 3})
    await elsewhere.happens(dismissed, again)
    assert [who for who, params in await here.told("balance-low") if params["balance_cents"] == 3] == [here.ada.id]


async def test_the_managers_of_both_sides_hear_of_a_transfer(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    bram = await elsewhere.someone("Bram")
    there = await elsewhere.organisation([bram], name="Lys Beheer")
    facts: dict[str, Any] = {"transfer_id": new_id(), "transferred_by": here.ada.id}
    await elsewhere.happens(
        wallet.WalletTransferred(
            wallet_id=here.id, other_wallet_id=there, amount_cents=-2_000, balance_cents=3_000, **facts
        ),
        wallet.WalletTransferred(
            wallet_id=there, other_wallet_id=here.id, amount_cents=2_000, balance_cents=2_000, **facts
        ),
    )
    [(gave, params)] = await here.told("transfer-sent")
    assert (gave, params["amount_cents"]) == (here.ada.id, 2_000)
    async with elsewhere.app.at.database.acquire() as db:
        assert (await named(db, params, "en"))["other"] == "Lys Beheer"
    assert await here.hear("transfer-received") == {bram.id}


async def test_managers_hear_of_what_support_corrects_and_freezes(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    await elsewhere.happens(
        wallet.WalletAdjusted(**here.about, adjustment_id=new_id(), amount_cents=-500, balance_cents=0, version=1),
        wallet.WalletAdjusted(
            **here.about, adjustment_id=new_id(), amount_cents=3, balance_cents=9, unit="credits/kft", version=2
        ),
        wallet.WalletFrozen(**here.about, reason="support", balance_cents=0, version=3),
        wallet.WalletFrozen(**here.about, reason="chargeback", balance_cents=-1, version=4),
        wallet.WalletUnfrozen(**here.about, balance_cents=0, version=5),
    )
    [(_, money)] = await here.told("wallet-adjusted")
    assert money["amount_cents"] == -500
    [(_, units)] = await here.told("credits-adjusted")
    assert (units["tool_id"], units["credits"], units["credits_left"]) == ("kft", 3, 9)
    assert len(await here.told("wallet-frozen-by-support")) == 1
    assert await here.hear("wallet-unfrozen") == {here.ada.id}


async def test_who_paid_hears_that_it_came_and_so_does_every_manager(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    await elsewhere.happens(
        wallet.WalletToppedUp(
            **here.about, top_up_id=new_id(), amount_cents=5_000, balance_cents=5_000, requested_by=here.nora.id
        )
    )
    assert await here.hear("wallet-topped-up") == {here.ada.id, here.nora.id}


async def test_every_manager_hears_that_a_bank_took_money_back_and_how_to_go_on(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    top_up_id = new_id()
    taken: dict[str, Any] = {**here.about, "top_up_id": top_up_id, "amount_cents": 5_000}
    await elsewhere.happens(
        wallet.WalletChargedBack(**taken, balance_cents=1_000, version=1),
        wallet.WalletChargedBack(**taken, balance_cents=-4_000, is_frozen=True, version=2),
        wallet.WalletFrozen(**here.about, reason="chargeback", balance_cents=-4_000, version=3),
        wallet.ChargebackReversed(**taken, balance_cents=1_000, version=4),
        wallet.WalletUnfrozen(**here.about, balance_cents=1_000, version=5),
    )
    assert await here.hear("wallet-charged-back") == {here.ada.id}
    [(_, params)] = await here.told("wallet-charged-back-frozen")
    assert params["short_cents"] == 4_000
    assert await here.hear("chargeback-reversed") == await here.hear("wallet-unfrozen") == {here.ada.id}
    assert await here.hear("wallet-frozen-by-support") == set()


async def test_every_manager_hears_of_a_refund_and_of_one_that_did_not_succeed(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    given: dict[str, Any] = {**here.about, "top_up_id": new_id(), "amount_cents": 5_000}
    await elsewhere.happens(
        wallet.TopUpRefunded(**given, balance_cents=0, version=1),
        wallet.TopUpRefundFailed(**given, balance_cents=5_000, version=2),
        wallet.TopUpRefunded(**given, balance_cents=-100, version=3),
        wallet.WalletFrozen(**here.about, reason="refund", balance_cents=-100, version=4),
    )
    assert len(await here.told("top-up-refunded")) == 2
    assert await here.hear("top-up-refund-failed") == await here.hear("wallet-frozen-below-zero") == {here.ada.id}


async def test_every_manager_is_sent_to_an_invoice_and_to_a_credit_note(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    invoice = wallet.InvoiceIssued(
        **here.about, invoice_id=new_id(), number="2026-000412", total_incl_cents=2_299, period="2026-10", version=1
    )
    note = invoice.model_copy(update={"credits_invoice": invoice.invoice_id, "number": "2026-000413", "version": 2})
    await elsewhere.happens(invoice, note)
    [(told, params)] = await here.told("invoice-issued")
    assert told == here.ada.id
    assert (params["number"], params["period"], params["total_cents"]) == ("2026-000412", "10/2026", 2_299)
    assert await here.hear("credit-note-issued") == {here.ada.id}


async def test_managers_hear_of_plans_and_of_credits(elsewhere: Elsewhere) -> None:
    here = await purse(elsewhere)
    plan: dict[str, Any] = {**here.about, "plan_id": new_id(), "tool_id": "cadastrefinder"}
    ends_on = date(2027, 11, 22)
    bought = wallet.PlanBought(
        **plan, uses=20, ends_on=ends_on, amount_incl_cents=27_104, bought_by=here.nora.id, version=1
    )
    ending = wallet.PlanEnding(**plan, name="20 uses", ends_on=ends_on, uses_left=2, version=2)
    ended = wallet.PlanEnded(**plan, reason="used-up", version=4)
    failed = wallet.PlanRenewalFailed(**plan, name="", amount_incl_cents=27_104, balance_cents=5, version=7)
    await elsewhere.happens(
        bought,
        ending,
        ending.model_copy(update={"uses_left": None, "is_renewed": True, "version": 3}),
        ended,
        ended.model_copy(update={"is_renewed": True, "version": 5}),
        bought.model_copy(update={"renews": plan["plan_id"], "bought_by": None, "version": 6}),
        failed,
        failed.model_copy(update={"is_final": True, "version": 8}),
        failed.model_copy(update={"is_final": True, "reason": "not-offered", "version": 9}),
        wallet.CreditsBought(
            **here.about,
            purchase_id=new_id(),
            tool_id="cadastrefinder",
            credits=10,
            amount_incl_cents=4_235,
            version=10,
        ),
    )
    assert await here.hear("plan-bought") == {here.ada.id, here.nora.id}
    [(_, params)] = await here.told("plan-ending-uses")
    assert (params["uses_left"], params["ends_on"]) == (2, "2027-11-22")
    kinds = (
        "plan-ending-renewed",
        "plan-used-up",
        "plan-renewed",
        "plan-renewal-failed",
        "plan-renewal-given-up",
        "plan-not-offered",
        "credits-bought",
    )
    assert {kind: len(await here.told(kind)) for kind in kinds} == dict.fromkeys(kinds, 1)
