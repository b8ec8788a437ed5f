"""Invitations by mail: the mail itself, and what the manager hears who sent it."""

from collections.abc import Mapping

from services.notify.mails.handlers import cause_of, send_invitation, tell
from shared.consume import Handler
from shared.db import Connection
from shared.events.base import Event
from shared.events.notify import SendInvitation
from shared.events.organisation import InvitationEnded
from shared.sealed import Keyring


async def on_send_invitation(db: Connection, command: SendInvitation, keyring: Keyring) -> None:
    await send_invitation(db, command)


async def on_invitation_ended(db: Connection, event: InvitationEnded, keyring: Keyring) -> None:
    """Who invited hears the answer, and chooses what is next."""
    if event.invited_by is None or event.outcome not in ("accepted", "declined"):
        return
    params = {"organisation_id": event.organisation_id}
    if event.account_id is not None:
        params["account_id"] = event.account_id
    await tell(db, [event.invited_by], f"invitation-{event.outcome}", cause_of(event), params)


HANDLERS: Mapping[type[Event], Handler] = {
    SendInvitation: on_send_invitation,
    InvitationEnded: on_invitation_ended,
}
