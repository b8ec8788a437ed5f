"""Judges a card with what its authority says of it: remembered, shared by all instances, or asked now."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from services.identity.eid.refusals import CertificateRevoked, RevocationUnavailable
from services.identity.eid.revocation import metrics, store
from services.identity.eid.revocation.answers import Answer, NotAnswered
from services.identity.eid.revocation.authorities import Authorities, RevocationPolicy
from services.identity.eid.validation import Revocation
from shared.db import Database

_LOG = structlog.get_logger(__name__)
_ANSWERS_KEPT = 10_000
# An authority that did not renew its answer in time is left alone for a while; the answer at hand still counts.
_NEXT_TRY = timedelta(seconds=30)

T = TypeVar("T")
Judge = Callable[[Revocation | None], T]
"""`validate` with all but the last argument. Runs in a thread, twice."""


@dataclass(frozen=True)
class Checked(Generic[T]):
    """card: what the judge returned. revocation: "unavailable" means that the card was let through during an outage; record it."""

    card: T
    revocation: Literal["good", "unavailable", "off"]


class _Asked(Exception):
    """Ends the first judgement where it comes to revocation: what was asked is answered outside of it, without a thread that waits."""

    def __init__(self, leaf: x509.Certificate, issuer: x509.Certificate) -> None:
        self.leaf = leaf
        self.issuer = issuer


class Revocations:
    """One a process. Nothing here holds a transaction, or blocks the event loop."""

    def __init__(self, policy: RevocationPolicy, database: Database, tls: ssl.SSLContext) -> None:
        self._policy = policy
        self._database = database
        self._authorities = Authorities(policy, database, tls)
        self._known: dict[bytes, Answer] = {}
        self._asking: dict[bytes, asyncio.Task[Answer]] = {}

    async def check(
        self, judge: Judge[T], *, now: datetime, is_linked: Callable[[T], Awaitable[bool]] | None = None
    ) -> Checked[T]:
        """What the judge says of a card once its revocation is known. Raises EidRefused.

        `await revocations.check(lambda revocation: validate(token, ..., revocation=revocation), now=now)`

        is_linked: whether an account is linked to the card already; asked of a card that is otherwise good, only when no authority
        can be reached and the policy lets linked ones in.
        """
        if not self._policy.sources:
            return Checked(await asyncio.to_thread(judge, None), "off")
        try:
            await asyncio.to_thread(judge, _ask)
        except _Asked as asked:
            leaf, issuer = asked.leaf, asked.issuer
        else:
            raise AssertionError("the judge never asked about revocation")
        try:
            answer = await self._answer(leaf, issuer, now)
        except NotAnswered as failure:
            return await self._without_answer(judge, failure, is_linked)
        return Checked(await asyncio.to_thread(judge, _Known(leaf, answer)), "good")

    async def _without_answer(
        self, judge: Judge[T], failure: NotAnswered, is_linked: Callable[[T], Awaitable[bool]] | None
    ) -> Checked[T]:
        metrics.CHECKS.labels("none", failure.reason).inc()
        waived = failure.is_outage and self._policy.on_outage == "allow-linked" and is_linked is not None
        _LOG.warning(
            "eid_revocation_unavailable", reason=failure.reason, outage=failure.is_outage, hosts=failure.detail or None
        )
        if waived and is_linked is not None:
            card = await asyncio.to_thread(judge, None)
            if await is_linked(card):
                _LOG.warning("eid_accepted_without_revocation", reason=failure.reason)
                return Checked(card, "unavailable")
        raise RevocationUnavailable()

    async def _answer(self, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
        """Raises NotAnswered. An answer that ends soon is renewed; when that fails it is still good."""
        key = leaf.fingerprint(hashes.SHA256())
        source, known = await self._find(key, now)
        if known is not None and now < known.refresh_at:
            metrics.CHECKS.labels(source, known.status).inc()
            return known
        try:
            fresh = await self._ask_once(key, leaf, issuer, now)
        except NotAnswered as failure:
            if known is None:
                raise
            _LOG.info("eid_revocation_not_renewed", reason=failure.reason)
            self._remember(key, replace(known, refresh_at=min(now + _NEXT_TRY, known.expires_at)))
            metrics.CHECKS.labels(source, known.status).inc()
            return known
        metrics.CHECKS.labels(fresh.source, fresh.status).inc()
        return fresh

    async def _find(self, key: bytes, now: datetime) -> tuple[str, Answer | None]:
        remembered = self._known.get(key)
        if remembered is not None and now < remembered.refresh_at:
            return "memory", remembered
        async with self._database.acquire() as db:
            saved = await store.find_answer(db, key, now=now)
        if saved is not None and (remembered is None or saved.this_update > remembered.this_update):
            self._remember(key, saved)
            return "database", saved
        if remembered is not None and now < remembered.expires_at:
            return "memory", remembered
        return "none", None

    async def _ask_once(self, key: bytes, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
        """However many wait for it, the authority is asked once."""
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, leaf, issuer, now))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: bytes, done: "asyncio.Task[Answer]") -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # looked at here, in case everyone who waited has left

    async def _ask(self, key: bytes, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
        fresh = await self._authorities.ask(leaf, issuer, now=now)
        if now < fresh.expires_at:
            self._remember(key, fresh)
            async with self._database.transaction() as db:
                await store.save_answer(db, key, fresh)
        return fresh

    def _remember(self, key: bytes, answer: Answer) -> None:
        if len(self._known) >= _ANSWERS_KEPT:
            self._known.clear()
        self._known[key] = answer


class _Known:
    """A Revocation whose answer is there: for the certificate that was asked about, and no other."""

    def __init__(self, leaf: x509.Certificate, answer: Answer) -> None:
        self._leaf = leaf
        self._answer = answer

    def __call__(self, leaf: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> None:
        if leaf != self._leaf:
            raise RevocationUnavailable()
        if self._answer.status == "revoked":
            raise CertificateRevoked()


def _ask(leaf: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> None:
    raise _Asked(leaf, issuer)
