"""What the endpoints of this service have at hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

from services.wallet.charges.groups import ChargeGroups
from services.wallet.payments.port import PaymentProvider
from services.wallet.settings import WalletSettings
from shared.runtime import Runtime, runtime

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Own:
    charges: ChargeGroups
    payments: PaymentProvider


class WalletRuntime(Runtime[WalletSettings]):
    """The runtime as `app.py` sets it up."""

    own: Own


At = Annotated[WalletRuntime, runtime()]


def top_up_url(at: WalletRuntime, wallet_id: UUID) -> str:
    """The page of the platform where a manager tops up this wallet."""
    return f"{at.settings.public_origin}/organisations/{wallet_id}/wallet/top-up"
