"""Which accounts a charge moves."""

from collections.abc import Sequence
from uuid import UUID

from services.wallet.ledger.booking import Posting
from services.wallet.ledger.rules import EUR, wallet_id_of


def charge_postings(
    organisation_id: UUID, unit: str, tool_id: str, *, excl_cents: int, incl_cents: int
) -> Sequence[Posting]:
    """From the wallet to the tool and the state, or to the credits that were used; negative amounts give back."""
    wallet_id = wallet_id_of(organisation_id, unit)
    wallet = Posting("wallet", -incl_cents, wallet_id=wallet_id, unit=unit)
    if unit != EUR:
        return [wallet, Posting("used", incl_cents, party=tool_id, unit=unit)]
    return [
        wallet,
        Posting("revenue", excl_cents, party=tool_id),
        Posting("vat", incl_cents - excl_cents, party="BE"),
    ]
