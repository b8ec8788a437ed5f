"""What is done from time to time: end what has expired, delete what nobody can use any more."""

from datetime import timedelta
from typing import Any

from services.identity import audit
from services.identity.accounts import pending
from services.identity.context import own_of, utc_now
from services.identity.eid import store as eid
from services.identity.eid.revocation import store as revocation
from services.identity.emails import store as emails
from services.identity.factors import store as factors
from services.identity.keys.handlers import turn_signing_keys
from services.identity.legacy import store as legacy
from services.identity.oidc import client_store, request_store
from services.identity.oidc import store as oidc
from services.identity.passwords import store as passwords
from services.identity.sessions import device_store, unfinished_store
from services.identity.sessions import store as sessions
from services.identity.sessions import throttle_store as throttles
from services.identity.sessions.handlers import end_expired_sessions
from services.identity.support import store as support
from shared.runtime import Runtime
from shared.timers import Timer

# Used codes and tokens are kept so long beyond their time, so that a late second use is still noticed.
KEPT = timedelta(days=1)
# Ended grants and sessions, for whoever asks what happened.
ENDED_KEPT = timedelta(days=90)
# A browser that was away for so long is new again.
DEVICES_KEPT = timedelta(days=400)
_BATCH = 200


def timers(at: Runtime[Any]) -> list[Timer]:
    async def end_sessions() -> None:
        ended = _BATCH
        while ended == _BATCH:
            async with at.database.transaction() as db:
                ended = await end_expired_sessions(db, policy=own_of(at).sessions, now=utc_now(), limit=_BATCH)

    async def turn_keys() -> None:
        async with at.database.transaction() as db:
            await turn_signing_keys(db, own_of(at).master, own_of(at).rotation, now=utc_now())

    async def delete_pending() -> None:
        now, deleted = utc_now(), _BATCH
        before = now - timedelta(days=at.settings.pending_days)
        while deleted == _BATCH:
            async with at.database.transaction() as db:
                deleted = await pending.delete_stale(db, before=before, now=now, limit=_BATCH)

    async def prune() -> None:
        now = utc_now()
        async with at.database.transaction() as db:
            await request_store.delete_expired_requests(db, before=now - KEPT)
            await request_store.delete_expired_answers(db, before=now)
            await oidc.delete_expired_codes(db, before=now - KEPT)
            await oidc.delete_expired_refresh_tokens(db, before=now - KEPT)
            await client_store.delete_expired_assertions(db, before=now)
            await client_store.delete_expired_initial_tokens(db, before=now - KEPT)
            await oidc.delete_old_grants(db, before=now - ENDED_KEPT)
            await sessions.delete_old_sessions(db, before=now - ENDED_KEPT)
            await eid.delete_expired_challenges(db, before=now - KEPT)
            await legacy.delete_expired_claims(db, before=now - KEPT)
            await eid.delete_expired_visitor_challenges(db, before=now)
            await revocation.delete_outdated(db, before=now)
            await passwords.delete_old_resets(db, before=now - KEPT)
            await emails.delete_old_changes(db, before=now - KEPT)
            await throttles.delete_old_throttles(db, before=now - KEPT)
            await factors.delete_expired(db, before=now)
            await factors.delete_old_totp_setups(db, before=now - KEPT)
            await unfinished_store.delete_expired(db, before=now)
            await device_store.forget_devices(db, before=now - DEVICES_KEPT)
            await audit.delete_private_of_nobody(db, before=now - ENDED_KEPT)
            await support.delete_old_cases(db, before=now - ENDED_KEPT)

    return [
        Timer("end-sessions", 60.0, end_sessions),
        Timer("turn-signing-keys", 300.0, turn_keys),
        Timer("delete-pending-accounts", 3600.0, delete_pending),
        Timer("prune", 3600.0, prune),
    ]
