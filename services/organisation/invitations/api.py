"""Invitations over HTTP, for managers."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.employees.api import AccessWish
from services.organisation.fields import Answer, Body, Email, EmployeeType
from services.organisation.invitations import handlers, store
from services.organisation.invitations.handlers import Invite
from services.organisation.invitations.jobs import policy_of
from services.organisation.invitations.rules import InvitationNotFound, State
from services.organisation.invitations.store import Listed
from services.organisation.invitations.views import FirstAccessAnswer, access_answers
from services.organisation.organisations.membership import Manager
from shared.events.identity import Language
from shared.http import Language as ReadersLanguage
from shared.tokens import Person, person

router = APIRouter(tags=["invitations"])
Caller = Annotated[Person, person()]


class InviteBody(Body):
    """language: of the mail; the caller's where it is left out. access: what whoever accepts can use at once."""

    email: Email
    type: EmployeeType
    manager: bool = False
    language: Language | None = None
    access: Annotated[list[AccessWish], Field(default_factory=list[AccessWish], max_length=200)]


class CorrectBody(Body):
    email: Email


class InvitedAnswer(Answer):
    invitation_id: UUID
    expires_at: datetime


class ExtendedAnswer(Answer):
    expires_at: datetime


class InvitationAnswer(Answer):
    """invited_by_name: empty where it is not known. mails_sent: how often it went out. account_id: who accepted.

    refused_at: when a mail server refused the last of these mails for good.
    """

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
    refused_at: datetime | None
    access: list[FirstAccessAnswer]


class InvitationsAnswer(Answer):
    """The latest first. next: pass it as `after` for earlier ones, None where there are none."""

    invitations: list[InvitationAnswer]
    next: UUID | None


@router.post("/api/organisations/{organisation_id}/invitations", status_code=201)
@command
async def invite(organisation_id: UUID, body: InviteBody, caller: Caller, at: At) -> InvitedAnswer:
    """The same answer whether the address has an account or not.

    Raises InvitationOpen, TooManyInvitations, TooManyInvitationsThere, RegistrationNotFound, RoleNotFound.
    """
    access = {wish.registration_id: wish.role for wish in body.access if wish.role is not None}
    wanted = Invite(body.email, body.type, body.manager, body.language or caller.language, access)
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        made = await handlers.invite(db, manager, wanted, policy=policy_of(at.settings), now=_now())
    return InvitedAnswer(invitation_id=made.id, expires_at=made.expires_at)


@router.get("/api/organisations/{organisation_id}/invitations")
async def list_invitations(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    language: ReadersLanguage,
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
        access = await access_answers(db, [one.invitation.id for one in shown], language)
    last = shown[-1].invitation.id if len(found) > limit else None
    return InvitationsAnswer(invitations=[_listed(one, access[one.invitation.id]) for one in shown], next=last)


@router.get("/api/organisations/{organisation_id}/invitations/{invitation_id}")
async def show_invitation(
    organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At, language: ReadersLanguage
) -> InvitationAnswer:
    """Raises InvitationNotFound."""
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.find_listed(db, manager.organisation_id, invitation_id)
        access = await access_answers(db, [invitation_id], language)
    if found is None:
        raise InvitationNotFound()
    return _listed(found, access[invitation_id])


@router.post("/api/organisations/{organisation_id}/invitations/{invitation_id}/send")
@command
async def send_again(organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At) -> ExtendedAnswer:
    """Raises InvitationNotFound, InvitationOver, InvitationSentJustNow, TooManyInvitations."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        until = await handlers.send_again(db, manager, invitation_id, policy=policy_of(at.settings), now=_now())
    return ExtendedAnswer(expires_at=until)


@router.post("/api/organisations/{organisation_id}/invitations/{invitation_id}/address", status_code=201)
@command
async def correct_address(
    organisation_id: UUID, invitation_id: UUID, body: CorrectBody, caller: Caller, at: At
) -> InvitedAnswer:
    """This one ends, and the same goes to the other address. Raises InvitationNotFound, InvitationOver, and what inviting raises."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        made = await handlers.correct_address(
            db, manager, invitation_id, body.email, policy=policy_of(at.settings), now=_now()
        )
    return InvitedAnswer(invitation_id=made.id, expires_at=made.expires_at)


@router.post("/api/organisations/{organisation_id}/invitations/{invitation_id}/withdraw", status_code=204)
@command
async def withdraw(organisation_id: UUID, invitation_id: UUID, caller: Caller, at: At) -> None:
    """Raises InvitationNotFound, InvitationOver."""
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        await handlers.withdraw(db, manager, invitation_id, now=_now())


def _listed(listed: Listed, access: list[FirstAccessAnswer]) -> InvitationAnswer:
    invitation = listed.invitation
    facts = {**asdict(invitation), "state": invitation.state_at(_now()), "invited_by_name": listed.inviter}
    return InvitationAnswer.model_validate({**facts, "access": access})


def _now() -> datetime:
    return datetime.now(UTC)
