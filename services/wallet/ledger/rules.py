"""Money and wallets: limits and refusals."""

from shared.errors import Forbidden, NotFound
from shared.markers import N_

CURRENCY = "EUR"
MAX_AMOUNT_CENTS = 100_000_000
"""Of one movement: a million euros. Whoever asks for more has made a mistake."""


class WalletNotFound(NotFound):
    """Also for those who may not know that it exists."""

    code = "wallet-not-found"
    message = N_("This wallet does not exist, or you have no access to it.")


class NotAManager(Forbidden):
    code = "not-a-manager"
    message = N_("Only a manager of the organisation can do this.")
