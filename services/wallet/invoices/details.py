"""What a manager may ask to have on invoices. Pure."""

from stdnum import ean
from stdnum.be import vat

from services.wallet.invoices.documents import ENTERPRISE_SCHEME
from shared.errors import Invalid, NotFound
from shared.markers import N_

_LOCATION_SCHEME = "0088"  # GLN


class InvoiceNotFound(NotFound):
    code = "invoice-not-found"
    message = N_("This invoice does not exist.")


class PeppolIdInvalid(Invalid):
    code = "peppol-id-invalid"
    message = N_("Write 0208: and an enterprise number, or 0088: and a GLN.")


def check_peppol_id(text: str) -> None:
    """Empty, an enterprise number or a GLN: what would make an invoice break the rules is refused here. Raises PeppolIdInvalid."""
    scheme, _, identifier = text.partition(":")
    digits = identifier.isascii() and identifier.isdigit()
    is_number = scheme == ENTERPRISE_SCHEME and digits and len(identifier) == 10 and vat.is_valid(identifier)
    is_location = scheme == _LOCATION_SCHEME and digits and len(identifier) == 13 and ean.is_valid(identifier)
    if text and not is_number and not is_location:
        raise PeppolIdInvalid(field="peppol_id")
