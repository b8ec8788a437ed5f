"""Registered clients, one statement a function."""

from datetime import datetime

from services.identity.oidc.clients import Client
from shared.db import Connection


async def find_client(db: Connection, client_id: str) -> Client | None:
    if "\0" in client_id:
        return None  # PostgreSQL cannot even be asked
    row = await db.fetchrow(
        """
        SELECT client_id, name, tool_id, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, acr, scopes,
               sector, id_token_signed_response_alg, require_pkce, require_par
        FROM client WHERE client_id = $1 AND disabled_at IS NULL
        """,
        client_id,
    )
    if row is None:
        return None
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
    )


async def save_client(db: Connection, client: Client, *, now: datetime) -> None:
    """Insert, or replace the whole registration."""
    await db.execute(
        """
        INSERT INTO client (
            client_id, name, tool_id, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, acr, scopes,
            sector, id_token_signed_response_alg, require_pkce, require_par, changed_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
        SET name = excluded.name, tool_id = excluded.tool_id, secret_hash = excluded.secret_hash,
            redirect_uris = excluded.redirect_uris, post_logout_redirect_uris = excluded.post_logout_redirect_uris,
            backchannel_logout_uri = excluded.backchannel_logout_uri, acr = excluded.acr, scopes = excluded.scopes,
            sector = excluded.sector, id_token_signed_response_alg = excluded.id_token_signed_response_alg,
            require_pkce = excluded.require_pkce, require_par = excluded.require_par, changed_at = excluded.changed_at
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
        now,
    )
