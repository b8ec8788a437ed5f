"""Settings of the wallet service."""

from typing import ClassVar

from pydantic import Field

from shared.settings import Settings

_TEST_KEY = "test_key"


class WalletSettings(Settings):
    """payments_url: root of the payment provider's API with its version, such as https://api.mollie.com/v2.

    payments_key: its API key. low_balance_cents: below it a wallet is announced as low; taken when the wallet is opened.
    charge_lanes: statements of grouped charges at once a process. poll_s: how often overdue top-ups are looked for.
    """

    service: ClassVar[str] = "wallet"

    payments_url: str
    payments_key: str = Field(default=_TEST_KEY, repr=False)
    low_balance_cents: int = Field(default=1_000, ge=0, le=100_000_000)
    charge_lanes: int = Field(default=2, ge=1, le=16)
    poll_s: float = Field(default=5.0, gt=0, le=3_600)

    def production_faults(self) -> list[str]:
        faults = super().production_faults()
        if self.payments_key.startswith("test_"):
            faults.append("IMMO_WALLET_PAYMENTS_KEY is a key for tests")
        return faults
