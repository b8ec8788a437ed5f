"""What happens to a plan by itself: it is announced as ending and as over, and renewed where a manager wants that.

In the caller's transaction.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.wallet.access.store import is_closed
from services.wallet.ledger.rules import BalanceShort, WalletFrozen
from services.wallet.ledger.store import get_wallet, raise_version
from services.wallet.plans import offer_store, store
from services.wallet.plans.handlers import locked_plan, pay, start_plan
from services.wallet.plans.offer_store import Offer
from services.wallet.plans.rules import RENEWAL_TRIES, RETRY_AFTER, Plan, Step, due_steps, next_look_at
from services.wallet.plans.store import Purchase
from shared import outbox
from shared.db import Connection
from shared.events.wallet import PlanEnded, PlanEnding, PlanRenewalFailed
from shared.ids import new_id


async def look_at(db: Connection, plan_id: UUID, *, now: datetime) -> None:
    """Do all that is due about this plan, each thing once however often anybody looks."""
    organisation_id = await store.find_organisation(db, plan_id)
    plan = await locked_plan(db, organisation_id, plan_id) if organisation_id else None
    if plan is None:
        return
    for step in due_steps(plan, now):
        match step:
            case Step.REMIND:
                plan = await _remind(db, plan, now=now)
            case Step.RENEW:
                plan = await _renew(db, plan, now=now)
            case Step.SAY_USED_UP:
                await _say_ended(db, plan, "used-up")
                plan = replace(plan, used_up_said_at=now)
            case Step.SAY_EXPIRED:
                await _say_ended(db, plan, "expired")
                plan = replace(plan, expired_said_at=now)
    await store.update_plan(db, plan, next_look_at=next_look_at(plan, now))


async def _remind(db: Connection, plan: Plan, *, now: datetime) -> Plan:
    moved = await raise_version(db, plan.organisation_id)
    event = PlanEnding(
        wallet_id=plan.organisation_id,
        plan_id=plan.id,
        tool_id=plan.tool_id,
        name=plan.name,
        ends_on=plan.ends_on,
        uses_left=plan.uses_left,
        is_renewed=plan.may_renew or plan.renewed_as is not None,
        version=moved.version,
    )
    await outbox.append(db, event)
    return replace(plan, ending_said_at=now)


async def _say_ended(db: Connection, plan: Plan, reason: str) -> None:
    moved = await raise_version(db, plan.organisation_id)
    event = PlanEnded(
        wallet_id=plan.organisation_id,
        plan_id=plan.id,
        tool_id=plan.tool_id,
        reason=reason,
        name=plan.name,
        is_renewed=plan.renewed_as is not None,
        version=moved.version,
    )
    await outbox.append(db, event)


async def _renew(db: Connection, plan: Plan, *, now: datetime) -> Plan:
    """At the price that is asked now. What cannot be bought at all any more is not tried again."""
    offer = await offer_store.find_successor(db, plan.offer_id)
    registered = await offer_store.is_registered(db, plan.organisation_id, plan.tool_id)
    if offer is None or not registered or await is_closed(db, plan.organisation_id):
        await _say_failed(db, plan, offer, "not-offered", is_final=True)
        return replace(plan, renews=False)
    purchase = Purchase(new_id(), plan.organisation_id, offer.id, None, f"renews {plan.id}")
    try:
        booked = await pay(db, purchase, offer.terms, plan.name)
    except (BalanceShort, WalletFrozen) as refusal:
        tries = plan.renewal_tries + 1
        is_final = tries == RENEWAL_TRIES
        if tries == 1 or is_final:
            await _say_failed(db, plan, offer, refusal.code, is_final=is_final)
        return replace(plan, renews=not is_final, renewal_tries=tries, retry_at=now + RETRY_AFTER)
    await store.insert_purchase(db, purchase)
    following = await start_plan(db, purchase, offer, booked, name=plan.name, renews=True, before=plan)
    return replace(plan, renewed_as=following.id)


async def _say_failed(db: Connection, plan: Plan, offer: Offer | None, reason: str, *, is_final: bool) -> None:
    balance_cents = (await get_wallet(db, plan.organisation_id)).balance_cents
    moved = await raise_version(db, plan.organisation_id)
    event = PlanRenewalFailed(
        wallet_id=plan.organisation_id,
        plan_id=plan.id,
        tool_id=plan.tool_id,
        name=plan.name,
        amount_incl_cents=offer.terms.price_incl_cents if offer else 0,
        balance_cents=balance_cents,
        reason=reason,
        is_final=is_final,
        version=moved.version,
    )
    await outbox.append(db, event)
