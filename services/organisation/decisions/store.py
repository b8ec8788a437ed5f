"""What decisions need to know, in one statement however many they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.organisation.decisions.rules import Facts
from services.organisation.employees.rules import State
from services.organisation.tools.needs import Circumstances
from shared.db import Connection


@dataclass(frozen=True)
class Question:
    account_id: UUID
    organisation_id: UUID
    tool_id: str
    usage_mode: str


# Each table is found by what was asked, not by what another table said: so every step is one along an index, whoever is asked about.
_FACTS = """
    SELECT q.organisation_id, o.enterprise_number, o.name, o.closed_at IS NOT NULL AS is_closed, e.state AS employee_state,
           r.state AS registration_state, r.suspended_reason, a.role, u.register_rule, u.use_rule, coalesce(e.manager, false) AS is_manager,
           ARRAY (SELECT l.list FROM listed_organisation l
                  WHERE l.enterprise_number = o.enterprise_number AND l.tool_id = q.tool_id) AS lists,
           ARRAY (SELECT h.kind FROM recognition_held h
                  WHERE h.account_id = q.account_id AND (h.valid_until IS NULL OR h.valid_until >= $5)) AS held
    FROM {questions}
    LEFT JOIN organisation o ON o.id = q.organisation_id
    LEFT JOIN employee e ON e.organisation_id = q.organisation_id AND e.account_id = q.account_id
    LEFT JOIN registration r ON r.organisation_id = q.organisation_id AND r.tool_id = q.tool_id AND r.usage_mode = q.usage_mode
    LEFT JOIN usage_mode u ON u.tool_id = q.tool_id AND u.id = q.usage_mode
    LEFT JOIN access a ON a.organisation_id = q.organisation_id AND a.account_id = q.account_id
        AND a.tool_id = q.tool_id AND a.usage_mode = q.usage_mode
"""
# One question has a statement of its own, which costs less.
_FACTS_OF_ONE = _FACTS.format(
    questions="(SELECT $1::uuid AS account_id, $2::uuid AS organisation_id, $3::text AS tool_id, $4::text AS usage_mode) AS q"
)
# OFFSET hides from the planner how many there are: it would make a plan of its own for each number, and planning costs most of all.
_FACTS_OF_MANY = (
    _FACTS.format(
        questions="""
    (SELECT $1::uuid[] AS accounts, $2::uuid[] AS organisations, $3::text[] AS tools, $4::text[] AS usage_modes OFFSET 0) AS asked
    CROSS JOIN unnest(asked.accounts, asked.organisations, asked.tools, asked.usage_modes)
        WITH ORDINALITY AS q (account_id, organisation_id, tool_id, usage_mode, place)
    """
    )
    + "ORDER BY q.place"
)


async def find_facts(db: Connection, questions: Sequence[Question], *, today: date) -> list[Facts]:
    """One for each question, in their order."""
    if len(questions) == 1:
        (one,) = questions
        asked = (one.account_id, one.organisation_id, one.tool_id, one.usage_mode)
        return [_facts(await db.fetchrow(_FACTS_OF_ONE, *asked, today))]
    rows = await db.fetch(
        _FACTS_OF_MANY,
        [question.account_id for question in questions],
        [question.organisation_id for question in questions],
        [question.tool_id for question in questions],
        [question.usage_mode for question in questions],
        today,
    )
    return [_facts(row) for row in rows]


def _facts(row: Any) -> Facts:
    return Facts(
        organisation_id=row["organisation_id"],
        enterprise_number=row["enterprise_number"] or "",
        organisation_name=row["name"] or "",
        is_closed=bool(row["is_closed"]),
        employee_state=State(row["employee_state"]) if row["employee_state"] else None,
        registration_state=row["registration_state"],
        suspended_reason=row["suspended_reason"],
        role_held=row["role"],
        register_rule=row["register_rule"] or "",
        use_rule=row["use_rule"] or "",
        circumstances=Circumstances(frozenset(row["held"]), row["is_manager"], frozenset(row["lists"])),
    )
