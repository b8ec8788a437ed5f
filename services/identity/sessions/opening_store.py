"""A session begins: everything that this writes, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from services.identity.sessions.rules import Session
from shared import outbox
from shared.correlation import trace_headers
from shared.db import Connection
from shared.events.identity import IdentityEvent

Outcome = Literal["opened", "password-changed", "second-factor", "new-device"]


@dataclass(frozen=True)
class Proven:
    """A password that was checked. password_hash: against this. new_hash: what takes its place, None where it stays."""

    password_hash: str
    new_hash: str | None = None


@dataclass(frozen=True)
class Opening:
    """client_address: as it is recorded; network: as it is counted. *_key: None where nothing is known or counted by it.

    proven: None where something else than a password was shown, or the account is locked already.
    """

    session: Session
    token_hash: bytes
    expires_at: datetime
    user_agent: str
    network: str
    device_hash: bytes
    client_address: str
    client_key: bytes | None = None
    identifier_key: bytes | None = None
    address_key: bytes | None = None
    proven: Proven | None = None


async def open_session(
    db: Connection, opening: Opening, *, signed_in: IdentityEvent | None, new_device: IdentityEvent | None = None
) -> Outcome:
    """Anything but "opened" wrote nothing. The function in the database says when each is answered.

    signed_in: published with the account's next version; None for a session that is told nowhere. new_device: published after it if
    the device is new to the account; where it would be, and is None, the answer is "new-device".
    Also right outside a transaction (`Database.statement`): it is one statement.
    """
    session, proven = opening.session, opening.proven
    outcome = await db.fetchval(
        "SELECT open_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        session.id,
        session.account_id,
        opening.token_hash,
        session.acr,
        session.amr,
        session.auth_time,
        opening.expires_at,
        opening.user_agent,
        opening.network,
        opening.device_hash,
        opening.client_key,
        opening.identifier_key,
        opening.address_key,
        proven.password_hash if proven else None,
        proven.new_hash if proven else None,
        _message(signed_in),
        _message(new_device),
        opening.client_address or None,
    )
    if outcome == "opened" and signed_in is not None:
        db.mark("outbox")
    return outcome


def _message(event: IdentityEvent | None) -> Mapping[str, Any] | None:
    if event is None:
        return None
    headers = outbox.event_headers(type(event), event.key, trace_headers())
    headers["ce_time"] = datetime.now(UTC).isoformat()
    return {"topic": event.topic, "headers": headers, "payload": event.model_dump(mode="json")}
