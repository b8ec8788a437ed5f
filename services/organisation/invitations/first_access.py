"""What somebody is invited to use: checked when they are invited, given when they accept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.organisation.invitations import access_store
from services.organisation.invitations.rules import Invitation
from services.organisation.organisations.membership import Manager
from services.organisation.registrations.access_handlers import AccessChange, change_access
from services.organisation.registrations.rules import RegistrationNotFound, RoleNotFound, UsageModeNotFound
from services.organisation.registrations.store import find_registration
from services.organisation.registrations.usage_modes import usage_mode_for_use
from shared.db import Connection


@dataclass(frozen=True)
class Inviter(Manager):
    """Who invited, and manages still. What they decided then happens now. session_id: the invitation's id."""

    @property
    def origin(self) -> str:
        return f"invitation {self.session_id}"


async def keep_access(db: Connection, invitation: Invitation, wanted: Mapping[UUID, str]) -> None:
    """wanted: the role by registration. The organisation is locked. Raises RegistrationNotFound, RoleNotFound."""
    for registration_id, role in wanted.items():
        registration = await find_registration(db, invitation.organisation_id, registration_id)
        if registration is None:
            raise RegistrationNotFound()
        _, mode = await usage_mode_for_use(db, registration.tool_id, registration.usage_mode)
        if role not in {known.id for known in mode.roles}:
            raise RoleNotFound(role=role)
    await access_store.insert_access(db, invitation.id, wanted)


async def give_access(db: Connection, invitation: Invitation, account_id: UUID, *, now: datetime) -> None:
    """To who accepted, and is an employee by now. The person and the organisation are locked. What ended meanwhile is left out."""
    by = Inviter(invitation.organisation_id, invitation.invited_by, True, str(invitation.id))
    for one in await access_store.access_of(db, [invitation.id]):
        change = AccessChange(one.registration_id, account_id, one.role)
        try:
            async with db.transaction():
                await change_access(db, by, [change], now=now)
        except (RegistrationNotFound, RoleNotFound, UsageModeNotFound):
            continue
