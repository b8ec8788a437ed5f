"""Inviting, sending again, withdrawing, accepting, declining."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from services.organisation.employees import store as employees
from services.organisation.employees.handlers import add_employee
from services.organisation.employees.rules import State as EmployeeState
from services.organisation.invitations import ending, store
from services.organisation.invitations.access_store import access_of
from services.organisation.invitations.first_access import give_access, keep_access
from services.organisation.invitations.rules import (
    Invitation,
    InvitationNotFound,
    InvitationOver,
    Policy,
    State,
    TooManyInvitations,
    TooManyInvitationsThere,
    addressee_id,
    hash_token,
)
from services.organisation.invitations.store import Offered
from services.organisation.organisations.handlers import Contact
from services.organisation.organisations.membership import Manager
from services.organisation.organisations.rules import MembershipBlocked
from services.organisation.organisations.store import lock_organisation
from services.organisation.people.store import add_holders, lock_holders
from services.organisation.publish import publish
from shared import jobs
from shared.db import Connection
from shared.events.organisation import EmployeeInvited
from shared.ids import new_id
from shared.tokens import Person

SEND = "send-invitation"
DAY_S = 86_400


@dataclass(frozen=True)
class Invite:
    """language: of the mail. access: the role by registration that whoever accepts has at once."""

    email: str
    type: str
    manager: bool
    language: str
    access: Mapping[UUID, str] = field(default_factory=dict[UUID, str])


async def invite(db: Connection, manager: Manager, command: Invite, *, policy: Policy, now: datetime) -> Invitation:
    """The organisation is locked.

    Raises RegistrationNotFound, RoleNotFound, TooManyInvitations, TooManyInvitationsThere; violates invitation_open_once.
    """
    organisation_id = manager.organisation_id
    await _end_if_expired(db, organisation_id, command.email, now=now)
    invitation = Invitation(
        id=new_id(),
        organisation_id=organisation_id,
        email=command.email,
        type=command.type,
        manager=command.manager,
        language=command.language,
        state=State.OPEN,
        invited_by=manager.account_id,
        invited_at=now,
        asked_at=now,
        mails_asked=1,
        mails_sent=0,
        expires_at=now + policy.lives,
        ended_at=None,
        account_id=None,
    )
    await store.insert_invitation(db, invitation)
    await keep_access(db, invitation, command.access)
    details = {"invitation_id": str(invitation.id), "type": command.type, "manager": command.manager}
    await manager.record(db, "invite", details=details)
    await _ask_mail(db, invitation, manager, policy=policy, now=now)
    return invitation


async def send_again(
    db: Connection, manager: Manager, invitation_id: UUID, *, policy: Policy, now: datetime
) -> datetime:
    """Until when it counts now. The organisation is locked.

    Raises InvitationNotFound, InvitationOver, InvitationSentJustNow, TooManyInvitations, TooManyInvitationsThere.
    """
    invitation = await _get_locked(db, manager.organisation_id, invitation_id)
    invitation.check_open(now)
    invitation.check_pause(policy, now)
    expires_at = now + policy.lives
    await store.ask_mail(db, invitation.id, now=now, expires_at=expires_at)
    await manager.record(db, "resend-invitation", details={"invitation_id": str(invitation.id)})
    await _ask_mail(db, invitation, manager, policy=policy, now=now, expires_at=expires_at)
    return expires_at


async def correct_address(
    db: Connection, manager: Manager, invitation_id: UUID, email: str, *, policy: Policy, now: datetime
) -> Invitation:
    """What was on its way to one address goes to another instead: an invitation of its own. The organisation is locked.

    Raises InvitationNotFound, InvitationOver, and what `invite` raises.
    """
    wrong = await _get_locked(db, manager.organisation_id, invitation_id)
    access = {one.registration_id: one.role for one in await access_of(db, [invitation_id])}
    await withdraw(db, manager, invitation_id, now=now)
    right = Invite(email, wrong.type, wrong.manager, wrong.language, access)
    return await invite(db, manager, right, policy=policy, now=now)


async def withdraw(db: Connection, manager: Manager, invitation_id: UUID, *, now: datetime) -> None:
    """The organisation is locked. Raises InvitationNotFound, InvitationOver."""
    invitation = await _get_locked(db, manager.organisation_id, invitation_id)
    invitation.check_open(now)
    by = str(manager.account_id)
    await ending.end(db, invitation, State.WITHDRAWN, now=now, actor=by, origin=manager.origin)


async def get_offered(db: Connection, token: str) -> Offered:
    """Raises InvitationNotFound."""
    offered = await store.find_offered(db, hash_token(token))
    if offered is None:
        raise InvitationNotFound()
    return offered


async def get_open(db: Connection, token: str, *, now: datetime) -> Offered:
    """One that can be answered. Raises InvitationNotFound, InvitationOver."""
    offered = await get_offered(db, token)
    offered.invitation.check_open(now)
    if not offered.is_inviter_manager or offered.is_closed:
        raise InvitationOver(state=State.WITHDRAWN.value)
    return offered


async def decline(db: Connection, token: str, *, now: datetime) -> None:
    """Whoever holds the link may: it was mailed to them. Raises InvitationNotFound, InvitationOver."""
    offered = await get_open(db, token, now=now)
    await lock_organisation(db, offered.invitation.organisation_id)
    invitation = await _get_locked(db, offered.invitation.organisation_id, offered.invitation.id)
    invitation.check_open(now)
    await ending.end(db, invitation, State.DECLINED, now=now, actor="invited", origin="link")


async def accept(db: Connection, caller: Person, token: str, *, now: datetime) -> UUID:
    """Return the organisation to which the caller belongs now. That the address is theirs was asked before.

    Raises InvitationNotFound, InvitationOver, MembershipBlocked.
    """
    organisation_id = (await get_open(db, token, now=now)).invitation.organisation_id
    account_id = caller.account_id
    await add_holders(db, [account_id])
    await lock_holders(db, [account_id])
    await lock_organisation(db, organisation_id)
    offered = await get_open(db, token, now=now)
    invitation = await _get_locked(db, organisation_id, offered.invitation.id)
    invitation.check_open(now)
    known = await employees.find_employee(db, organisation_id, account_id)
    if known is not None and known.state is EmployeeState.BLOCKED:
        raise MembershipBlocked()
    is_there = known is not None and known.state is EmployeeState.ACTIVE
    state = State.OBSOLETE if is_there else State.ACCEPTED
    origin = f"session {caller.session_id}"
    await ending.end(db, invitation, state, now=now, actor=str(account_id), origin=origin, account_id=account_id)
    if not is_there:
        contact = Contact(invitation.type, invitation.email, None)
        by = invitation.invited_by
        await add_employee(db, organisation_id, account_id, contact, manager=invitation.manager, by=by, now=now)
        await give_access(db, invitation, account_id, now=now)
    return organisation_id


async def end_unnoticed(db: Connection, organisation_id: UUID, invitation_id: UUID, *, now: datetime) -> None:
    """It has expired, or whoever invited manages no more: write it down, unless it ended meanwhile."""
    await lock_organisation(db, organisation_id)
    invitation = await store.lock_invitation(db, invitation_id)
    if invitation is None or invitation.state is not State.OPEN:
        return
    if invitation.state_at(now) is State.EXPIRED:
        await ending.end(db, invitation, State.EXPIRED, now=now)
        return
    inviter = await employees.find_employee(db, organisation_id, invitation.invited_by)
    if inviter is None or not inviter.manager:
        await ending.end(db, invitation, State.WITHDRAWN, now=now)


async def _end_if_expired(db: Connection, organisation_id: UUID, email: str, *, now: datetime) -> None:
    """So that the address can be invited anew at once."""
    before = await store.find_open_of(db, organisation_id, email)
    if before is not None:
        await end_unnoticed(db, organisation_id, before, now=now)


async def _ask_mail(
    db: Connection,
    invitation: Invitation,
    manager: Manager,
    *,
    policy: Policy,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Counted for the organisation and for the person, who may manage many; and for the address, which many may write to."""
    day, tomorrow_s = now.astimezone(UTC).date(), DAY_S - int(now.timestamp()) % DAY_S
    mails = await store.count_mail(db, [invitation.organisation_id, manager.account_id], day)
    if mails > policy.mails_per_day:
        raise TooManyInvitations(retry_after_s=tomorrow_s, mails_per_day=policy.mails_per_day)
    if await store.count_mail(db, [addressee_id(invitation.email)], day) > policy.mails_per_address:
        raise TooManyInvitationsThere(retry_after_s=tomorrow_s)
    invited = EmployeeInvited(
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        employee_type=invitation.type,
        manager=invitation.manager,
        invited_by=invitation.invited_by,
        expires_at=expires_at or invitation.expires_at,
    )
    await publish(db, [invited])
    payload = {"invitation_id": str(invitation.id)}
    await jobs.enqueue(db, SEND, payload, key=str(invitation.id), unique=str(invitation.id))


async def _get_locked(db: Connection, organisation_id: UUID, invitation_id: UUID) -> Invitation:
    invitation = await store.lock_invitation(db, invitation_id)
    if invitation is None or invitation.organisation_id != organisation_id:
        raise InvitationNotFound()
    return invitation
