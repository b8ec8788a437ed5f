"""Whose recognition a registration could stand under, and which registrations stand under whose."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.organisation.registrations.rules import Registration, mandating_recognition
from services.organisation.tools.expressions import Rule
from services.organisation.tools.needs import Circumstances, kinds_in
from shared.db import Connection

MAX_ALTERNATIVES = 200


@dataclass(frozen=True)
class Alternative:
    """An employee under whose recognition the registration could stand. until: when that ends; None for no end."""

    account_id: UUID
    name: str
    recognition: str
    until: date | None


@dataclass(frozen=True)
class Lent:
    """The recognition under which a registration stands, as it is today."""

    name: str
    is_held: bool
    until: date | None


async def alternatives_to(
    db: Connection, registration: Registration, rule: Rule, *, lists: frozenset[str], today: date
) -> list[Alternative]:
    """Active employees who hold what registering asks for, by name; the present one among them."""
    rows = await db.fetch(
        """
        SELECT e.account_id, trim(concat_ws(' ', p.first_name, p.last_name)) AS name, e.manager, held.kinds, held.untils
        FROM employee e
        JOIN LATERAL (
            SELECT array_agg(h.kind) AS kinds, array_agg(h.valid_until) AS untils FROM recognition_held h
            WHERE h.account_id = e.account_id AND h.kind = ANY ($2::text[])
              AND (h.valid_until IS NULL OR h.valid_until >= $3)) AS held ON held.kinds IS NOT NULL
        LEFT JOIN person p ON p.account_id = e.account_id
        WHERE e.organisation_id = $1 AND e.state = 'active' ORDER BY e.sort_name, e.account_id
        """,
        registration.organisation_id,
        list(kinds_in(rule)),
        today,
    )
    found: list[Alternative] = []
    for row in rows:
        circumstances = Circumstances(frozenset(row["kinds"]), row["manager"], lists)
        kind = mandating_recognition(rule, circumstances)
        if kind is not None:
            untils = [until for one, until in zip(row["kinds"], row["untils"], strict=True) if one == kind]
            until = None if None in untils else max(untils)
            found.append(Alternative(row["account_id"], row["name"], kind, until))
    return found[:MAX_ALTERNATIVES]


async def what_is_lent(db: Connection, account_id: UUID, kind: str, *, today: date) -> Lent:
    (row,) = await db.fetch(
        """
        SELECT (SELECT trim(concat_ws(' ', first_name, last_name)) FROM person WHERE account_id = $1) AS name,
               count(*) > 0 AS is_held,
               CASE WHEN bool_or(valid_until IS NULL) THEN NULL ELSE max(valid_until) END AS until
        FROM recognition_held WHERE account_id = $1 AND kind = $2 AND (valid_until IS NULL OR valid_until >= $3)
        """,
        account_id,
        kind,
        today,
    )
    return Lent(row["name"] or "", row["is_held"], row["until"])
