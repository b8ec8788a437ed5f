"""Grants, and the codes that are given out for them, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.oidc.rules import Grant
from shared.db import Connection
from shared.tokens import Quality


@dataclass(frozen=True)
class IssuedCode:
    """What a code stands for, until it is exchanged."""

    grant_id: UUID
    client_id: str
    redirect_uri: str
    code_challenge: str | None


@dataclass(frozen=True)
class EndedGrant:
    """has_logout_uri: the tool wants to be told."""

    id: UUID
    account_id: UUID
    subject: str
    client_id: str
    has_logout_uri: bool


async def insert_grant(db: Connection, grant: Grant, *, now: datetime) -> None:
    quality = grant.quality
    await db.execute(
        """
        INSERT INTO oidc_grant (
            id, account_id, session_id, client_id, tool_id, scopes, organisation_id, enterprise_number, organisation_name,
            usage_mode, role, recognitions, acr, amr, auth_time, nonce, created_at, subject, acr_claim, id_token_claims, userinfo_claims
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        """,
        grant.id,
        grant.account_id,
        grant.session_id,
        grant.client_id,
        grant.tool_id,
        list(grant.scopes),
        quality.organisation_id,
        quality.enterprise_number,
        quality.organisation_name,
        quality.usage_mode,
        quality.role,
        list(quality.recognitions),
        grant.acr,
        list(grant.amr),
        grant.auth_time,
        grant.nonce,
        now,
        grant.subject,
        grant.acr_claim,
        list(grant.id_token_claims),
        list(grant.userinfo_claims),
    )


async def find_live_grant(db: Connection, grant_id: UUID, client_id: str, *, now: datetime) -> Grant | None:
    """Only while its session lives too, and its client is not switched off."""
    row = await db.fetchrow(
        """
        SELECT g.id, g.account_id, g.session_id, g.client_id, g.tool_id, g.scopes, g.organisation_id, g.enterprise_number,
               g.organisation_name, g.usage_mode, g.role, g.recognitions, g.acr, g.amr, g.auth_time, g.nonce, g.subject,
               g.acr_claim, g.id_token_claims, g.userinfo_claims
        FROM oidc_grant AS g JOIN session AS s ON s.id = g.session_id JOIN client AS c ON c.client_id = g.client_id
        WHERE g.id = $1 AND g.client_id = $2 AND g.ended_at IS NULL AND s.ended_at IS NULL AND s.expires_at > $3
          AND c.disabled_at IS NULL
        """,
        grant_id,
        client_id,
        now,
    )
    return grant_of(row) if row else None


async def delete_grant(db: Connection, grant_id: UUID) -> None:
    """One for which nothing was given out yet."""
    await db.execute("DELETE FROM oidc_grant WHERE id = $1", grant_id)


async def find_session_of_grant(db: Connection, grant_id: UUID, client_id: str) -> UUID | None:
    """Of an ended grant too."""
    return await db.fetchval("SELECT session_id FROM oidc_grant WHERE id = $1 AND client_id = $2", grant_id, client_id)


async def end_grants(
    db: Connection,
    *,
    reason: str,
    now: datetime,
    grant_id: UUID | None = None,
    session_id: UUID | None = None,
    organisation_id: UUID | None = None,
    account_id: UUID | None = None,
    tool_id: str | None = None,
    usage_mode: str | None = None,
) -> list[EndedGrant]:
    """End the grants to which all that is given applies; at least the grant, the session or the organisation must be given."""
    rows = await db.fetch(
        """
        UPDATE oidc_grant AS g SET ended_at = $1, end_reason = $2
        FROM client AS c
        WHERE c.client_id = g.client_id AND g.ended_at IS NULL
          AND ($3::uuid IS NOT NULL OR $4::uuid IS NOT NULL OR $5::uuid IS NOT NULL)
          AND ($3::uuid IS NULL OR g.id = $3) AND ($4::uuid IS NULL OR g.session_id = $4)
          AND ($5::uuid IS NULL OR g.organisation_id = $5) AND ($6::uuid IS NULL OR g.account_id = $6)
          AND ($7::text IS NULL OR g.tool_id = $7) AND ($8::text IS NULL OR g.usage_mode = $8)
        RETURNING g.id, g.account_id, g.subject, g.client_id, c.backchannel_logout_uri IS NOT NULL AS has_logout_uri
        """,
        now,
        reason,
        grant_id,
        session_id,
        organisation_id,
        account_id,
        tool_id,
        usage_mode,
    )
    return [
        EndedGrant(row["id"], row["account_id"], row["subject"], row["client_id"], row["has_logout_uri"])
        for row in rows
    ]


async def end_client_grants(db: Connection, client_id: str, *, reason: str, now: datetime) -> list[EndedGrant]:
    rows = await db.fetch(
        """
        UPDATE oidc_grant AS g SET ended_at = $3, end_reason = $2
        FROM client AS c
        WHERE c.client_id = g.client_id AND g.client_id = $1 AND g.ended_at IS NULL
        RETURNING g.id, g.account_id, g.subject, g.client_id, c.backchannel_logout_uri IS NOT NULL AS has_logout_uri
        """,
        client_id,
        reason,
        now,
    )
    return [EndedGrant(**row) for row in rows]


async def end_card_grants(db: Connection, account_id: UUID, *, reason: str, now: datetime) -> list[EndedGrant]:
    """Those that say of this person that an identity card stood behind them."""
    rows = await db.fetch(
        """
        UPDATE oidc_grant AS g SET ended_at = $3, end_reason = $2
        FROM client AS c
        WHERE c.client_id = g.client_id AND g.account_id = $1 AND g.acr = 'eid' AND g.ended_at IS NULL
        RETURNING g.id, g.account_id, g.subject, g.client_id, c.backchannel_logout_uri IS NOT NULL AS has_logout_uri
        """,
        account_id,
        reason,
        now,
    )
    return [EndedGrant(**row) for row in rows]


async def insert_code(db: Connection, code_hash: bytes, code: IssuedCode, *, expires_at: datetime) -> None:
    await db.execute(
        """
        INSERT INTO oidc_code (code_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        code_hash,
        code.grant_id,
        code.client_id,
        code.redirect_uri,
        code.code_challenge,
        expires_at,
    )


async def delete_expired_codes(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM oidc_code WHERE expires_at < $1", before)


async def delete_expired_refresh_tokens(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM oidc_refresh_token WHERE expires_at < $1", before)


async def delete_old_grants(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM oidc_grant WHERE ended_at < $1", before)


def grant_of(row: Any) -> Grant:
    quality = Quality(
        organisation_id=row["organisation_id"],
        enterprise_number=row["enterprise_number"],
        organisation_name=row["organisation_name"],
        usage_mode=row["usage_mode"],
        role=row["role"],
        recognitions=tuple(row["recognitions"]),
    )
    return Grant(
        id=row["id"],
        account_id=row["account_id"],
        subject=row["subject"],
        session_id=row["session_id"],
        client_id=row["client_id"],
        tool_id=row["tool_id"],
        scopes=tuple(row["scopes"]),
        quality=quality,
        acr=row["acr"],
        acr_claim=row["acr_claim"],
        amr=tuple(row["amr"]),
        auth_time=row["auth_time"],
        nonce=row["nonce"],
        id_token_claims=tuple(row["id_token_claims"]),
        userinfo_claims=tuple(row["userinfo_claims"]),
    )
