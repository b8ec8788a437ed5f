"""Who sells: the company behind the platform, as it stands on receipts and invoices and receives transfers."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from stdnum import iban
from stdnum.be import vat
from stdnum.exceptions import ValidationError


def _enterprise_number(text: str) -> str:
    try:
        return vat.validate(text)
    except ValidationError as error:
        raise ValueError("must be a Belgian enterprise number of ten digits") from error


def _iban(text: str) -> str:
    try:
        return iban.validate(text, check_country=False)
    except ValidationError as error:
        raise ValueError("must be an IBAN") from error


EnterpriseNumber = Annotated[str, AfterValidator(_enterprise_number)]
"""Ten digits; points and BE are left out."""

Iban = Annotated[str, AfterValidator(_iban)]
"""Compact, upper case."""

Bic = Annotated[str, StringConstraints(pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Postcode = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}$")]
Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]


class Seller(BaseModel):
    """In Belgium, registered for VAT."""

    model_config = ConfigDict(frozen=True)

    name: Line
    enterprise_number: EnterpriseNumber
    street: Line
    postcode: Postcode
    city: Line
    iban: Iban
    bic: Bic
    mail: Mail

    @property
    def vat_number(self) -> str:
        return f"BE{self.enterprise_number}"


DEMO_SELLER = Seller(
    name="Immo-Connect Demo",
    enterprise_number="0999999922",
    street="Voorbeeldstraat 1",
    postcode="1000",
    city="Brussel",
    iban="BE65999001234596",
    bic="DEMOBEBB",
    mail="billing@immo-connect.example",
)
"""Made up: no company has this number and no bank this account."""
