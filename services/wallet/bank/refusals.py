"""What is refused about transfers."""

from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_


class AccountForeign(Invalid):
    code = "account-foreign"
    message = N_("This is a statement of {account_iban}; the account for transfers is {own_iban}.")


class FileTooLarge(Invalid):
    code = "file-too-large"
    message = N_("The file is too large.")


class MovementNotFound(NotFound):
    code = "movement-not-found"
    message = N_("This transfer does not exist.")


class MovementDecided(Conflict):
    code = "movement-decided"
    message = N_("Somebody has decided about this transfer in the meantime. Look at it again.")


class MovementForeign(Conflict):
    code = "movement-foreign"
    message = N_("Only euros can be credited to a wallet.")
