"""Settings of the wallet service."""

from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from services.wallet.adjustments.rules import Limits
from services.wallet.invoices.months import Terms
from services.wallet.seller import DEMO_SELLER, Bic, EnterpriseNumber, Iban, Line, Mail, Postcode, Seller
from shared.settings import Settings

_TEST_KEY = "test_key"


def _none_where_empty(given: object) -> object:
    """An empty variable is one that was not given; as a path it would be the present folder."""
    return given or None


class WalletSettings(Settings):
    """payments_url: root of the payment provider's API with its version, such as https://api.mollie.com/v2.

    payments_key: its API key. low_balance_cents: below it a wallet is announced as low; taken when the wallet is opened.
    charge_lanes: statements of grouped charges at once a process. poll_s: how often overdue top-ups are looked for.
    reconcile_s: how often what the provider lists is compared with what is known here. check_new_s, check_whole_s: how often the book
    is proven, what is new in it and as a whole. bank_texts_keep_days: for how long it is known who made a transfer and what they wrote;
    ten years, as long as the law wants to have the seller's books.
    adjustment_limit_cents, adjustment_limit_credits: what one member of staff may correct alone in a wallet within a day; more takes
    a second one, within adjustment_ttl_h. seller_*: the company behind the platform; made up unless it is told.
    vat_due: whether VAT falls due when a tool takes money, or when it is paid in; vat_due_from: the first month of that ("2027-01"), the
    months before were the other way. prepaid_vat_rate_bp: of money that is invoiced when it is paid in. access_point_folder: where
    invoices for Peppol are put; None sends none. statements_folder: where the bank's files are dropped; None watches none.
    """

    service: ClassVar[str] = "wallet"

    payments_url: str
    payments_key: str = Field(default=_TEST_KEY, repr=False)
    low_balance_cents: int = Field(default=1_000, ge=0, le=100_000_000)
    charge_lanes: int = Field(default=2, ge=1, le=16)
    poll_s: float = Field(default=5.0, gt=0, le=3_600)
    reconcile_s: float = Field(default=900.0, gt=0, le=86_400)
    check_new_s: float = Field(default=60.0, gt=0, le=3_600)
    check_whole_s: float = Field(default=86_400.0, gt=0, le=604_800)

    bank_texts_keep_days: int = Field(default=3_653, ge=366, le=36_500)

    adjustment_limit_cents: int = Field(default=10_000, ge=0, le=100_000_000)
    adjustment_limit_credits: int = Field(default=5, ge=0, le=1_000_000)
    adjustment_ttl_h: int = Field(default=72, ge=1, le=720)

    seller_name: Line = DEMO_SELLER.name
    seller_enterprise_number: EnterpriseNumber = DEMO_SELLER.enterprise_number
    seller_street: Line = DEMO_SELLER.street
    seller_postcode: Postcode = DEMO_SELLER.postcode
    seller_city: Line = DEMO_SELLER.city
    seller_iban: Iban = DEMO_SELLER.iban
    seller_bic: Bic = DEMO_SELLER.bic
    seller_mail: Mail = DEMO_SELLER.mail

    vat_due: Literal["charge", "topup"] = "charge"
    vat_due_from: str | None = Field(default=None, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
    prepaid_vat_rate_bp: int = Field(default=2_100, ge=0, le=10_000)
    access_point_folder: Annotated[Path | None, BeforeValidator(_none_where_empty)] = None
    statements_folder: Annotated[Path | None, BeforeValidator(_none_where_empty)] = None

    @property
    def invoice_terms(self) -> Terms:
        since = date.fromisoformat(f"{self.vat_due_from}-01") if self.vat_due_from else None
        return Terms(self.vat_due, since, self.prepaid_vat_rate_bp)

    @property
    def adjustment_limits(self) -> Limits:
        return Limits(self.adjustment_limit_cents, self.adjustment_limit_credits)

    @property
    def seller(self) -> Seller:
        return Seller.model_validate({name: getattr(self, f"seller_{name}") for name in Seller.model_fields})

    def production_faults(self) -> list[str]:
        faults = super().production_faults()
        if self.payments_key.startswith("test_"):
            faults.append("IMMO_WALLET_PAYMENTS_KEY is a key for tests")
        made_up = [
            name for name in Seller.model_fields if getattr(self, f"seller_{name}") == getattr(DEMO_SELLER, name)
        ]
        # Another company may well be in the same city.
        faults += [
            f"IMMO_WALLET_SELLER_{name.upper()} is made up" for name in made_up if name not in ("postcode", "city")
        ]
        return faults
