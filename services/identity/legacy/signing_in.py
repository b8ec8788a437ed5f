"""Signing in with the username and password of an older tool: what is tried, and what a right password leads to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from services.identity import audit
from services.identity.accounts.rules import normalise_password
from services.identity.context import own_of, utc_now
from services.identity.legacy import claims, store
from services.identity.legacy.attaching import open_record
from services.identity.legacy.hashes import OldHash
from services.identity.legacy.importing import identifier_key
from services.identity.legacy.rules import MAX_CANDIDATES, Record
from services.identity.legacy.store import Waiting, legacy_purpose
from services.identity.legacy.views import UpgradeView
from services.identity.sessions import handlers as sessions
from services.identity.sessions import throttle_store as throttles
from services.identity.sessions.handlers import Attempt
from services.identity.sessions.rules import Client
from services.identity.sessions.views import SessionView, session_view
from services.identity.settings import IdentitySettings
from shared.db import Connection
from shared.events.identity import Language
from shared.runtime import Runtime

ARGON2 = "$argon2id$"


@dataclass(frozen=True)
class Match:
    """An old account whose password was given."""

    waiting: Waiting
    record: Record


@dataclass(frozen=True)
class Newcomer:
    """Who comes with old credentials. language: of their browser, where the older tool did not say. terms_version: in force."""

    client: Client
    language: Language
    terms_version: str


async def find_matches(at: Runtime[IdentitySettings], identifier: str, password: str) -> list[Match]:
    """The old accounts that these credentials open. Wrong ones, and unknown names, take as long as somebody else's would.

    Their hashes cost very different times. So a name that no old account has borrows another's hashes, always the same, and what
    they say is thrown away: kinds and numbers are then spread over unknown names as over known ones.
    """
    own = own_of(at)
    key = identifier_key(identifier, own.master)
    place = UUID(bytes=own.master.keyed_hash("legacy", "place", key.hex())[:16])
    async with at.database.acquire() as db:
        waiting, is_meant = await store.find_by_password_key(db, key, place, limit=MAX_CANDIDATES)
    matches: list[Match] = []
    for one in waiting:
        record = open_record(one, own.master)
        fits = partial(OldHash(record.hash or "").fits, normalise_password(password))
        if await own.passwords.run(fits) and is_meant:
            matches.append(Match(one, record))
    return matches


async def sign_in(
    at: Runtime[IdentitySettings], attempt: Attempt, identifier: str, password: str, client: Client
) -> str | None:
    """The token of a claim to the old accounts that this password opens, or None. From here on they keep it as argon2id only."""
    matches = await find_matches(at, identifier, password)
    if not matches:
        return None
    own, now = own_of(at), utc_now()
    password_hash = await own.passwords.hash(normalise_password(password))
    record = claims.combine([match.record for match in matches])
    is_good = await claims.is_good_password(own.passwords, password, record)
    async with at.database.transaction() as db:
        # Others may have the same name here or in another tool: failures before this one may be at their passwords, and stay.
        for key in (attempt.identifier_key, attempt.address_key):
            if key:
                await throttles.take_back_attempt(db, key, now=now)
        for match in matches:
            if not (match.record.hash or "").startswith(ARGON2):
                await _keep_as(db, match, password_hash, at)
        token = await claims.begin(db, _ids(matches), password_hash if is_good else None, now=now)
        details = {"legacy_account_ids": [str(legacy_id) for legacy_id in _ids(matches)]}
        await audit.record(
            db, "signed-in-with-old-account", now=now, actor="anonymous", client_address=client.address, details=details
        )
    return token


async def enter(
    at: Runtime[IdentitySettings], attempt: Attempt, identifier: str, password: str, newcomer: Newcomer
) -> SessionView | UpgradeView | None:
    """Straight on where nothing is missing, else a claim that leads through what is; None for wrong credentials."""
    own, now = own_of(at), utc_now()
    token = await sign_in(at, attempt, identifier, password, newcomer.client)
    if token is None:
        return None
    terms_version = newcomer.terms_version
    async with at.database.transaction() as db:
        claimed = await claims.read(db, token, terms_version=terms_version, master=own.master, now=now)
        if claimed.missing:
            return UpgradeView(upgrade_token=token, missing=claimed.missing)
        candidate = claims.wanted_account(
            claimed,
            claims.NOTHING_GIVEN,
            language=newcomer.language,
            terms_version=terms_version,
            allow_test_domains=at.settings.is_demo,
        )
        account = await claims.make_account(
            db,
            token,
            candidate,
            None,
            master=own.master,
            policy=own.codes,
            now=now,
            client_address=newcomer.client.address,
        )
        opened = await sessions.sign_in(db, attempt, account, newcomer.client, policy=own.sessions, now=now)
    return await session_view(at, opened.account, opened.session, token=opened.token, now=now)


async def _keep_as(db: Connection, match: Match, password_hash: str, at: Runtime[IdentitySettings]) -> None:
    master = own_of(at).master
    raw = replace(match.record, hash=password_hash).as_bytes()
    wrapped = master.wrap(legacy_purpose(match.waiting.source_key), raw)
    await store.replace_record(db, match.waiting, wrapped, master.id)


def _ids(matches: Sequence[Match]) -> list[UUID]:
    return [match.waiting.id for match in matches]
