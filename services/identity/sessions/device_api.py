"""HTTP of one's own sessions: where one is signed in, and signing out there."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.identity.context import At, own_of, utc_now
from services.identity.sessions import device_store, devices, handlers
from shared.tokens import Person, person

router = APIRouter(tags=["sessions"])
Caller = Annotated[Person, person()]


class OpenSession(BaseModel):
    """browser, system: families, empty where unknown. client_address: an IPv4 address or an IPv6 network, empty where unknown."""

    id: UUID
    is_this: bool
    browser: str
    system: str
    acr: str
    client_address: str
    created_at: datetime
    last_seen_at: datetime
    tool_ids: list[str]


class OpenSessions(BaseModel):
    sessions: list[OpenSession]


class Ended(BaseModel):
    count: int


@router.get("/api/sessions")
async def read_sessions(caller: Caller, at: At) -> OpenSessions:
    """This one first, then the one used last."""
    async with at.database.acquire() as db:
        found = await device_store.find_sessions(db, caller.account_id, own_of(at).sessions, now=utc_now())
    seen = await devices.devices_of([session.user_agent for session in found])
    views = [
        OpenSession(
            id=session.id,
            is_this=str(session.id) == caller.session_id,
            browser=device.browser,
            system=device.system,
            acr=session.acr,
            client_address=session.client_address,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            tool_ids=list(session.tool_ids),
        )
        for session, device in zip(found, seen, strict=True)
    ]
    return OpenSessions(sessions=sorted(views, key=lambda view: not view.is_this))


@router.delete("/api/sessions/{session_id}", status_code=204)
async def end_session(session_id: UUID, caller: Caller, at: At) -> Response:
    """Tools that were started there are told. Raises SessionNotFound; also for a session of somebody else."""
    async with at.database.transaction() as db:
        await handlers.end_own_session(db, caller.account_id, session_id, now=utc_now())
    return Response(status_code=204)


@router.post("/api/sessions/end-others")
async def end_others(caller: Caller, at: At) -> Ended:
    async with at.database.transaction() as db:
        count = await handlers.end_other_sessions(
            db, caller.account_id, keep=UUID(caller.session_id), reason="signed-out-elsewhere", now=utc_now()
        )
    return Ended(count=count)
