"""What is done from time to time: end what has expired, delete what nobody can use any more."""

from collections.abc import Awaitable, Callable, Sequence
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
AT_ONCE = timedelta(0)
_BATCH = 200

# What is deleted once it is older than so much; each in a transaction of its own, so that none holds the locks of another.
PRUNED: Sequence[tuple[Callable[..., Awaitable[None]], timedelta]] = (
    (request_store.delete_expired_requests, KEPT),
    (request_store.delete_expired_answers, AT_ONCE),
    (oidc.delete_expired_codes, KEPT),
    (oidc.delete_expired_refresh_tokens, KEPT),
    (client_store.delete_expired_assertions, AT_ONCE),
    (client_store.delete_expired_initial_tokens, KEPT),
    (oidc.delete_old_grants, ENDED_KEPT),
    (sessions.delete_old_sessions, ENDED_KEPT),
    (eid.delete_expired_challenges, KEPT),
    (legacy.delete_expired_claims, KEPT),
    (eid.delete_expired_visitor_challenges, AT_ONCE),
    (revocation.delete_outdated, AT_ONCE),
    (passwords.delete_old_resets, KEPT),
    (emails.delete_old_changes, KEPT),
    (throttles.delete_old_throttles, KEPT),
    (factors.delete_expired, AT_ONCE),
    (factors.delete_old_totp_setups, KEPT),
    (unfinished_store.delete_expired, AT_ONCE),
    (device_store.forget_devices, DEVICES_KEPT),
    (audit.delete_private_of_nobody, ENDED_KEPT),
    (support.delete_old_cases, ENDED_KEPT),
)


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
        for delete, kept in PRUNED:
            async with at.database.transaction() as db:
                await delete(db, before=utc_now() - kept)

    return [
        Timer("end-sessions", 60.0, end_sessions),
        Timer("turn-signing-keys", 300.0, turn_keys),
        Timer("delete-pending-accounts", 3600.0, delete_pending),
        Timer("prune", 3600.0, prune),
    ]
