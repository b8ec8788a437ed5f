"""Money and wallets: limits and refusals."""

from uuid import UUID, uuid5

from shared.errors import Forbidden, NotFound, PaymentRequired
from shared.markers import N_

EUR = "EUR"
CURRENCY = EUR
MAX_AMOUNT_CENTS = 100_000_000
"""Of one movement: a million euros. Whoever asks for more has made a mistake."""


class WalletNotFound(NotFound):
    """Also for those who may not know that it exists."""

    code = "wallet-not-found"
    message = N_("This wallet does not exist, or you have no access to it.")


class NotAManager(Forbidden):
    code = "not-a-manager"
    message = N_("Only a manager of the organisation can do this.")


class BalanceShort(PaymentRequired):
    """Params: balance_cents, short_cents; for a tool also top_up_url."""

    code = "balance-short"
    message = N_("The wallet is {short_cents:money} short. Top it up and try again.")


class CreditsShort(BalanceShort):
    code = "credits-short"
    message = N_("{short_cents:number} credits are missing. Buy some and try again.")


class WalletFrozen(PaymentRequired):
    """Params: balance_cents; for a tool also top_up_url."""

    code = "wallet-frozen"
    message = N_(
        "This wallet is frozen: nothing can be taken from it until the organisation has settled that with support."
    )


def credits_of(tool_id: str) -> str:
    """The unit of this tool's credits."""
    return f"credits/{tool_id}"


def short_of(unit: str, *, balance_cents: int, short_cents: int, **top_up: str) -> BalanceShort:
    """The refusal of a wallet of this unit. top_up: top_up_url, for a tool."""
    params: dict[str, object] = {"balance_cents": balance_cents, "short_cents": short_cents, **top_up}
    refusal = BalanceShort() if unit == EUR else CreditsShort()
    refusal.params = params
    return refusal


def tool_of(unit: str) -> str:
    """The tool whose credits these are."""
    return unit.removeprefix("credits/")


def wallet_id_of(organisation_id: UUID, unit: str = EUR) -> UUID:
    """An organisation's wallet in this unit. Its wallet of euros has its own id."""
    return organisation_id if unit == EUR else uuid5(organisation_id, unit)
