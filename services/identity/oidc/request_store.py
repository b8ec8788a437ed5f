"""Authorisation requests that wait for a person, one statement a function."""

from datetime import datetime
from uuid import UUID

from services.identity.oidc.rules import Asked, AuthorizationRequest
from shared.db import Connection


async def insert_request(db: Connection, request: AuthorizationRequest) -> None:
    asked = request.asked
    await db.execute(
        """
        INSERT INTO authorization_request (
            id, client_id, redirect_uri, scopes, state, nonce, code_challenge, acr, prompt, max_age_s, login_hint, ui_locales,
            created_at, expires_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        """,
        request.id,
        asked.client_id,
        asked.redirect_uri,
        list(asked.scopes),
        asked.state,
        asked.nonce,
        asked.code_challenge,
        asked.acr,
        list(asked.prompt),
        asked.max_age_s,
        asked.login_hint,
        asked.ui_locales,
        request.created_at,
        request.expires_at,
    )


async def lock_request(db: Connection, request_id: UUID) -> None:
    """Nobody else completes it until the transaction ends."""
    await db.execute("SELECT FROM authorization_request WHERE id = $1 FOR UPDATE", request_id)


async def find_request(db: Connection, request_id: UUID, *, now: datetime) -> AuthorizationRequest | None:
    row = await db.fetchrow(
        """
        SELECT id, client_id, redirect_uri, scopes, state, nonce, code_challenge, acr, prompt, max_age_s, login_hint, ui_locales,
               created_at, expires_at
        FROM authorization_request WHERE id = $1 AND expires_at > $2
        """,
        request_id,
        now,
    )
    if row is None:
        return None
    asked = Asked(
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"]),
        state=row["state"],
        nonce=row["nonce"],
        code_challenge=row["code_challenge"],
        acr=row["acr"],
        prompt=tuple(row["prompt"]),
        max_age_s=row["max_age_s"],
        login_hint=row["login_hint"],
        ui_locales=row["ui_locales"],
    )
    return AuthorizationRequest(row["id"], asked, row["created_at"], row["expires_at"])


async def delete_request(db: Connection, request_id: UUID) -> None:
    await db.execute("DELETE FROM authorization_request WHERE id = $1", request_id)


async def delete_expired_requests(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM authorization_request WHERE expires_at < $1", before)
