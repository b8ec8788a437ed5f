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
from services.identity.oidc.logout import tell_tools
from shared import outbox
from shared.db import Connection
from shared.events.identity import EidUnlinked

END_REASON = "eid-unlinked"


async def unlink(db: Connection, account_id: UUID, *, actor: str, now: datetime, reason: str | None = None) -> Account:
    """Sessions fall back to the password, tools that were opened with the card close, everyone is told.

    actor: as the audit log names them, the person or a member of the staff. reason: of the staff. Raises EidNotLinked.
    """
    await store.lower_sessions(db, account_id)
    await tell_tools(db, await oidc.end_card_grants(db, account_id, reason=END_REASON, now=now))
    await accounts.lock_account(db, account_id)
    if not await store.delete_link(db, account_id):
        raise EidNotLinked()
    version = await accounts.bump_version(db, account_id)
    await outbox.append(db, EidUnlinked(version=version, account_id=account_id, unlinked_at=now))
    await audit.record(db, "eid-unlinked", now=now, actor=actor, account_id=account_id, reason=reason)
    return await get_account(db, account_id)
