"""Buying plans and credits. In the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.wallet import audit
from services.wallet.access.managers import Manager
from services.wallet.ledger.booking import Booked, Posting, book
from services.wallet.ledger.handlers import open_credits
from services.wallet.ledger.rules import EUR, WalletNotFound, credits_of
from services.wallet.ledger.store import lock_wallet
from services.wallet.plans import offer_store, store
from services.wallet.plans.offer_store import Offer
from services.wallet.plans.prices import Change, Kind, Prices, Terms, changes, terms_of
from services.wallet.plans.rules import (
    OfferChanged,
    OfferNotFound,
    Plan,
    PlanNotFound,
    PlanOver,
    PurchaseMismatch,
    State,
    next_look_at,
    term_of,
)
from services.wallet.plans.store import Bought, Purchase
from shared import outbox
from shared.db import Connection
from shared.events.wallet import CreditsBought, PlanBought
from shared.ids import new_id


@dataclass(frozen=True)
class Wish:
    """What a manager wants to buy. key: chosen by the caller, who may send the same wish again with it.

    language: that of the name in the book.
    """

    kind: Kind
    offer_id: UUID
    key: str
    language: str
    renews: bool = False


async def apply_prices(db: Connection, prices: Prices, *, now: datetime, dry_run: bool) -> list[Change]:
    """Have these tools sell exactly this, and return what that changes. What was bought keeps its terms."""
    await offer_store.lock_offers(db)
    on_sale = [offer.terms for offer in await offer_store.offers_on_sale(db)]
    found = changes(on_sale, terms_of(prices), [one.tool for one in prices.prices])
    if not dry_run:
        for change in found:
            if change.before is not None:
                await offer_store.end_offer(db, change.before, now=now)
            if change.after is not None:
                await offer_store.insert_offer(db, change.after, now=now)
    return found


async def buy(db: Connection, manager: Manager, wish: Wish, *, now: datetime) -> tuple[Bought, bool]:
    """What was bought, and whether it is new: the same key is bought for once.

    Raises OfferNotFound, OfferChanged, PurchaseMismatch, BalanceShort, WalletFrozen.
    """
    purchase = Purchase(new_id(), manager.wallet_id, wish.offer_id, manager.account_id, f"by {wish.key}")
    offer = await offer_store.find_offer(db, wish.offer_id)
    if offer is None or offer.terms.kind != wish.kind:
        raise OfferNotFound()
    known = await store.find_purchase(db, manager.wallet_id, purchase.key)
    if known is None and offer.until is not None:
        raise OfferChanged()
    if known is None and not await offer_store.is_registered(db, manager.wallet_id, offer.terms.tool_id):
        raise OfferNotFound()
    if known is not None or not await store.insert_purchase(db, purchase):
        known = known or await store.find_purchase(db, manager.wallet_id, purchase.key)
        if known is None or known.offer_id != wish.offer_id:
            raise PurchaseMismatch()
        return await store.get_bought(db, known.id), False
    name = offer.name(wish.language)
    if wish.kind == "plan":
        await start_plan(db, purchase, offer, await pay(db, purchase, offer.terms, name), name=name, renews=wish.renews)
    else:
        await _buy_credits(db, purchase, offer, name=name, now=now)
    await _record(db, purchase, offer.terms, manager.account_id, now=now)
    return await store.get_bought(db, purchase.id), True


async def pay(db: Connection, purchase: Purchase, terms: Terms, name: str, got: Sequence[Posting] = ()) -> Booked:
    """got: what the organisation gets in other units. Raises BalanceShort, WalletFrozen; nothing was booked then."""
    postings = [
        Posting("wallet", -terms.price_incl_cents, wallet_id=purchase.organisation_id),
        Posting("revenue", terms.price_excl_cents, party=terms.tool_id),
        Posting("vat", terms.price_incl_cents - terms.price_excl_cents, party="BE"),
        *got,
    ]
    return await book(
        db,
        terms.kind,
        name,
        postings,
        transaction_id=purchase.id,
        tool_id=terms.tool_id,
        account_id=purchase.account_id,
    )


async def start_plan(
    db: Connection,
    purchase: Purchase,
    offer: Offer,
    booked: Booked,
    *,
    name: str,
    renews: bool,
    before: Plan | None = None,
) -> Plan:
    """The plan that was paid for. before: the plan that this one renews."""
    terms = offer.terms
    starts_at, ends_on, ends_at = term_of(booked.booked_at, before)
    plan = Plan(
        id=purchase.id,
        organisation_id=purchase.organisation_id,
        tool_id=terms.tool_id,
        offer_id=offer.id,
        name=name,
        uses=terms.uses,
        used=0,
        starts_at=starts_at,
        ends_on=ends_on,
        ends_at=ends_at,
        renews=renews,
        renews_plan=before.id if before else None,
    )
    await store.insert_plan(db, plan, next_look_at=next_look_at(plan, booked.booked_at))
    await outbox.append(db, _plan_bought(plan, purchase, terms, booked))
    return plan


def _plan_bought(plan: Plan, purchase: Purchase, terms: Terms, booked: Booked) -> PlanBought:
    wallet = booked.wallets[purchase.organisation_id]
    return PlanBought(
        wallet_id=plan.organisation_id,
        plan_id=plan.id,
        tool_id=plan.tool_id,
        uses=plan.uses,
        ends_on=plan.ends_on,
        name=plan.name,
        amount_incl_cents=terms.price_incl_cents,
        bought_by=purchase.account_id,
        renews=plan.renews_plan,
        balance_cents=wallet.balance_cents,
        version=wallet.version,
    )


async def set_renewal(db: Connection, manager: Manager, plan_id: UUID, *, renews: bool, now: datetime) -> Plan:
    """Raises PlanNotFound, and PlanOver for one that ended or was renewed already."""
    plan = await locked_plan(db, manager.wallet_id, plan_id)
    if plan is None:
        raise PlanNotFound()
    running = plan.state(now) in (State.ACTIVE, State.WAITING)
    if plan.renewed_as is not None or (renews and not running):
        raise PlanOver()
    if plan.renews == renews:
        return plan
    changed = replace(plan, renews=renews, renewal_tries=0, retry_at=None)
    # On its last day it is due at once, and the timer comes around.
    soon = now if renews and now >= plan.last_day_from else next_look_at(changed, now)
    await store.update_plan(db, changed, next_look_at=soon)
    action = "plan-renewal-on" if renews else "plan-renewal-off"
    details = {"tool_id": plan.tool_id, "plan_id": str(plan.id), "name": plan.name}
    await audit.record(db, plan.organisation_id, action, actor=manager.account_id, now=now, details=details)
    return changed


async def locked_plan(db: Connection, organisation_id: UUID, plan_id: UUID) -> Plan | None:
    """The plan as it stays until the transaction ends: its uses are taken under the wallet's lock."""
    if await lock_wallet(db, organisation_id, EUR) is None:
        raise WalletNotFound()
    return await store.find_plan(db, organisation_id, plan_id)


async def _buy_credits(db: Connection, purchase: Purchase, offer: Offer, *, name: str, now: datetime) -> None:
    terms = offer.terms
    count = terms.credits or 0
    unit = credits_of(terms.tool_id)
    wallet_id = await open_credits(db, purchase.organisation_id, terms.tool_id, now=now)
    got = [
        Posting("wallet", count, wallet_id=wallet_id, unit=unit),
        Posting("issued", -count, party=terms.tool_id, unit=unit),
    ]
    booked = await pay(db, purchase, terms, name, got)
    event = CreditsBought(
        wallet_id=purchase.organisation_id,
        purchase_id=purchase.id,
        tool_id=terms.tool_id,
        credits=count,
        amount_incl_cents=terms.price_incl_cents,
        bought_by=purchase.account_id,
        balance_cents=booked.wallets[purchase.organisation_id].balance_cents,
        version=booked.wallets[purchase.organisation_id].version,
    )
    await outbox.append(db, event)


async def _record(db: Connection, purchase: Purchase, terms: Terms, actor: UUID, *, now: datetime) -> None:
    details = {"tool_id": terms.tool_id, "purchase_id": str(purchase.id), "amount_cents": terms.price_incl_cents}
    action = "plan-bought" if terms.kind == "plan" else "credits-bought"
    await audit.record(db, purchase.organisation_id, action, actor=actor, now=now, details=details)
