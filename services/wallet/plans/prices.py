"""Prices: what a tool asks for a use, a plan, a pack of credits. As data, read from a file and compared with what is on sale. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.wallet.ledger.rules import MAX_AMOUNT_CENTS
from shared.i18n import LANGUAGES

Kind = Literal["use", "plan", "credits"]
PER_USE = "use"
BELGIAN_RATES = (0, 6, 12, 21)


def _cents(value: object) -> object:
    """ "224.00" as cents: money is never a binary fraction."""
    if not isinstance(value, str):
        raise ValueError('write the amount in euros as text, such as "224.00"')
    try:
        cents = Decimal(value) * 100
    except ArithmeticError as error:
        raise ValueError('write the amount in euros, such as "224.00"') from error
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ValueError("an amount has whole cents")
    return int(cents)


def _uses(value: object) -> object:
    if value is None:
        raise ValueError('write how many, or "unlimited"')
    return None if value == "unlimited" else value


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Price = Annotated[int, BeforeValidator(_cents), Field(gt=0, le=MAX_AMOUNT_CENTS // 2)]
Count = Annotated[int, Field(gt=0, le=1_000_000)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Named(_Strict):
    """names: in each language. price: in euros, without VAT."""

    id: Slug
    names: dict[str, Name]
    price: Price

    @model_validator(mode="after")
    def _in_each_language(self) -> Self:
        if set(self.names) != set(LANGUAGES):
            raise ValueError(f"names are needed in {', '.join(LANGUAGES)}, and in no other language")
        return self


class PlanPrice(_Named):
    """uses: how many, or "unlimited"."""

    uses: Annotated[Count | None, BeforeValidator(_uses)]


class CreditsPrice(_Named):
    credits: Count


class ToolPrices(_Strict):
    """All that is on sale for one tool. per_use: shown only, the tool charges it. vat_percent: one of the Belgian rates."""

    tool: Slug
    vat_percent: int
    per_use: Price | None = None
    plans: list[PlanPrice] = Field(default_factory=list[PlanPrice], max_length=20)
    credits: list[CreditsPrice] = Field(default_factory=list[CreditsPrice], max_length=20)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.vat_percent not in BELGIAN_RATES:
            raise ValueError(f"vat_percent is one of {', '.join(map(str, BELGIAN_RATES))}")
        for named in (self.plans, self.credits):
            if len({one.id for one in named}) < len(named):
                raise ValueError("each id stands once")
        return self


class Prices(_Strict):
    """A file of prices. Tools that are not in it keep what they have."""

    prices: list[ToolPrices] = Field(max_length=100)

    @model_validator(mode="after")
    def _each_tool_once(self) -> Self:
        if len({one.tool for one in self.prices}) < len(self.prices):
            raise ValueError("each tool stands once")
        return self


@dataclass(frozen=True)
class Terms:
    """What an offer is; two with the same terms are the same. uses: None without limit, or for what is no plan."""

    tool_id: str
    kind: Kind
    slug: str
    place: int
    names: Mapping[str, str]
    uses: int | None
    credits: int | None
    price_excl_cents: int
    price_incl_cents: int
    vat_rate_bp: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.tool_id, self.kind, self.slug


@dataclass(frozen=True)
class Change:
    """before: None for what is new. after: None for what is no longer sold."""

    before: Terms | None
    after: Terms | None


def with_vat(excl_cents: int, vat_rate_bp: int) -> int:
    """Rounded half up to the cent."""
    return excl_cents + (excl_cents * vat_rate_bp + 5_000) // 10_000


def terms_of(prices: Prices) -> list[Terms]:
    found: list[Terms] = []
    for tool in prices.prices:
        if tool.per_use is not None:
            found.append(_terms(tool, "use", PER_USE, 0, {}, tool.per_use))
        for place, plan in enumerate(tool.plans):
            found.append(_terms(tool, "plan", plan.id, place, plan.names, plan.price, uses=plan.uses))
        for place, pack in enumerate(tool.credits):
            found.append(_terms(tool, "credits", pack.id, place, pack.names, pack.price, credits=pack.credits))
    return found


def changes(on_sale: Sequence[Terms], wanted: Sequence[Terms], tools: Sequence[str]) -> list[Change]:
    """What must change for these tools to sell what is wanted, and nothing else."""
    present = {one.key: one for one in on_sale if one.tool_id in tools}
    after = {one.key: one for one in wanted}
    return [
        Change(present.get(key), after.get(key))
        for key in [*after, *(key for key in present if key not in after)]
        if present.get(key) != after.get(key)
    ]


def _terms(
    tool: ToolPrices, kind: Kind, slug: str, place: int, names: Mapping[str, str], cents: int, **more: Any
) -> Terms:
    rate = tool.vat_percent * 100
    counts = {"uses": None, "credits": None, **more}
    return Terms(
        tool.tool, kind, slug, place, dict(names), counts["uses"], counts["credits"], cents, with_vat(cents, rate), rate
    )
