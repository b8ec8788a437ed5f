"""Invitations, one statement a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.organisation.invitations.rules import Invitation, State, email_key
from shared.db import Connection


@dataclass(frozen=True)
class Listed:
    """inviter: empty where their name is not known, or no longer."""

    invitation: Invitation
    inviter: str


@dataclass(frozen=True)
class Offered:
    """What whoever holds the link is told. is_inviter_manager: still; is_closed: the organisation."""

    invitation: Invitation
    inviter: str
    organisation_name: str
    enterprise_number: str
    is_inviter_manager: bool
    is_closed: bool


async def insert_invitation(db: Connection, invitation: Invitation) -> None:
    """Violates invitation_open_once where the address has one in this organisation that still counts."""
    await db.execute(
        """
        INSERT INTO invitation (id, organisation_id, email, email_key, type, manager, language, invited_by, invited_at,
                                asked_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
        """,
        invitation.id,
        invitation.organisation_id,
        invitation.email,
        email_key(invitation.email),
        invitation.type,
        invitation.manager,
        invitation.language,
        invitation.invited_by,
        invitation.invited_at,
        invitation.expires_at,
    )


async def awaits_mail(db: Connection, invitation_id: UUID) -> bool:
    return bool(
        await db.fetchval(
            "SELECT state = 'open' AND mails_sent < mails_asked FROM invitation WHERE id = $1", invitation_id
        )
    )


async def lock_invitation(db: Connection, invitation_id: UUID) -> Invitation | None:
    """After its organisation, where that is locked too."""
    row = await db.fetchrow(
        """
        SELECT id, organisation_id, email, type, manager, language, state, invited_by, invited_at, asked_at, mails_asked,
               mails_sent, expires_at, ended_at, account_id, refused_at
        FROM invitation WHERE id = $1 FOR UPDATE
        """,
        invitation_id,
    )
    return _invitation(row) if row else None


async def find_offered(db: Connection, token_hash: bytes) -> Offered | None:
    row = await db.fetchrow(
        """
        SELECT i.id, i.organisation_id, i.email, i.type, i.manager, i.language, i.state, i.invited_by, i.invited_at, i.asked_at,
               i.mails_asked, i.mails_sent, i.expires_at, i.ended_at, i.account_id, i.refused_at,
               concat_ws(' ', p.first_name, p.last_name) AS inviter, o.name, o.enterprise_number,
               coalesce(e.manager, false) AS is_inviter_manager, o.closed_at IS NOT NULL AS is_closed
        FROM invitation i JOIN organisation o ON o.id = i.organisation_id
        LEFT JOIN person p ON p.account_id = i.invited_by
        LEFT JOIN employee e ON e.organisation_id = i.organisation_id AND e.account_id = i.invited_by
        WHERE i.token_hash = $1
        """,
        token_hash,
    )
    if row is None:
        return None
    return Offered(
        _invitation(row),
        row["inviter"],
        row["name"],
        row["enterprise_number"],
        row["is_inviter_manager"],
        row["is_closed"],
    )


async def list_invitations(
    db: Connection, organisation_id: UUID, *, only_open: bool, before: UUID | None, limit: int
) -> list[Listed]:
    """The latest first; ids grow with time."""
    rows = await db.fetch(
        """
        SELECT i.id, i.organisation_id, i.email, i.type, i.manager, i.language, i.state, i.invited_by, i.invited_at, i.asked_at,
               i.mails_asked, i.mails_sent, i.expires_at, i.ended_at, i.account_id, i.refused_at,
               concat_ws(' ', p.first_name, p.last_name) AS inviter
        FROM invitation i LEFT JOIN person p ON p.account_id = i.invited_by
        WHERE i.organisation_id = $1 AND ($2::uuid IS NULL OR i.id < $2) AND (NOT $3 OR i.state = 'open')
        ORDER BY i.id DESC LIMIT $4
        """,
        organisation_id,
        before,
        only_open,
        limit,
    )
    return [Listed(_invitation(row), row["inviter"]) for row in rows]


async def find_listed(db: Connection, organisation_id: UUID, invitation_id: UUID) -> Listed | None:
    row = await db.fetchrow(
        """
        SELECT i.id, i.organisation_id, i.email, i.type, i.manager, i.language, i.state, i.invited_by, i.invited_at, i.asked_at,
               i.mails_asked, i.mails_sent, i.expires_at, i.ended_at, i.account_id, i.refused_at,
               concat_ws(' ', p.first_name, p.last_name) AS inviter
        FROM invitation i LEFT JOIN person p ON p.account_id = i.invited_by
        WHERE i.organisation_id = $1 AND i.id = $2
        """,
        organisation_id,
        invitation_id,
    )
    return Listed(_invitation(row), row["inviter"]) if row else None


async def organisation_name(db: Connection, organisation_id: UUID) -> str:
    return await db.fetchval("SELECT name FROM organisation WHERE id = $1", organisation_id)


async def find_open_of(db: Connection, organisation_id: UUID, email: str) -> UUID | None:
    return await db.fetchval(
        "SELECT id FROM invitation WHERE organisation_id = $1 AND email_key = $2 AND state = 'open'",
        organisation_id,
        email_key(email),
    )


async def end_open_in(
    db: Connection, organisation_id: UUID, state: State, *, by: UUID | None, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Those of one manager (by), or all: which they were, and whose."""
    rows = await db.fetch(
        """
        UPDATE invitation SET state = $2, ended_at = $4
        WHERE organisation_id = $1 AND state = 'open' AND ($3::uuid IS NULL OR invited_by = $3)
        RETURNING id, invited_by
        """,
        organisation_id,
        state,
        by,
        now,
    )
    return [(row["id"], row["invited_by"]) for row in rows]


async def ask_mail(db: Connection, invitation_id: UUID, *, now: datetime, expires_at: datetime) -> None:
    await db.execute(
        """
        UPDATE invitation SET mails_asked = mails_asked + 1, asked_at = $2, expires_at = $3, refused_at = NULL WHERE id = $1
        """,
        invitation_id,
        now,
        expires_at,
    )


async def mark_refused(db: Connection, invitation_id: UUID, mail: int, *, at: datetime) -> None:
    """mail: which one it was; nothing is left of it once another was asked for, or the invitation has ended."""
    await db.execute(
        "UPDATE invitation SET refused_at = $3 WHERE id = $1 AND mails_asked = $2 AND state = 'open'",
        invitation_id,
        mail,
        at,
    )


async def save_mail(db: Connection, invitation_id: UUID, token_hash: bytes, *, mails_sent: int) -> None:
    """The link in an earlier mail no longer works."""
    await db.execute(
        "UPDATE invitation SET token_hash = $2, mails_sent = $3 WHERE id = $1", invitation_id, token_hash, mails_sent
    )


async def end_invitation(
    db: Connection, invitation_id: UUID, state: State, *, account_id: UUID | None, now: datetime
) -> None:
    await db.execute(
        "UPDATE invitation SET state = $2, ended_at = $3, account_id = $4 WHERE id = $1",
        invitation_id,
        state,
        now,
        account_id,
    )


async def over_unnoticed(db: Connection, *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Invitation and organisation of those that still stand as open, though they have expired or nobody stands behind them."""
    rows = await db.fetch(
        """
        (SELECT id, organisation_id FROM invitation WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at LIMIT $2)
        UNION
        (SELECT i.id, i.organisation_id FROM invitation i
         LEFT JOIN employee e ON e.organisation_id = i.organisation_id AND e.account_id = i.invited_by AND e.manager
         WHERE i.state = 'open' AND e.account_id IS NULL LIMIT $2)
        """,
        now,
        limit,
    )
    return [(row["id"], row["organisation_id"]) for row in rows]


async def delete_over(db: Connection, *, before: datetime, limit: int) -> int:
    """Forget the addresses of those that ended before. How many there were, at most `limit`."""
    status = await db.execute(
        """
        DELETE FROM invitation WHERE id = ANY (ARRAY(
            SELECT id FROM invitation WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
        ))
        """,
        before,
        limit,
    )
    return int(status.rpartition(" ")[2])


async def delete_of_account(db: Connection, account_id: UUID) -> None:
    await db.execute("DELETE FROM invitation WHERE account_id = $1", account_id)


async def hand_over(db: Connection, merged: UUID, into: UUID) -> None:
    await db.execute(
        """
        UPDATE invitation SET invited_by = CASE WHEN invited_by = $1 THEN $2 ELSE invited_by END,
                              account_id = CASE WHEN account_id = $1 THEN $2 ELSE account_id END
        WHERE invited_by = $1 OR account_id = $1
        """,
        merged,
        into,
    )


async def count_mail(db: Connection, senders: Sequence[UUID], day: date) -> int:
    """One more mail of each of these; how many the one with the most has had on that day."""
    rows = await db.fetch(
        """
        INSERT INTO invitation_allowance AS a (sender, day, mails)
        SELECT sender, $2, 1 FROM unnest($1::uuid[]) AS sender ORDER BY sender
        ON CONFLICT ON CONSTRAINT invitation_allowance_pk DO UPDATE SET mails = a.mails + 1
        RETURNING mails
        """,
        list(senders),
        day,
    )
    return max(row["mails"] for row in rows)


async def delete_counts(db: Connection, *, before: date) -> None:
    await db.execute("DELETE FROM invitation_allowance WHERE day < $1", before)


def _invitation(row: Any) -> Invitation:
    return Invitation(
        id=row["id"],
        organisation_id=row["organisation_id"],
        email=row["email"],
        type=row["type"],
        manager=row["manager"],
        language=row["language"],
        state=State(row["state"]),
        invited_by=row["invited_by"],
        invited_at=row["invited_at"],
        asked_at=row["asked_at"],
        mails_asked=row["mails_asked"],
        mails_sent=row["mails_sent"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        account_id=row["account_id"],
        refused_at=row["refused_at"],
    )
