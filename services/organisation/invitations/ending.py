"""How invitations end. Apart from the rest, because whatever ends a manager's being one ends what they offered too."""

from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.invitations import store
from services.organisation.invitations.rules import Invitation, State
from services.organisation.publish import publish
from shared import jobs
from shared.db import Connection
from shared.events.organisation import InvitationEnded

FORGET_KEY = "forget-invitation"
_CODES = {
    State.ACCEPTED: "accept-invitation",
    State.OBSOLETE: "accept-invitation",
    State.DECLINED: "decline-invitation",
    State.WITHDRAWN: "withdraw-invitation",
    State.EXPIRED: "expire-invitation",
}
_PLATFORM = "organisation"


async def end(
    db: Connection,
    invitation: Invitation,
    state: State,
    *,
    now: datetime,
    actor: str = _PLATFORM,
    origin: str = _PLATFORM,
    account_id: UUID | None = None,
) -> None:
    """The organisation and the invitation are locked. account_id: who accepted. The key of what was mailed goes with it."""
    await store.end_invitation(db, invitation.id, state, account_id=account_id, now=now)
    await _tell(db, invitation.organisation_id, invitation.id, invitation.invited_by, state, actor, origin, account_id)


async def withdraw_of_manager(db: Connection, organisation_id: UUID, account_id: UUID, *, now: datetime) -> None:
    """Who manages no more vouches for nobody. The organisation is locked."""
    for invitation_id, invited_by in await store.end_open_in(
        db, organisation_id, State.WITHDRAWN, by=account_id, now=now
    ):
        await _tell(db, organisation_id, invitation_id, invited_by, State.WITHDRAWN, _PLATFORM, "ManagerDismissed")


async def withdraw_all(db: Connection, organisation_id: UUID, *, now: datetime) -> None:
    """The organisation is closed, and locked."""
    for invitation_id, invited_by in await store.end_open_in(db, organisation_id, State.WITHDRAWN, by=None, now=now):
        await _tell(db, organisation_id, invitation_id, invited_by, State.WITHDRAWN, _PLATFORM, "OrganisationClosed")


async def _tell(
    db: Connection,
    organisation_id: UUID,
    invitation_id: UUID,
    invited_by: UUID,
    state: State,
    actor: str,
    origin: str,
    account_id: UUID | None = None,
) -> None:
    await audit.record(
        db,
        _CODES[state],
        actor=actor,
        origin=origin,
        organisation_id=organisation_id,
        account_id=account_id,
        details={"invitation_id": str(invitation_id)},
    )
    ended = InvitationEnded(
        organisation_id=organisation_id,
        invitation_id=invitation_id,
        outcome=state.value,
        account_id=account_id if state is State.ACCEPTED else None,
        invited_by=invited_by,
    )
    await publish(db, [ended])
    await jobs.enqueue(db, FORGET_KEY, {"invitation_id": str(invitation_id)}, key=str(invitation_id))
