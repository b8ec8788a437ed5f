"""From what a card or a proxy sent to a card that is believed: with Belgian trust first, then, where configured, other countries'."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.identity.eid.cardholder import Cardholder
from services.identity.eid.refusals import CertificateNotTrusted, PolicyNotAllowed
from services.identity.eid.rules import Presented, belgian_subject, foreign_subject
from services.identity.eid.trust_store import TrustStore
from services.identity.eid.validation import Revocation, validate, validate_certificate

_Check = Callable[[TrustStore], Cardholder]


@dataclass(frozen=True)
class CardReader:
    """foreign: whom else to believe; None for nobody. The two are kept apart: another country's authority can say nothing about
    Belgian numbers, not even by writing one into a certificate.

    What is called here takes time and may ask a responder: outside transactions, in a thread.
    """

    trust: TrustStore
    origin: str
    foreign: TrustStore | None = None
    revocation: Revocation | None = None

    def read_token(self, token: Mapping[str, object], *, nonce: str, now: datetime) -> Presented:
        """Raises EidRefused, EidWithoutNumber."""
        return self._read(
            lambda trust: validate(
                token, nonce=nonce, origin=self.origin, now=now, trust=trust, revocation=self.revocation
            )
        )

    def read_certificate(self, der: bytes, *, now: datetime) -> Presented:
        """TLS has proven that the card was there. Raises EidRefused, EidWithoutNumber."""
        return self._read(lambda trust: validate_certificate(der, now=now, trust=trust, revocation=self.revocation))

    def _read(self, check: _Check) -> Presented:
        try:
            holder = check(self.trust)
        except (CertificateNotTrusted, PolicyNotAllowed) as refusal:
            if self.foreign is None:
                raise
            return self._read_foreign(check, self.foreign, refusal)
        return Presented(holder, belgian_subject(holder))

    @staticmethod
    def _read_foreign(
        check: _Check, foreign: TrustStore, refusal: CertificateNotTrusted | PolicyNotAllowed
    ) -> Presented:
        """refusal: what is said when nobody else knows the card either."""
        try:
            holder = check(foreign)
        except (CertificateNotTrusted, PolicyNotAllowed):
            raise refusal from None
        holder = replace(holder, national_number=None, birth_date=None, sex=None)
        return Presented(holder, foreign_subject(holder))
