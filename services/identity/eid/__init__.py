"""Belgian identity cards: is a card's answer genuine, whom does it name, and to which account it is linked."""

from services.identity.eid.cardholder import Cardholder
from services.identity.eid.refusals import EidRefused
from services.identity.eid.trust_store import BELGIAN_POLICIES, TrustStore
from services.identity.eid.validation import Revocation, validate, validate_certificate

__all__ = [
    "BELGIAN_POLICIES",
    "Cardholder",
    "EidRefused",
    "Revocation",
    "TrustStore",
    "validate",
    "validate_certificate",
]
