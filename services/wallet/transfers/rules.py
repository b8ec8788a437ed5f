"""What a transfer is, and why one is refused. Pure."""

from dataclasses import dataclass
from uuid import UUID

from services.wallet.ledger.rules import MAX_AMOUNT_CENTS
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_


class SameWallet(Invalid):
    code = "same-wallet"
    message = N_("Choose another organisation than the one that the money comes from.")


class OtherWalletNotFound(NotFound):
    """Also of one that exists, for who does not manage it."""

    code = "other-wallet-not-found"
    message = N_("The organisation that is to receive the money does not exist, or you do not manage it.")


class OtherWalletClosed(Conflict):
    code = "other-wallet-closed"
    message = N_("The organisation that is to receive the money is closed.")


class TransferTooLarge(Invalid):
    """params: maximum_cents."""

    code = "transfer-too-large"
    message = N_("Transfer at most {maximum_cents:money} at once.")


class TransferNothing(Invalid):
    code = "transfer-nothing"
    message = N_("Enter an amount above zero.")


class TransferMismatch(Conflict):
    code = "transfer-mismatch"
    message = N_("This key was used before for a different transfer.")


class TransferNotFound(NotFound):
    code = "transfer-not-found"
    message = N_("This transfer does not exist, or you have no access to it.")


@dataclass(frozen=True)
class Request:
    """key: chosen by the caller, who may send the same request again with it."""

    from_wallet_id: UUID
    to_wallet_id: UUID
    amount_cents: int
    description: str
    key: str

    def check(self) -> None:
        """Raises SameWallet, TransferNothing, TransferTooLarge."""
        if self.from_wallet_id == self.to_wallet_id:
            raise SameWallet(field="to")
        if self.amount_cents <= 0:
            raise TransferNothing(field="amount_cents")
        if self.amount_cents > MAX_AMOUNT_CENTS:
            raise TransferTooLarge(field="amount_cents", maximum_cents=MAX_AMOUNT_CENTS)
