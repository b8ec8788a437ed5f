"""What operators do about prices: `./immo wallet prices apply|list`."""

from datetime import UTC, datetime

from fastapi import APIRouter

from services.wallet.at import At
from services.wallet.fields import Answer
from services.wallet.plans import handlers, offer_store
from services.wallet.plans.prices import Kind, Prices, Terms
from shared.tokens import peer

router = APIRouter(prefix="/internal/wallet/prices", dependencies=[peer("operator")])


class TermsAnswer(Answer):
    """As in the wallet: cents, hundredths of a percent. uses: null without limit."""

    tool_id: str
    kind: Kind
    slug: str
    names: dict[str, str]
    uses: int | None
    credits: int | None
    price_excl_cents: int
    price_incl_cents: int
    vat_rate_bp: int


class ChangeAnswer(Answer):
    """before: null for what is new. after: null for what is no longer sold."""

    before: TermsAnswer | None
    after: TermsAnswer | None


class AppliedAnswer(Answer):
    changes: list[ChangeAnswer]


class PricesAnswer(Answer):
    prices: list[TermsAnswer]


@router.put("")
async def apply(body: Prices, at: At, dry_run: bool = False) -> AppliedAnswer:
    """Have these tools sell exactly this; others keep what they have. dry_run: only say what would change."""
    async with at.database.transaction() as db:
        found = await handlers.apply_prices(db, body, now=datetime.now(UTC), dry_run=dry_run)
    return AppliedAnswer(changes=[ChangeAnswer(before=_terms(one.before), after=_terms(one.after)) for one in found])


@router.get("")
async def show(at: At) -> PricesAnswer:
    """All that is on sale."""
    async with at.database.acquire() as db:
        offers = await offer_store.offers_on_sale(db)
    return PricesAnswer(prices=[TermsAnswer.model_validate(offer.terms) for offer in offers])


def _terms(terms: Terms | None) -> TermsAnswer | None:
    return TermsAnswer.model_validate(terms) if terms else None
