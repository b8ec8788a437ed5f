"""Registered clients, one statement a function."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.oidc.clients import Client
from shared.db import Connection


@dataclass(frozen=True)
class InitialToken:
    """What its holder may register: clients of this tool, with these scopes besides those that are about people."""

    id: UUID
    tool_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class ClientState:
    """What an operator sees besides the registration itself."""

    client: Client
    registered_by: str
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None
    old_secret_until: datetime | None


async def find_client(db: Connection, client_id: str) -> Client | None:
    """None for one that is switched off, too."""
    if "\0" in client_id:
        return None  # PostgreSQL cannot even be asked
    row = await db.fetchrow(
        """
        SELECT client_id, name, tool_id, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, acr, scopes,
               sector, id_token_signed_response_alg, require_pkce, require_par, auth_method, old_secret_hash, old_secret_until,
               jwks, jwks_uri, grant_types, sector_identifier_uri
        FROM client WHERE client_id = $1 AND disabled_at IS NULL
        """,
        client_id,
    )
    return client_of(row) if row else None


async def save_client(db: Connection, client: Client, *, registered_by: str, now: datetime) -> None:
    """Insert, or replace what is registered; who registered it first stays, and so does that it is switched off."""
    await db.execute(
        """
        INSERT INTO client (
            client_id, name, tool_id, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, acr, scopes,
            sector, id_token_signed_response_alg, require_pkce, require_par, auth_method, jwks, jwks_uri, grant_types,
            sector_identifier_uri, registered_by, created_at, changed_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20)
        ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
        SET name = excluded.name, tool_id = excluded.tool_id, secret_hash = excluded.secret_hash,
            redirect_uris = excluded.redirect_uris, post_logout_redirect_uris = excluded.post_logout_redirect_uris,
            backchannel_logout_uri = excluded.backchannel_logout_uri, acr = excluded.acr, scopes = excluded.scopes,
            sector = excluded.sector, id_token_signed_response_alg = excluded.id_token_signed_response_alg,
            require_pkce = excluded.require_pkce, require_par = excluded.require_par, auth_method = excluded.auth_method,
            jwks = excluded.jwks, jwks_uri = excluded.jwks_uri, grant_types = excluded.grant_types,
            sector_identifier_uri = excluded.sector_identifier_uri, changed_at = excluded.changed_at,
            old_secret_hash = CASE WHEN client.secret_hash = excluded.secret_hash THEN client.old_secret_hash END,
            old_secret_until = CASE WHEN client.secret_hash = excluded.secret_hash THEN client.old_secret_until END
        """,
        client.client_id,
        client.name,
        client.tool_id,
        client.secret_hash,
        list(client.redirect_uris),
        list(client.post_logout_redirect_uris),
        client.backchannel_logout_uri,
        client.acr,
        sorted(client.scopes),
        client.sector,
        client.id_token_alg,
        client.require_pkce,
        client.require_par,
        client.auth_method,
        client.jwks,
        client.jwks_uri,
        sorted(client.grant_types),
        client.sector_identifier_uri,
        registered_by,
        now,
    )


async def find_states(db: Connection, client_id: str | None = None) -> list[ClientState]:
    """All, or the one; also those that are switched off."""
    rows = await db.fetch(
        """
        SELECT client_id, name, tool_id, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, acr, scopes,
               sector, id_token_signed_response_alg, require_pkce, require_par, auth_method, old_secret_hash, old_secret_until,
               jwks, jwks_uri, grant_types, sector_identifier_uri, registered_by, created_at, changed_at, disabled_at
        FROM client WHERE $1::text IS NULL OR client_id = $1
        ORDER BY client_id
        """,
        client_id,
    )
    names = ("registered_by", "created_at", "changed_at", "disabled_at", "old_secret_until")
    return [ClientState(client_of(row), **{name: row[name] for name in names}) for row in rows]


async def set_secret(
    db: Connection, client_id: str, secret_hash: bytes, *, old_until: datetime | None, now: datetime
) -> None:
    """The one before stays good until then; None: it is not."""
    await db.execute(
        """
        UPDATE client
        SET secret_hash = $2, changed_at = $4, old_secret_until = $3,
            old_secret_hash = CASE WHEN $3::timestamptz IS NOT NULL THEN secret_hash END
        WHERE client_id = $1
        """,
        client_id,
        secret_hash,
        old_until,
        now,
    )


async def set_disabled(db: Connection, client_id: str, disabled_at: datetime | None) -> bool:
    """False when there is no such client."""
    return (
        await db.fetchval(
            "UPDATE client SET disabled_at = $2 WHERE client_id = $1 RETURNING true", client_id, disabled_at
        )
        is not None
    )


async def set_registration_token(db: Connection, client_id: str, token_hash: bytes) -> None:
    await db.execute("UPDATE client SET registration_token_hash = $2 WHERE client_id = $1", client_id, token_hash)


async def find_registered(db: Connection, client_id: str, token_hash: bytes) -> Client | None:
    """The client that this token may see and change."""
    is_its = await db.fetchval(
        "SELECT true FROM client WHERE client_id = $1 AND registration_token_hash = $2", client_id, token_hash
    )
    return await find_client(db, client_id) if is_its else None


async def insert_initial_token(
    db: Connection, token_hash: bytes, token: InitialToken, *, uses: int, expires_at: datetime
) -> None:
    await db.execute(
        """
        INSERT INTO initial_access_token (token_hash, id, tool_id, scopes, uses_left, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        token_hash,
        token.id,
        token.tool_id,
        sorted(token.scopes),
        uses,
        expires_at,
    )


async def find_initial_token(db: Connection, token_hash: bytes, *, now: datetime) -> InitialToken | None:
    row = await db.fetchrow(
        "SELECT id, tool_id, scopes FROM initial_access_token WHERE token_hash = $1 AND expires_at > $2 AND uses_left > 0",
        token_hash,
        now,
    )
    return InitialToken(row["id"], row["tool_id"], frozenset(row["scopes"])) if row else None


async def use_initial_token(db: Connection, token_hash: bytes, *, now: datetime) -> bool:
    """False when it is used up meanwhile."""
    return (
        await db.fetchval(
            """
        UPDATE initial_access_token SET uses_left = uses_left - 1
        WHERE token_hash = $1 AND expires_at > $2 AND uses_left > 0
        RETURNING true
        """,
            token_hash,
            now,
        )
        is not None
    )


async def delete_expired_initial_tokens(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM initial_access_token WHERE expires_at < $1", before)


async def use_assertion(db: Connection, client_id: str, jti_hash: bytes, *, expires_at: datetime) -> bool:
    """False when it was used before."""
    return (
        await db.fetchval(
            """
        INSERT INTO client_assertion (client_id, jti_hash, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT client_assertion_pk DO NOTHING
        RETURNING true
        """,
            client_id,
            jti_hash,
            expires_at,
        )
        is not None
    )


async def delete_expired_assertions(db: Connection, *, before: datetime) -> None:
    await db.execute("DELETE FROM client_assertion WHERE expires_at < $1", before)


def client_of(row: Any) -> Client:
    return Client(
        client_id=row["client_id"],
        name=row["name"],
        tool_id=row["tool_id"],
        secret_hash=row["secret_hash"],
        redirect_uris=tuple(row["redirect_uris"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        backchannel_logout_uri=row["backchannel_logout_uri"],
        acr=row["acr"],
        scopes=frozenset(row["scopes"]),
        sector=row["sector"],
        id_token_alg=row["id_token_signed_response_alg"],
        require_pkce=row["require_pkce"],
        require_par=row["require_par"],
        auth_method=row["auth_method"],
        grant_types=frozenset(row["grant_types"]),
        old_secret_hash=row["old_secret_hash"],
        old_secret_until=row["old_secret_until"],
        jwks=row["jwks"],
        jwks_uri=row["jwks_uri"],
        sector_identifier_uri=row["sector_identifier_uri"],
    )
