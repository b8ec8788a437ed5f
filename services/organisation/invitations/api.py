"""Invitations over HTTP: the managers' side, and that of whoever holds a link. No token is ever part of an address here."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body, Email, EmployeeType
from services.organisation.invitations import handlers, store
from services.organisation.invitations.handlers import Invite
from services.organisation.invitations.jobs import policy_of
from services.organisation.invitations.rules import Invitation, InvitationNotFound, InvitationOfAnotherAddress, State
from services.organisation.invitations.store import Offered
from services.organisation.organisations.membership import Manager
from shared.events.identity import Language
from shared.tokens import Person, peer, person

router = APIRouter(tags=["invitations"])
Caller = Annotated[Person, person()]
Token = Annotated[str, StringConstraints(min_length=20, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]


class InviteBody(Body):
    """language: of the mail; the caller's where it is left out."""

    email: Email
    type: EmployeeType
    manager: bool = False
    language: Language | None = None


class TokenBody(Body):
    token: Token


class InvitedAnswer(Answer):
    invitation_id: UUID
    expires_at: datetime


class ExtendedAnswer(Answer):
    expires_at: datetime


class InvitationAnswer(Answer):
    """invited_by_name: empty where it is not known. mails_sent: how often it went out. account_id: who accepted."""

    id: UUID
    email: str
    type: str
    manager: bool
    language: str
    state: State
    invited_by: UUID
    invited_by_name: str
    invited_at: datetime
    asked_at: datetime
    mails_sent: int
    expires_at: datetime
    ended_at: datetime | None
    account_id: UUID | None


class InvitationsAnswer(Answer):
    """The latest first. next: pass it as `after` for earlier ones, None where there are none."""

    invitations: list[InvitationAnswer]
    next: UUID | None


class OrganisationAnswer(Answer):
    id: UUID
    name: str
    enterprise_number: str


class OfferAnswer(Answer):
    """What the link is about. is_yours: whether the caller's account has the address; None where nobody is signed in."""

    organisation: OrganisationAnswer
    invited_by_name: str
    email: str
    type: str
    manager: bool
    language: str
    state: State
    expires_at: datetime
    is_yours: bool | None = None


class AcceptedAnswer(Answer):
    organisation_id: UUID
    organisation_name: str


@router.post("/api/organisations/{organisation_id}/invitations", status_code=201)
@command
async def invite(organisation_id: UUID, body: InviteBody, caller: Caller, at: At) -> InvitedAnswer:
    """The same answer whether the address has an account or not. Raises InvitationOpen, TooManyInvitations, TooManyInvitationsThere."""
    wanted = Invite(body.email, body.type, body.manager, body.language or caller.language)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        made = await handlers.invite(db, manager, wanted, policy=policy_of(at.settings), now=_now())
    return InvitedAnswer(invitation_id=made.id, expires_at=made.expires_at)


@router.get("/api/organisations/{organisation_id}/invitations")
async def list_invitations(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    only_open: Annotated[bool, Query(alias="open")] = False,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> InvitationsAnswer:
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.list_invitations(
            db, manager.organisation_id, only_open=only_open, before=after, limit=limit + 1
        )
    shown = found[:limit]
    last = shown[-1].invitation.id if len(found) > limit else None
    return InvitationsAnswer(invitations=[_listed(one.invitation, one.inviter) for one in shown], next=last)


@router.get("/api/organisations/{organisation_id}/invitations/{invitation_id}")
async def show_invitation(organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At) -> InvitationAnswer:
    """Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.find_listed(db, manager.organisation_id, invitation_id)
    if found is None:
        raise InvitationNotFound()
    return _listed(found.invitation, found.inviter)


@router.post("/api/organisations/{organisation_id}/invitations/{invitation_id}/send")
@command
async def send_again(organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At) -> ExtendedAnswer:
    """Raises InvitationNotFound, InvitationOver, InvitationSentJustNow, TooManyInvitations."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        until = await handlers.send_again(db, manager, invitation_id, policy=policy_of(at.settings), now=_now())
    return ExtendedAnswer(expires_at=until)


@router.post("/api/organisations/{organisation_id}/invitations/{invitation_id}/withdraw", status_code=204)
@command
async def withdraw(organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At) -> None:
    """Raises InvitationNotFound, InvitationOver."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        await handlers.withdraw(db, manager, invitation_id, now=_now())


@router.post("/internal/invitations/look-up", dependencies=[peer("gateway")])
async def look_up(body: TokenBody, at: At) -> OfferAnswer:
    """For a visitor who holds the link. Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        return _offer(await handlers.get_offered(db, body.token))


@router.post("/internal/invitations/decline", status_code=204, dependencies=[peer("gateway")])
@command
async def decline(body: TokenBody, at: At) -> None:
    """Raises InvitationNotFound, InvitationOver."""
    async with at.database.transaction() as db:
        await handlers.decline(db, body.token, now=_now())


@router.post("/api/invitations/look-up")
async def look_up_as_person(body: TokenBody, caller: Caller, at: At) -> OfferAnswer:
    """Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        offered = await handlers.get_offered(db, body.token)
    is_yours = await _holds(at, caller, offered.invitation.email)
    return _offer(offered, is_yours=is_yours)


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


def _listed(invitation: Invitation, inviter: str) -> InvitationAnswer:
    facts = {**asdict(invitation), "state": invitation.state_at(_now()), "invited_by_name": inviter}
    return InvitationAnswer.model_validate(facts)


def _offer(offered: Offered, *, is_yours: bool | None = None) -> OfferAnswer:
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
        is_yours=is_yours,
    )


def _now() -> datetime:
    return datetime.now(UTC)
