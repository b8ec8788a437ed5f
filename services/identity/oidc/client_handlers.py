"""Registering, changing, renewing and switching off clients, by operators or by whoever holds a token of theirs."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.identity import audit
from services.identity.keys.rules import hash_token
from services.identity.oidc import client_store, registration, store
from services.identity.oidc.client_store import InitialToken
from services.identity.oidc.clients import Client
from services.identity.oidc.logout import tell_tools
from services.identity.oidc.outbound import Outbound, OutboundFailed, OutboundRefused
from services.identity.oidc.registration import Metadata, SectorInvalid
from services.identity.sessions.rules import new_token
from shared.db import Connection
from shared.errors import Conflict, NotFound, Violations
from shared.ids import new_id
from shared.markers import N_


class ClientUnknown(NotFound):
    code = "client-unknown"
    message = N_("There is no such client.")


class SecretNotUsed(Conflict):
    code = "secret-not-used"
    message = N_("This client proves who it is without a secret.")


@dataclass(frozen=True)
class Registered:
    """secret, registration_token: told once."""

    client: Client
    secret: str | None
    registration_token: str | None


async def find_sector(metadata: Metadata, outbound: Outbound) -> str | None:
    """Asks the sector's address where there is one; call it outside a transaction. Raises Violations."""
    listed: object = None
    if metadata.subject_type == "pairwise" and metadata.sector_identifier_uri is not None:
        try:
            listed = await outbound.get_json(metadata.sector_identifier_uri)
        except (OutboundRefused, OutboundFailed) as error:
            raise Violations([SectorInvalid(field="sector_identifier_uri")]) from error
    return registration.sector_of(metadata, listed)


async def register(
    db: Connection, metadata: Metadata, tool_id: str, sector: str | None, *, registered_by: str, now: datetime
) -> Registered:
    """A new client under an id and a secret of ours. It may change its own registration when a token let it in."""
    secret, client_id = new_token(), f"{tool_id}-{secrets.token_hex(4)}"
    client = registration.client_from(metadata, client_id, tool_id, secret_hash=hash_token(secret), sector=sector)
    await client_store.save_client(db, client, registered_by=registered_by, now=now)
    token = None
    if registered_by != "operator":
        token = new_token()
        await client_store.set_registration_token(db, client_id, hash_token(token))
    await _record(db, "client-registered", client_id, by=registered_by, now=now)
    return Registered(client, secret if client.secret_hash else None, token)


async def save(db: Connection, client: Client, *, by: str, now: datetime) -> None:
    await client_store.save_client(db, client, registered_by=by, now=now)
    await _record(db, "client-saved", client.client_id, by=by, now=now)


async def renew_secret(db: Connection, client_id: str, *, keep_old_s: int, now: datetime) -> str:
    """The new secret. The one before stays good for so long. Raises ClientUnknown, SecretNotUsed."""
    client = await client_store.find_client(db, client_id)
    if client is None:
        raise ClientUnknown()
    if client.secret_hash is None:
        raise SecretNotUsed()
    secret = new_token()
    old_until = now + timedelta(seconds=keep_old_s) if keep_old_s else None
    await client_store.set_secret(db, client_id, hash_token(secret), old_until=old_until, now=now)
    await _record(db, "client-secret-renewed", client_id, by="operator", now=now)
    return secret


async def switch_off(db: Connection, client_id: str, *, by: str, now: datetime) -> None:
    """Nothing that was given to it works from the commit on; its people's grants end, and it is told. Raises ClientUnknown."""
    if not await client_store.set_disabled(db, client_id, now):
        raise ClientUnknown()
    await tell_tools(db, await store.end_client_grants(db, client_id, reason="client-disabled", now=now))
    await _record(db, "client-disabled", client_id, by=by, now=now)


async def switch_on(db: Connection, client_id: str, *, now: datetime) -> None:
    """Grants that ended stay ended. Raises ClientUnknown."""
    if not await client_store.set_disabled(db, client_id, None):
        raise ClientUnknown()
    await _record(db, "client-enabled", client_id, by="operator", now=now)


async def make_initial_token(
    db: Connection, tool_id: str, scopes: list[str], *, uses: int, ttl_s: int, now: datetime
) -> tuple[str, datetime]:
    """A token with which clients of this tool can be registered, and until when."""
    token, expires_at = new_token(), now + timedelta(seconds=ttl_s)
    initial = InitialToken(new_id(), tool_id, frozenset(scopes))
    await client_store.insert_initial_token(db, hash_token(token), initial, uses=uses, expires_at=expires_at)
    details = {"token_id": str(initial.id), "tool_id": tool_id, "uses": uses}
    await audit.record(db, "initial-token-made", now=now, actor="service:operator", details=details)
    return token, expires_at


def actor_of(initial_id: UUID) -> str:
    """As `registered_by` and the audit log name whoever holds the token."""
    return f"initial-token:{initial_id}"


async def _record(db: Connection, action: str, client_id: str, *, by: str, now: datetime) -> None:
    actor = "service:operator" if by == "operator" else by
    await audit.record(db, action, now=now, actor=actor, details={"client_id": client_id})
