"""Plans and credits over HTTP: what is offered and held for who sees the wallet, buying for its managers."""

from collections import defaultdict
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from services.wallet.access.managers import Manager
from services.wallet.access.viewers import Viewer
from services.wallet.at import At
from services.wallet.fields import Answer, Body
from services.wallet.ledger.store import Wallet, wallets_of
from services.wallet.plans import handlers, offer_store, store
from services.wallet.plans.offer_store import Offer
from services.wallet.plans.prices import Kind
from services.wallet.plans.rules import Plan, State, last_day
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}")
Caller = Annotated[Person, person()]
Key = Annotated[str, StringConstraints(min_length=8, max_length=100, pattern=r"^[\x21-\x7e]+$")]
MAX_LISTED = 200


class OfferAnswer(Answer):
    """names: by language. uses: null without limit. ends_on: the last day of a plan that is bought today."""

    offer_id: UUID
    tool_id: str
    kind: Kind
    names: dict[str, str]
    uses: int | None
    credits: int | None
    price_excl_cents: int
    price_incl_cents: int
    vat_rate_bp: int
    ends_on: date | None


class ToolOffers(Answer):
    """per_use: what a use costs without a plan, where the tool tells. credits_left: null for a tool that sells none."""

    tool_id: str
    per_use: OfferAnswer | None
    plans: list[OfferAnswer]
    credits: list[OfferAnswer]
    credits_left: int | None


class OffersAnswer(Answer):
    tools: list[ToolOffers]


class PlanAnswer(Answer):
    """name: as it was bought. uses, uses_left: null without limit. ends_on: the last day, in Belgium.

    renews: it is bought again when it ends or is used up, at the price of then. renewal_price_incl_cents: what that would be today;
    null when it is not sold any more. renewal_tries: how often the wallet could not pay. renewed: another one followed it.
    """

    plan_id: UUID
    tool_id: str
    name: str
    state: State
    uses: int | None
    used: int
    uses_left: int | None
    starts_on: date
    ends_on: date
    renews: bool
    renewed: bool
    renewal_tries: int
    renewal_price_incl_cents: int | None


class PlansAnswer(Answer):
    plans: list[PlanAnswer]


class BuyBody(Body):
    """key: chosen by the caller; sent again with it, the same thing is bought once."""

    offer_id: UUID
    key: Key


class BuyPlanBody(BuyBody):
    renews: bool = False


class BoughtAnswer(Answer):
    """transaction_id: in the wallet's list. balance_cents: right after it. plan_id, ends_on: of a plan."""

    transaction_id: UUID
    tool_id: str
    name: str
    amount_incl_cents: int
    balance_cents: int
    bought_at: datetime
    plan_id: UUID | None
    starts_at: datetime | None
    ends_on: date | None
    credits: int | None


class RenewalBody(Body):
    renews: bool


@router.get("/offers")
async def list_offers(organisation_id: UUID, caller: Caller, at: At) -> OffersAnswer:
    """Of the tools that the organisation has registered; in the order of their ids."""
    now = datetime.now(UTC)
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        offers = await offer_store.offers_for(db, viewer.organisation_id)
        wallets = {wallet.unit: wallet for wallet in await wallets_of(db, viewer.organisation_id)}
    by_tool: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        by_tool[offer.terms.tool_id].append(offer)
    return OffersAnswer(tools=[_tool(tool_id, found, wallets, now) for tool_id, found in by_tool.items()])


@router.get("/plans")
async def list_plans(organisation_id: UUID, caller: Caller, at: At) -> PlansAnswer:
    """At most 200, those that end last first."""
    now = datetime.now(UTC)
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        plans = await store.plans_of(db, viewer.organisation_id, limit=MAX_LISTED)
        prices = await offer_store.prices_now(db, [plan.offer_id for plan in plans])
    return PlansAnswer(plans=[_plan(plan, prices.get(plan.offer_id), now) for plan in plans])


@router.post(
    "/plans", status_code=201, responses={200: {"model": BoughtAnswer, "description": "Bought before by this key"}}
)
async def buy_plan(
    organisation_id: UUID, body: BuyPlanBody, caller: Caller, at: At, response: Response
) -> BoughtAnswer:
    """Paid from the wallet at once; the plan runs from now on."""
    wish = handlers.Wish("plan", body.offer_id, body.key, caller.language, body.renews)
    return await _buy(organisation_id, wish, caller, at, response)


@router.post(
    "/credits", status_code=201, responses={200: {"model": BoughtAnswer, "description": "Bought before by this key"}}
)
async def buy_credits(organisation_id: UUID, body: BuyBody, caller: Caller, at: At, response: Response) -> BoughtAnswer:
    """Paid from the wallet at once."""
    wish = handlers.Wish("credits", body.offer_id, body.key, caller.language)
    return await _buy(organisation_id, wish, caller, at, response)


@router.put("/plans/{plan_id}/renewal")
async def set_renewal(organisation_id: UUID, plan_id: UUID, body: RenewalBody, caller: Caller, at: At) -> PlanAnswer:
    """Whether the plan is bought again when it ends or is used up."""
    now = datetime.now(UTC)
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        plan = await handlers.set_renewal(db, manager, plan_id, renews=body.renews, now=now)
        prices = await offer_store.prices_now(db, [plan.offer_id])
    return _plan(plan, prices.get(plan.offer_id), now)


async def _buy(organisation_id: UUID, wish: handlers.Wish, caller: Person, at: At, response: Response) -> BoughtAnswer:
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        bought, is_new = await handlers.buy(db, manager, wish, now=datetime.now(UTC))
    if not is_new:
        response.status_code = 200
    return BoughtAnswer(
        transaction_id=bought.id,
        tool_id=bought.tool_id,
        name=bought.name,
        amount_incl_cents=bought.amount_incl_cents,
        balance_cents=bought.balance_cents,
        bought_at=bought.bought_at,
        plan_id=bought.id if bought.plan_ends_on else None,
        starts_at=bought.plan_starts_at,
        ends_on=bought.plan_ends_on,
        credits=bought.credits,
    )


def _tool(tool_id: str, offers: list[Offer], wallets: dict[str, Wallet], now: datetime) -> ToolOffers:
    answers = [_offer(one, now) for one in offers]
    held = wallets.get(f"credits/{tool_id}")
    packs = [one for one in answers if one.kind == "credits"]
    return ToolOffers(
        tool_id=tool_id,
        per_use=next((one for one in answers if one.kind == "use"), None),
        plans=[one for one in answers if one.kind == "plan"],
        credits=packs,
        credits_left=held.available_cents if held else 0 if packs else None,
    )


def _offer(offer: Offer, now: datetime) -> OfferAnswer:
    terms = offer.terms
    return OfferAnswer(
        offer_id=offer.id,
        tool_id=terms.tool_id,
        kind=terms.kind,
        names=dict(terms.names),
        uses=terms.uses,
        credits=terms.credits,
        price_excl_cents=terms.price_excl_cents,
        price_incl_cents=terms.price_incl_cents,
        vat_rate_bp=terms.vat_rate_bp,
        ends_on=last_day(now) if terms.kind == "plan" else None,
    )


def _plan(plan: Plan, price_cents: int | None, now: datetime) -> PlanAnswer:
    return PlanAnswer(
        plan_id=plan.id,
        tool_id=plan.tool_id,
        name=plan.name,
        state=plan.state(now),
        uses=plan.uses,
        used=plan.used,
        uses_left=plan.uses_left,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        renews=plan.renews,
        renewed=plan.renewed_as is not None,
        renewal_tries=plan.renewal_tries,
        renewal_price_incl_cents=price_cents,
    )
