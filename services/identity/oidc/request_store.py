"""Requests that wait for a person, pushed ones that wait for a browser, and answers on their way; one statement a function."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.identity.oidc.rules import Asked, AuthorizationRequest, LogoutRequest
from shared.db import Connection


async def insert_request(db: Connection, request: AuthorizationRequest) -> None:
    asked = request.asked
    await db.execute(
        """
        INSERT INTO authorization_request (
            id, client_id, redirect_uri, scopes, state, nonce, code_challenge, acr, prompt, max_age_s, login_hint, ui_locales,
            created_at, expires_at, response_mode, acr_values, is_acr_essential, organisation, id_token_claims, userinfo_claims, subject
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
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
        asked.response_mode,
        list(asked.acr_values),
        asked.is_acr_essential,
        asked.organisation,
        list(asked.id_token_claims),
        list(asked.userinfo_claims),
        asked.subject,
    )


async def lock_request(db: Connection, request_id: UUID) -> None:
    """Nobody else completes it until the transaction ends."""
    await db.execute("SELECT FROM authorization_request WHERE id = $1 FOR UPDATE", request_id)


async def find_request(db: Connection, request_id: UUID, *, now: datetime) -> AuthorizationRequest | None:
    row = await db.fetchrow(
        """
        SELECT id, client_id, redirect_uri, scopes, state, nonce, code_challenge, acr, prompt, max_age_s, login_hint, ui_locales,
               created_at, expires_at, response_mode, acr_values, is_acr_essential, organisation, id_token_claims, userinfo_claims,
               subject
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
        response_mode=row["response_mode"],
        acr_values=tuple(row["acr_values"]),
        is_acr_essential=row["is_acr_essential"],
        organisation=row["organisation"],
        id_token_claims=tuple(row["id_token_claims"]),
        userinfo_claims=tuple(row["userinfo_claims"]),
        subject=row["subject"],
    )
    return AuthorizationRequest(row["id"], asked, row["created_at"], row["expires_at"])


async def delete_request(db: Connection, request_id: UUID) -> None:
    await db.execute("DELETE FROM authorization_request WHERE id = $1", request_id)


async def insert_pushed(
    db: Connection, uri_hash: bytes, client_id: str, parameters: Sequence[tuple[str, str]], *, expires_at: datetime
) -> None:
    await db.execute(
        "INSERT INTO pushed_request (uri_hash, client_id, parameters, expires_at) VALUES ($1, $2, $3, $4)",
        uri_hash,
        client_id,
        [list(parameter) for parameter in parameters],
        expires_at,
    )


async def take_pushed(
    db: Connection, uri_hash: bytes, client_id: str, *, now: datetime
) -> list[tuple[str, str]] | None:
    """What this client pushed. Used up by this."""
    parameters = await db.fetchval(
        "DELETE FROM pushed_request WHERE uri_hash = $1 AND client_id = $2 AND expires_at > $3 RETURNING parameters",
        uri_hash,
        client_id,
        now,
    )
    return None if parameters is None else [(name, value) for name, value in parameters]


async def insert_answer(db: Connection, token_hash: bytes, sealed: bytes, *, expires_at: datetime) -> None:
    await db.execute(
        "INSERT INTO form_post_answer (token_hash, sealed, expires_at) VALUES ($1, $2, $3)",
        token_hash,
        sealed,
        expires_at,
    )


async def take_answer(db: Connection, token_hash: bytes, *, now: datetime) -> bytes | None:
    return await db.fetchval(
        "DELETE FROM form_post_answer WHERE token_hash = $1 AND expires_at > $2 RETURNING sealed", token_hash, now
    )


async def insert_logout(db: Connection, logout: LogoutRequest, *, expires_at: datetime) -> None:
    await db.execute(
        """
        INSERT INTO logout_request (id, client_id, post_logout_redirect_uri, state, logout_hint, ui_locales, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        logout.id,
        logout.client_id,
        logout.post_logout_redirect_uri,
        logout.state,
        logout.logout_hint,
        logout.ui_locales,
        expires_at,
    )


async def find_logout(db: Connection, logout_id: UUID, *, now: datetime) -> LogoutRequest | None:
    row = await db.fetchrow(
        """
        SELECT id, client_id, post_logout_redirect_uri, state, logout_hint, ui_locales
        FROM logout_request WHERE id = $1 AND expires_at > $2
        """,
        logout_id,
        now,
    )
    return LogoutRequest(*row) if row else None


async def delete_expired_requests(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM authorization_request WHERE expires_at < $1", before)


async def delete_expired_answers(db: Connection, *, before: datetime) -> None:
    """Pushed requests and requests to sign out too."""
    await db.execute(
        """
        WITH pushed AS (DELETE FROM pushed_request WHERE expires_at < $1),
             logouts AS (DELETE FROM logout_request WHERE expires_at < $1)
        DELETE FROM form_post_answer WHERE expires_at < $1
        """,
        before,
    )
