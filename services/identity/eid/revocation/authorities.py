"""Asks authorities, by OCSP or by their lists, and keeps the lists. Each call may take as long as its timeout: never in a transaction."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from services.identity.eid.revocation import crl, fetch, metrics, ocsp, store
from services.identity.eid.revocation.addresses import allowed_address, list_addresses, responder_addresses
from services.identity.eid.revocation.answers import Answer, NotAnswered, Source
from services.identity.eid.revocation.crl import RevokedList
from shared.db import Database

MAX_OCSP_BYTES = 64 * 1024
# A list of a large authority holds hundreds of thousands of numbers; one in memory is enough to answer, its neighbours are in the database.
_LISTS_KEPT = 8

Outage = Literal["refuse", "allow-linked"]


@dataclass(frozen=True)
class RevocationPolicy:
    """sources: in the order in which they are asked; none means that nobody is. on_outage: what to do when nobody can be reached."""

    sources: tuple[Source, ...]
    on_outage: Outage
    ocsp_hosts: frozenset[str]
    crl_hosts: frozenset[str]
    nonce_required: bool
    ocsp_max_age: timedelta
    crl_max_age: timedelta
    ocsp_timeout_s: float
    crl_timeout_s: float
    crl_max_bytes: int


class Authorities:
    """One a process."""

    def __init__(self, policy: RevocationPolicy, database: Database, tls: ssl.SSLContext) -> None:
        self._policy = policy
        self._database = database
        self._tls = tls
        self._lists: dict[tuple[bytes, str], RevokedList] = {}

    async def ask(self, leaf: x509.Certificate, issuer: x509.Certificate, *, now: datetime) -> Answer:
        """leaf: trusted by now, for it says whom to ask. Raises NotAnswered: the outage of one source hides no refusal of another."""
        ways = {"ocsp": self._ask_responder, "crl": self._ask_list}
        failures: list[NotAnswered] = []
        for source in self._policy.sources:
            try:
                return await ways[source](leaf, issuer, now)
            except NotAnswered as failure:
                if failure.reason == "unknown":
                    raise
                failures.append(failure)
        asked = [failure for failure in failures if failure.reason != "no-allowed-address"]
        is_outage = bool(asked) and all(failure.is_outage for failure in asked)
        first = (asked or failures)[0]
        raise NotAnswered(first.reason, is_outage=is_outage, detail=first.detail)

    async def _ask_responder(self, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
        policy, nonce = self._policy, os.urandom(ocsp.NONCE_BYTES)
        async with _measured("ocsp"):
            address = allowed_address(responder_addresses(leaf), policy.ocsp_hosts)
            question = ocsp.question(leaf, issuer, nonce=nonce)
            body = await fetch.ask(
                address, question, tls=self._tls, timeout_s=policy.ocsp_timeout_s, max_bytes=MAX_OCSP_BYTES
            )
            return ocsp.read_answer(
                body,
                leaf,
                issuer,
                nonce=nonce,
                nonce_required=policy.nonce_required,
                max_age=policy.ocsp_max_age,
                now=now,
            )

    async def _ask_list(self, leaf: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
        """The list at hand answers while it is fresh. It is in its last part that a newer one is looked for."""
        address = allowed_address(list_addresses(leaf), self._policy.crl_hosts)
        key = issuer.fingerprint(hashes.SHA256()), address
        kept = await self._kept_answer(key, leaf, issuer, now)
        if kept is not None and now < kept.refresh_at:
            return kept
        try:
            async with _measured("crl"):
                found = await self._fetch_list(key, issuer)
                return await asyncio.to_thread(crl.look_up, leaf, found, max_age=self._policy.crl_max_age, now=now)
        except NotAnswered:
            if kept is None:
                raise
            return kept

    async def _kept_answer(
        self, key: tuple[bytes, str], leaf: x509.Certificate, issuer: x509.Certificate, now: datetime
    ) -> Answer | None:
        try:
            found = self._lists.get(key) or await self._saved_list(key, issuer)
            if found is None:
                return None
            kept = await asyncio.to_thread(crl.look_up, leaf, found, max_age=self._policy.crl_max_age, now=now)
        except NotAnswered:
            return None
        return kept if now < kept.expires_at else None

    async def _saved_list(self, key: tuple[bytes, str], issuer: x509.Certificate) -> RevokedList | None:
        async with self._database.acquire() as db:
            der = await store.find_list(db, *key)
        return None if der is None else await self._read_list(key, der, issuer)

    async def _fetch_list(self, key: tuple[bytes, str], issuer: x509.Certificate) -> RevokedList:
        policy, address = self._policy, key[1]
        der = await fetch.get(address, tls=self._tls, timeout_s=policy.crl_timeout_s, max_bytes=policy.crl_max_bytes)
        found = await self._read_list(key, der, issuer)
        async with self._database.transaction() as db:
            await store.save_list(db, *key, der, this_update=found.this_update, next_update=found.next_update)
        return found

    async def _read_list(self, key: tuple[bytes, str], der: bytes, issuer: x509.Certificate) -> RevokedList:
        """Verified wherever it comes from, in a thread: it may be large."""
        found = await asyncio.to_thread(partial(crl.read_list, der, issuer, address=key[1]))
        kept = self._lists.pop(key, None)
        newest = kept if kept is not None and kept.this_update > found.this_update else found
        if len(self._lists) >= _LISTS_KEPT:
            self._lists.pop(next(iter(self._lists)))
        self._lists[key] = newest
        return newest


@asynccontextmanager
async def _measured(source: Source) -> AsyncIterator[None]:
    began = time.perf_counter()
    outcome = "answered"
    try:
        yield
    except NotAnswered as failure:
        outcome = failure.reason
        raise
    finally:
        metrics.REQUESTS.labels(source, outcome).inc()
        metrics.REQUEST_S.labels(source).observe(time.perf_counter() - began)
