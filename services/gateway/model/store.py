"""The writes of the read model: one statement a function, each of which may be repeated without harm."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.db import Connection


async def save_account(db: Connection, account_id: UUID, first_name: str, last_name: str, language: str) -> None:
    await db.execute(
        """
        INSERT INTO account (account_id, first_name, last_name, language, state) VALUES ($1, $2, $3, $4, 'pending')
        ON CONFLICT (account_id) DO UPDATE
        SET first_name = excluded.first_name, last_name = excluded.last_name, language = excluded.language
        """,
        account_id,
        first_name,
        last_name,
        language,
    )


async def activate_account(db: Connection, account_id: UUID) -> None:
    await db.execute("UPDATE account SET state = 'active' WHERE account_id = $1", account_id)


async def save_eid(db: Connection, account_id: UUID, first_name: str, last_name: str) -> None:
    await db.execute(
        "UPDATE account SET first_name = $2, last_name = $3, eid_linked = true WHERE account_id = $1",
        account_id,
        first_name,
        last_name,
    )


async def remove_eid(db: Connection, account_id: UUID) -> None:
    await db.execute("UPDATE account SET eid_linked = false WHERE account_id = $1", account_id)


async def hand_over_account(db: Connection, merged: UUID, into: UUID) -> None:
    """The card, and what was held by it. Names come with ProfileChanged."""
    await db.execute(
        """
        UPDATE account AS a SET eid_linked = a.eid_linked OR m.eid_linked
        FROM account AS m WHERE a.account_id = $2 AND m.account_id = $1
        """,
        merged,
        into,
    )
    await db.execute(
        """
        INSERT INTO recognition (account_id, kind, valid_until) SELECT $2, kind, valid_until FROM recognition WHERE account_id = $1
        ON CONFLICT (account_id, kind) DO NOTHING
        """,
        merged,
        into,
    )


async def save_organisation(db: Connection, organisation_id: UUID, enterprise_number: str, name: str) -> None:
    await db.execute(
        """
        INSERT INTO organisation (organisation_id, enterprise_number, name) VALUES ($1, $2, $3)
        ON CONFLICT (organisation_id) DO UPDATE SET enterprise_number = excluded.enterprise_number, name = excluded.name
        """,
        organisation_id,
        enterprise_number,
        name,
    )


async def change_organisation(db: Connection, organisation_id: UUID, name: str, logo: UUID | None) -> None:
    await db.execute(
        "UPDATE organisation SET name = $2, logo = $3 WHERE organisation_id = $1", organisation_id, name, logo
    )
    await db.execute(
        "UPDATE access SET organisation_name = $2, organisation_logo = $3 WHERE organisation_id = $1",
        organisation_id,
        name,
        logo,
    )


async def set_closed(db: Connection, organisation_id: UUID, is_closed: bool) -> None:
    """What there was in it ends by events of its own."""
    await db.execute("UPDATE organisation SET is_closed = $2 WHERE organisation_id = $1", organisation_id, is_closed)


async def save_employee(
    db: Connection, organisation_id: UUID, account_id: UUID, *, state: str, is_manager: bool
) -> None:
    await db.execute(
        """
        INSERT INTO employee (account_id, organisation_id, state, is_manager) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, organisation_id) DO UPDATE SET state = excluded.state, is_manager = excluded.is_manager
        """,
        account_id,
        organisation_id,
        state,
        is_manager,
    )
    await _copy_employee(db, organisation_id, account_id)


async def set_employee_state(db: Connection, organisation_id: UUID, account_id: UUID, state: str) -> None:
    await db.execute(
        "UPDATE employee SET state = $3 WHERE account_id = $1 AND organisation_id = $2",
        account_id,
        organisation_id,
        state,
    )
    await _copy_employee(db, organisation_id, account_id)


async def set_manager(db: Connection, organisation_id: UUID, account_id: UUID, is_manager: bool) -> None:
    await db.execute(
        "UPDATE employee SET is_manager = $3 WHERE account_id = $1 AND organisation_id = $2",
        account_id,
        organisation_id,
        is_manager,
    )
    await _copy_employee(db, organisation_id, account_id)


async def remove_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute("DELETE FROM access WHERE account_id = $1 AND organisation_id = $2", account_id, organisation_id)
    await db.execute(
        "DELETE FROM role_request WHERE account_id = $1 AND organisation_id = $2", account_id, organisation_id
    )
    await db.execute(
        """
        DELETE FROM tool_manager USING registration
        WHERE account_id = $1 AND organisation_id = $2 AND tool_manager.registration_id = registration.registration_id
        """,
        account_id,
        organisation_id,
    )
    await db.execute("DELETE FROM employee WHERE account_id = $1 AND organisation_id = $2", account_id, organisation_id)


async def _copy_employee(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        """
        UPDATE access SET employee_state = employee.state, is_manager = employee.is_manager
        FROM employee
        WHERE access.account_id = $1 AND access.organisation_id = $2
          AND employee.account_id = $1 AND employee.organisation_id = $2
        """,
        account_id,
        organisation_id,
    )


async def save_tool(db: Connection, tool_id: str, version: int, entry: dict[str, Any]) -> None:
    await db.execute(
        """
        INSERT INTO tool (tool_id, version, entry) VALUES ($1, $2, $3)
        ON CONFLICT (tool_id) DO UPDATE SET version = excluded.version, entry = excluded.entry
        """,
        tool_id,
        version,
        entry,
    )


async def save_recognition(db: Connection, account_id: UUID, kind: str, valid_until: date | None) -> None:
    await db.execute(
        """
        INSERT INTO recognition (account_id, kind, valid_until) VALUES ($1, $2, $3)
        ON CONFLICT (account_id, kind) DO UPDATE SET valid_until = excluded.valid_until
        """,
        account_id,
        kind,
        valid_until,
    )


async def extend_recognition(db: Connection, account_id: UUID, kind: str, valid_until: date | None) -> None:
    """valid_until: None for no end. What is known already is not shortened."""
    await db.execute(
        """
        INSERT INTO recognition (account_id, kind, valid_until) VALUES ($1, $2, $3)
        ON CONFLICT (account_id, kind) DO UPDATE SET valid_until = excluded.valid_until
        WHERE excluded.valid_until IS NULL OR recognition.valid_until < excluded.valid_until
        """,
        account_id,
        kind,
        valid_until,
    )


async def remove_recognitions(db: Connection, account_id: UUID, *, except_kinds: Sequence[str] = ()) -> None:
    await db.execute(
        "DELETE FROM recognition WHERE account_id = $1 AND kind <> ALL ($2::text[])", account_id, list(except_kinds)
    )


async def remove_recognition(db: Connection, account_id: UUID, kind: str) -> None:
    await db.execute("DELETE FROM recognition WHERE account_id = $1 AND kind = $2", account_id, kind)


async def save_balance(db: Connection, wallet_id: UUID, balance_cents: int) -> None:
    await db.execute(
        """
        INSERT INTO wallet (wallet_id, balance_cents) VALUES ($1, $2)
        ON CONFLICT (wallet_id) DO UPDATE SET balance_cents = excluded.balance_cents
        """,
        wallet_id,
        balance_cents,
    )


async def save_low_threshold(db: Connection, wallet_id: UUID, threshold_cents: int) -> None:
    await db.execute("UPDATE wallet SET low_threshold_cents = $2 WHERE wallet_id = $1", wallet_id, threshold_cents)


async def save_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        """
        INSERT INTO wallet_viewer (organisation_id, account_id) VALUES ($1, $2)
        ON CONFLICT (organisation_id, account_id) DO NOTHING
        """,
        organisation_id,
        account_id,
    )


async def remove_viewer(db: Connection, organisation_id: UUID, account_id: UUID) -> None:
    await db.execute(
        "DELETE FROM wallet_viewer WHERE organisation_id = $1 AND account_id = $2", organisation_id, account_id
    )


async def save_age(db: Connection, topic: str, partition: int, as_of: datetime) -> None:
    await db.execute(
        """
        INSERT INTO model_age (topic, partition, as_of) VALUES ($1, $2, $3)
        ON CONFLICT (topic, partition) DO UPDATE SET as_of = greatest(model_age.as_of, excluded.as_of)
        """,
        topic,
        partition,
        as_of,
    )
