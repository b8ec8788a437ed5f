"""Registered clients, one statement a function."""

from datetime import datetime
from typing import Any

from services.identity.oidc.clients import Client
from shared.db import Connection


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


async def save_client(db: Connection, client: Client, *, registered_by: str, now: datetime) -> bool:
    """Insert, or replace what is registered; who registered it first stays. False for one that is switched off."""
    done = await db.fetchval(
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
        WHERE client.disabled_at IS NULL
        RETURNING true
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
    return done is not None


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
