"""The register's copy, one statement a function."""

from dataclasses import dataclass
from datetime import datetime

from services.organisation.register.rules import Extract
from shared.db import Connection

_LOCK = 7_411_002_305  # any number: who imports holds it


@dataclass(frozen=True)
class State:
    """What is there. slot: the one that answers."""

    slot: int
    extract: Extract
    enterprises: int
    imported_at: datetime


@dataclass(frozen=True)
class Row:
    """An enterprise in all its languages."""

    name_fr: str | None
    name_nl: str | None
    name_de: str | None
    name_en: str | None
    name_other: str | None
    street_fr: str | None
    street_nl: str | None
    house_number: str | None
    box: str | None
    postal_code: str | None
    city_fr: str | None
    city_nl: str | None
    country_fr: str | None
    country_nl: str | None


async def lock(db: Connection) -> bool:
    """One import at a time, for as long as this connection lives."""
    return await db.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK)


async def find_state(db: Connection) -> State | None:
    row = await db.fetchrow(
        "SELECT slot, extract_number, kind, snapshot_date, enterprises, imported_at FROM register_state"
    )
    if row is None:
        return None
    extract = Extract(row["extract_number"], row["kind"], row["snapshot_date"])
    return State(row["slot"], extract, row["enterprises"], row["imported_at"])


async def find_row(db: Connection, enterprise_number: str) -> Row | None:
    row = await db.fetchrow(
        """
        SELECT name_fr, name_nl, name_de, name_en, name_other, street_fr, street_nl, house_number, box, postal_code,
               city_fr, city_nl, country_fr, country_nl
        FROM register_enterprise
        WHERE slot = (SELECT slot FROM register_state) AND enterprise_number = $1
        """,
        enterprise_number,
    )
    return Row(**row) if row else None


async def empty(db: Connection, slot: int) -> None:
    """At once done with: whoever asks meanwhile waits no longer than this takes."""
    await db.execute("TRUNCATE register_enterprise_0" if slot == 0 else "TRUNCATE register_enterprise_1")


async def fill(db: Connection, slot: int) -> None:
    await db.execute(
        """
        INSERT INTO register_enterprise (
            slot, enterprise_number, status, legal_form, start_date, name_fr, name_nl, name_de, name_en, name_other,
            street_fr, street_nl, house_number, box, postal_code, city_fr, city_nl, country_fr, country_nl,
            nace_version, nace_code
        )
        SELECT $1, e.number, e.status, e.legal_form, e.start_date, n.name_fr, n.name_nl, n.name_de, n.name_en,
               n.name_other, a.street_fr, a.street_nl, a.house_number, a.box, a.postal_code, a.city_fr, a.city_nl,
               a.country_fr, a.country_nl, m.nace_version, m.nace_code
        FROM stage_enterprise e
        LEFT JOIN staged_name n USING (number)
        LEFT JOIN staged_address a USING (number)
        LEFT JOIN staged_activity m USING (number)
        ORDER BY e.number
        """,
        slot,
    )


async def analyze(db: Connection, slot: int) -> None:
    await db.execute("ANALYZE register_enterprise_0" if slot == 0 else "ANALYZE register_enterprise_1")


async def count(db: Connection, slot: int) -> int:
    return await db.fetchval("SELECT count(*) FROM register_enterprise WHERE slot = $1", slot)


async def save_state(db: Connection, slot: int, extract: Extract, enterprises: int, *, now: datetime) -> None:
    """From the end of this transaction on, the slot answers."""
    await db.execute(
        """
        INSERT INTO register_state (slot, extract_number, kind, snapshot_date, enterprises, imported_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT ON CONSTRAINT register_state_pk DO UPDATE
        SET slot = excluded.slot, extract_number = excluded.extract_number, kind = excluded.kind,
            snapshot_date = excluded.snapshot_date, enterprises = excluded.enterprises, imported_at = excluded.imported_at
        """,
        slot,
        extract.number,
        extract.kind,
        extract.snapshot,
        enterprises,
        now,
    )


async def delete_gone(db: Connection, slot: int) -> None:
    await db.execute(
        """
        DELETE FROM register_enterprise
        WHERE slot = $1 AND enterprise_number IN (SELECT number FROM stage_enterprise_gone)
          AND enterprise_number NOT IN (SELECT number FROM stage_enterprise)
        """,
        slot,
    )


async def upsert_enterprises(db: Connection, slot: int) -> None:
    """Their names, addresses and activities stay: other files change those."""
    await db.execute(
        """
        INSERT INTO register_enterprise (slot, enterprise_number, status, legal_form, start_date)
        SELECT $1, number, status, legal_form, start_date FROM stage_enterprise
        ON CONFLICT ON CONSTRAINT register_enterprise_pk DO UPDATE
        SET status = excluded.status, legal_form = excluded.legal_form, start_date = excluded.start_date
        """,
        slot,
    )


async def replace_names(db: Connection, slot: int) -> None:
    """All names of an enterprise go where one has changed, and all that it has now come."""
    await db.execute(
        """
        UPDATE register_enterprise r
        SET name_fr = n.name_fr, name_nl = n.name_nl, name_de = n.name_de, name_en = n.name_en, name_other = n.name_other
        FROM (SELECT number FROM stage_denomination_gone UNION SELECT number FROM stage_denomination) c
        LEFT JOIN staged_name n USING (number)
        WHERE r.slot = $1 AND r.enterprise_number = c.number
        """,
        slot,
    )


async def replace_addresses(db: Connection, slot: int) -> None:
    await db.execute(
        """
        UPDATE register_enterprise r
        SET street_fr = a.street_fr, street_nl = a.street_nl, house_number = a.house_number, box = a.box,
            postal_code = a.postal_code, city_fr = a.city_fr, city_nl = a.city_nl, country_fr = a.country_fr,
            country_nl = a.country_nl
        FROM (SELECT number FROM stage_address_gone UNION SELECT number FROM stage_address) c
        LEFT JOIN staged_address a USING (number)
        WHERE r.slot = $1 AND r.enterprise_number = c.number
        """,
        slot,
    )


async def replace_activities(db: Connection, slot: int) -> None:
    await db.execute(
        """
        UPDATE register_enterprise r SET nace_version = m.nace_version, nace_code = m.nace_code
        FROM (SELECT number FROM stage_activity_gone UNION SELECT number FROM stage_activity) c
        LEFT JOIN staged_activity m USING (number)
        WHERE r.slot = $1 AND r.enterprise_number = c.number
        """,
        slot,
    )
