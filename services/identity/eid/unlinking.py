"""Undoing a link: what stood on the card falls with it."""

from datetime import datetime
from uuid import UUID

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account
from services.identity.eid import store
from services.identity.eid.rules import EidNotLinked
from services.identity.oidc import store as oidc
from services.identity.oidc.logout import end_session_grants, tell_tools
from shared import outbox
from shared.db import Connection
from shared.events.identity import EidUnlinked

END_REASON = "eid-unlinked"


async def unlink(
    db: Connection, account_id: UUID, *, actor: str, now: datetime, keep: UUID | None = None, reason: str | None = None
) -> Account:
    """Sessions fall back to what else was shown in them, and end where that is nothing; tools that were opened with the card close.

    actor: as the audit log names them, the person or a member of the staff. keep: the session in which the person does this, which
    goes on in any case. reason: of the staff. Raises EidNotLinked.
    """
    for session_id in await store.end_card_sessions(db, account_id, keep=keep, now=now):
        await end_session_grants(db, session_id, reason=END_REASON, now=now)
    await store.lower_sessions(db, account_id)
    await tell_tools(db, await oidc.end_card_grants(db, account_id, reason=END_REASON, now=now))
    await accounts.lock_account(db, account_id)
    if not await store.delete_link(db, account_id):
        raise EidNotLinked()
    version = await accounts.bump_version(db, account_id)
    await outbox.append(db, EidUnlinked(version=version, account_id=account_id, unlinked_at=now))
    await audit.record(db, "eid-unlinked", now=now, actor=actor, account_id=account_id, reason=reason)
    return await get_account(db, account_id)
