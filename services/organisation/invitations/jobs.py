"""What calls out, or comes by itself: having invitations mailed, ending those that are over, forgetting them."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.organisation.invitations import handlers, store
from services.organisation.invitations.rules import Invitation, Policy, State, hash_token
from services.organisation.settings import OrganisationSettings
from shared import outbox
from shared.db import Connection
from shared.events.notify import SendInvitation
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime
from shared.sealed import Keyring
from shared.timers import Timer

AT_ONCE = 200
LOOK_S = 30.0
TOKEN_BYTES = 32


def policy_of(settings: OrganisationSettings) -> Policy:
    return Policy(
        lives=timedelta(days=settings.invitation_days),
        resend_after=timedelta(seconds=settings.invitation_resend_s),
        mails_per_day=settings.invitations_per_day,
        mails_per_address=settings.invitations_per_address,
        kept=timedelta(days=settings.invitation_kept_days),
    )


def send_job(at: Runtime[OrganisationSettings]) -> JobHandler:
    async def send(job: Job) -> None:
        """The token is made here and seen by nobody else: the database keeps its hash, the command is sealed."""
        invitation_id = UUID(str(job.payload["invitation_id"]))
        async with at.database.acquire() as db:
            if not await store.awaits_mail(db, invitation_id):
                return
        await at.client("identity").put(f"/internal/data-keys/{invitation_id}")
        at.keyring.forget(invitation_id)
        await at.keyring.fetch([invitation_id])
        async with at.database.transaction() as db:
            invitation = await store.lock_invitation(db, invitation_id)
            if invitation is None or invitation.state is not State.OPEN:
                return
            if invitation.mails_sent < invitation.mails_asked:
                await _mail(db, invitation, at.keyring)

    return send


async def _mail(db: Connection, invitation: Invitation, keyring: Keyring) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await store.save_mail(db, invitation.id, hash_token(token), mails_sent=invitation.mails_asked)
    command = SendInvitation.model_validate(
        {
            "version": invitation.mails_asked,
            "invitation_id": invitation.id,
            "organisation_id": invitation.organisation_id,
            "organisation_name": await store.organisation_name(db, invitation.organisation_id),
            "invited_by": invitation.invited_by,
            "email": keyring.seal(invitation.id, "email", invitation.email),
            "token": keyring.seal(invitation.id, "token", token),
            "language": invitation.language,
            "expires_at": invitation.expires_at,
        }
    )
    await outbox.append(db, command)


def forget_job(at: Runtime[OrganisationSettings]) -> JobHandler:
    async def forget(job: Job) -> None:
        """A mail that is still under way can then no longer be read, nor sent."""
        invitation_id = UUID(str(job.payload["invitation_id"]))
        # Made first where no mail went out yet: a key that was destroyed is never made again.
        await at.client("identity").put(f"/internal/data-keys/{invitation_id}")
        await at.client("identity").delete(f"/internal/data-keys/{invitation_id}")
        at.keyring.forget(invitation_id)

    return forget


def invitations_over(at: Runtime[OrganisationSettings]) -> Timer:
    async def look() -> None:
        now, policy = datetime.now(UTC), policy_of(at.settings)
        async with at.database.acquire() as db:
            over = await store.over_unnoticed(db, now=now, limit=AT_ONCE)
        for invitation_id, organisation_id in over:
            async with at.database.transaction() as db:
                await handlers.end_unnoticed(db, organisation_id, invitation_id, now=now)
        async with at.database.transaction() as db:
            await store.delete_over(db, before=now - policy.kept, limit=AT_ONCE)
            await store.delete_counts(db, before=now.date() - timedelta(days=1))

    return Timer("invitations", LOOK_S, look)
