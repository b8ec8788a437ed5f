"""From what a card or a proxy sent to a card that is believed: with Belgian trust first, then, where configured, other countries'."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.identity.eid.cardholder import Cardholder
from services.identity.eid.live_trust import LiveTrust, Trusts
from services.identity.eid.refusals import CertificateNotTrusted, EidRefused, PolicyNotAllowed
from services.identity.eid.revocation import metrics
from services.identity.eid.revocation.checker import Judge, Revocations
from services.identity.eid.rules import Presented, belgian_subject, foreign_subject
from services.identity.eid.trust_store import TrustStore
from services.identity.eid.validation import validate, validate_certificate

IsLinked = Callable[[Presented], Awaitable[bool]]
"""Whether an account is linked to a card: asked only during an outage of the authorities."""
_Check = Callable[[TrustStore], Cardholder]


@dataclass(frozen=True)
class CardReader:
    """trust: the Belgian one, and whom else to believe. The two are kept apart: another country's authority can say nothing about
    Belgian numbers, not even by writing one into a certificate.

    Whatever is called here may have to ask an authority first: outside transactions.
    """

    trust: LiveTrust
    origin: str
    revocations: Revocations

    async def read_token(
        self, token: Mapping[str, object], *, nonce: str, now: datetime, is_linked: IsLinked | None = None
    ) -> Presented:
        """Raises EidRefused, EidWithoutNumber."""
        return await self._believe(
            lambda revocation: _read(
                lambda trust: validate(
                    token, nonce=nonce, origin=self.origin, now=now, trust=trust, revocation=revocation
                ),
                self.trust.current(),
            ),
            now=now,
            is_linked=is_linked,
        )

    async def read_certificate(self, der: bytes, *, now: datetime, is_linked: IsLinked | None = None) -> Presented:
        """TLS has proven that the card was there. Raises EidRefused, EidWithoutNumber."""
        return await self._believe(
            lambda revocation: _read(
                lambda trust: validate_certificate(der, now=now, trust=trust, revocation=revocation),
                self.trust.current(),
            ),
            now=now,
            is_linked=is_linked,
        )

    async def _believe(self, judge: Judge[Presented], *, now: datetime, is_linked: IsLinked | None) -> Presented:
        try:
            checked = await self.revocations.check(judge, now=now, is_linked=is_linked)
        except EidRefused as refusal:
            metrics.CARDS.labels(refusal.code).inc()
            raise
        metrics.CARDS.labels("accepted").inc()
        return replace(checked.card, revocation=checked.revocation)


def _read(check: _Check, trusts: Trusts) -> Presented:
    belgian, foreign = trusts
    try:
        holder = check(belgian)
    except (CertificateNotTrusted, PolicyNotAllowed) as refusal:
        if foreign is None:
            raise
        return _read_foreign(check, foreign, refusal)
    return Presented(holder, belgian_subject(holder))


def _read_foreign(check: _Check, foreign: TrustStore, refusal: CertificateNotTrusted | PolicyNotAllowed) -> Presented:
    """refusal: what is said when nobody else knows the card either."""
    try:
        holder = check(foreign)
    except (CertificateNotTrusted, PolicyNotAllowed):
        raise refusal from None
    holder = replace(holder, national_number=None, birth_date=None, sex=None)
    return Presented(holder, foreign_subject(holder))
