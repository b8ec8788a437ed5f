"""What the endpoints of this service have at hand."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from uuid import UUID

from services.wallet.charges.groups import ChargeGroups
from services.wallet.invoices.access_point.port import AccessPoint
from services.wallet.invoices.validation import PeppolRules
from services.wallet.ledger.rules import EUR
from services.wallet.payments.port import PaymentProvider
from services.wallet.settings import WalletSettings
from shared.runtime import Runtime, runtime

FOLDER = Path(__file__).parent
XLSX_AT_ONCE = 2
PAPER_AT_ONCE = 2
"""Each file takes some of the processor for a while, which charges need more."""


@dataclass(frozen=True)
class Own:
    charges: ChargeGroups
    payments: PaymentProvider
    access_point: AccessPoint | None = None
    peppol_rules: PeppolRules = field(default_factory=PeppolRules)
    xlsx_files: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(XLSX_AT_ONCE))
    paper: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PAPER_AT_ONCE))


class WalletRuntime(Runtime[WalletSettings]):
    """The runtime as `app.py` sets it up."""

    own: Own


At = Annotated[WalletRuntime, runtime()]


def money_url(at: WalletRuntime, organisation_id: UUID, unit: str) -> str:
    """Where a manager sees to it that there is enough: euros are topped up, credits are bought."""
    if unit == EUR:
        return top_up_url(at, organisation_id)
    return f"{at.settings.public_origin}/organisations/{organisation_id}/wallet/plans"


def top_up_url(at: WalletRuntime, wallet_id: UUID) -> str:
    """The page of the platform where a manager tops up this wallet."""
    return f"{at.settings.public_origin}/organisations/{wallet_id}/wallet/top-up"
