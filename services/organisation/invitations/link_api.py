"""Invitations over HTTP, for whoever holds a link. No token is ever part of an address here."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body
from services.organisation.invitations import handlers
from services.organisation.invitations.rules import InvitationOfAnotherAddress, State
from services.organisation.invitations.store import Offered
from services.organisation.invitations.views import FirstAccessAnswer, access_answers
from shared.http import Language
from shared.tokens import Person, peer, person

router = APIRouter(tags=["invitations"])
Caller = Annotated[Person, person()]
Token = Annotated[str, StringConstraints(min_length=20, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class TokenBody(Body):
    token: Token


class OrganisationAnswer(Answer):
    id: UUID
    name: str
    enterprise_number: str


class OfferAnswer(Answer):
    """What the link is about. is_yours: whether the caller's account has the address; None where nobody is signed in.

    tools: the names of those that whoever accepts can use at once.
    """

    organisation: OrganisationAnswer
    invited_by_name: str
    email: str
    type: str
    manager: bool
    language: str
    state: State
    expires_at: datetime
    tools: list[str]
    is_yours: bool | None = None


class AcceptedAnswer(Answer):
    organisation_id: UUID
    organisation_name: str


@router.post("/internal/invitations/look-up", dependencies=[peer("gateway")])
async def look_up(body: TokenBody, at: At, language: Language) -> OfferAnswer:
    """For a visitor who holds the link. Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        offered = await handlers.get_offered(db, body.token)
        access = await access_answers(db, [offered.invitation.id], language)
    return _offer(offered, access[offered.invitation.id])


@router.post("/internal/invitations/decline", status_code=204, dependencies=[peer("gateway")])
@command
async def decline(body: TokenBody, at: At) -> None:
    """Raises InvitationNotFound, InvitationOver."""
    async with at.database.transaction() as db:
        await handlers.decline(db, body.token, now=_now())


@router.post("/api/invitations/look-up")
async def look_up_as_person(body: TokenBody, caller: Caller, at: At, language: Language) -> OfferAnswer:
    """Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        offered = await handlers.get_offered(db, body.token)
        access = await access_answers(db, [offered.invitation.id], language)
    is_yours = await _holds(at, caller, offered.invitation.email)
    return _offer(offered, access[offered.invitation.id], is_yours=is_yours)


@router.post("/api/invitations/accept")
async def accept(body: TokenBody, caller: Caller, at: At) -> AcceptedAnswer:
    """Raises InvitationNotFound, InvitationOver, InvitationOfAnotherAddress, MembershipBlocked."""
    async with at.database.acquire() as db:
        offered = await handlers.get_open(db, body.token, now=_now())
    if not await _holds(at, caller, offered.invitation.email):
        raise InvitationOfAnotherAddress()
    organisation_id = await _accept(body.token, caller, at)
    return AcceptedAnswer(organisation_id=organisation_id, organisation_name=offered.organisation_name)


@command
async def _accept(token: str, caller: Person, at: At) -> UUID:
    async with at.database.transaction() as db:
        return await handlers.accept(db, caller, token, now=_now())


async def _holds(at: At, caller: Person, email: str) -> bool:
    """Identity knows, and says no more than that."""
    path = f"/internal/accounts/{caller.account_id}/holds-address"
    return bool((await at.client("identity").post(path, {"email": email}))["holds"])


def _offer(offered: Offered, access: list[FirstAccessAnswer], *, is_yours: bool | None = None) -> OfferAnswer:
    invitation = offered.invitation
    state = invitation.state_at(_now())
    if state is State.OPEN and (offered.is_closed or not offered.is_inviter_manager):
        state = State.WITHDRAWN
    return OfferAnswer(
        organisation=OrganisationAnswer(
            id=invitation.organisation_id, name=offered.organisation_name, enterprise_number=offered.enterprise_number
        ),
        invited_by_name=offered.inviter,
        email=invitation.email,
        type=invitation.type,
        manager=invitation.manager,
        language=invitation.language,
        state=state,
        expires_at=invitation.expires_at,
        tools=sorted({one.tool_name for one in access}),
        is_yours=is_yours,
    )


def _now() -> datetime:
    return datetime.now(UTC)
