"""Ending grants, and telling the tools: the job is written in the transaction that ends them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.identity.oidc import store
from services.identity.oidc.store import EndedGrant
from shared import jobs
from shared.db import Connection

BACKCHANNEL_LOGOUT = "backchannel-logout"


async def end_session_grants(db: Connection, session_id: UUID, *, reason: str, now: datetime) -> None:
    await tell_tools(db, await store.end_grants(db, session_id=session_id, reason=reason, now=now))


async def end_grant(db: Connection, grant_id: UUID, *, reason: str, now: datetime) -> None:
    await tell_tools(db, await store.end_grants(db, grant_id=grant_id, reason=reason, now=now))


async def tell_tools(db: Connection, ended: Sequence[EndedGrant]) -> None:
    """One job a grant; urgent, because a person who was shut out is still inside until it has run."""
    asked = [
        jobs.Asked(
            {"grant_id": str(grant.id), "subject": grant.subject, "client_id": grant.client_id},
            key=str(grant.account_id),
            unique=str(grant.id),
        )
        for grant in ended
        if grant.has_logout_uri
    ]
    await jobs.enqueue_all(db, BACKCHANNEL_LOGOUT, asked, priority=jobs.URGENT)
