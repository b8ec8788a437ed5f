"""The service's audit log: who did what, on whom, when, from where, why. It only grows; the database refuses anything else.

What is personal in an entry stands in a table beside it and goes when the account goes.
"""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.db import Connection


async def record(
    db: Connection,
    action: str,
    *,
    now: datetime,
    actor: str,
    account_id: UUID | None = None,
    client_address: str | None = None,
    reason: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """actor: "account:<id>", "client:<id>", "service:<name>" or "anonymous". details: no names, addresses or numbers of people.

    reason: what someone wrote to explain it; kept only where there is an account that it goes with.
    """
    if account_id is None:
        client_address, reason = network_of(client_address), None
    await db.execute(
        "SELECT record_audit($1, $2, $3, $4, $5, $6, $7)",
        now,
        actor,
        action,
        account_id,
        dict(details or {}),
        client_address or None,
        reason or None,
    )


def person(account_id: UUID) -> str:
    return f"account:{account_id}"


def network_of(client_address: str | None) -> str | None:
    """The network of some hundred customers that an address belongs to: /24 or /48. None for what is no address."""
    try:
        address = ipaddress.ip_address((client_address or "").split("/")[0].strip())
    except ValueError:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


async def delete_private_of_nobody(db: Connection, *, before: datetime) -> None:
    """Where from attempts at no account came is of use for a while only."""
    await db.execute(
        """
        DELETE FROM audit_private AS p USING audit_log AS l
        WHERE l.id = p.audit_id AND p.account_id IS NULL AND l.at < $1
        """,
        before,
    )
