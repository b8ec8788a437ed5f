"""What a decision needs to know, in one statement."""

from dataclasses import dataclass
from datetime import date
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


async def find_facts(db: Connection, question: Question, *, today: date) -> Facts | None:
    """None where there is no such organisation."""
    row = await db.fetchrow(
        """
        SELECT o.enterprise_number, o.name, e.state AS employee_state, r.state AS registration_state,
               r.suspended_reason, a.role, u.register_rule, u.use_rule, coalesce(e.manager, false) AS is_manager,
               ARRAY (SELECT l.list FROM listed_organisation l
                      WHERE l.enterprise_number = o.enterprise_number AND l.tool_id = $3) AS lists,
               ARRAY (SELECT DISTINCT h.kind FROM recognition_held h
                      WHERE h.account_id = $1 AND (h.valid_until IS NULL OR h.valid_until >= $5)) AS held
        FROM organisation o
        LEFT JOIN employee e ON e.organisation_id = o.id AND e.account_id = $1
        LEFT JOIN registration r ON r.organisation_id = o.id AND r.tool_id = $3 AND r.usage_mode = $4
        LEFT JOIN usage_mode u ON u.tool_id = r.tool_id AND u.id = r.usage_mode
        LEFT JOIN access a ON a.registration_id = r.id AND a.account_id = $1
        WHERE o.id = $2
        """,
        question.account_id,
        question.organisation_id,
        question.tool_id,
        question.usage_mode,
        today,
    )
    if row is None:
        return None
    return Facts(
        organisation_id=question.organisation_id,
        enterprise_number=row["enterprise_number"],
        organisation_name=row["name"],
        employee_state=State(row["employee_state"]) if row["employee_state"] else None,
        registration_state=row["registration_state"],
        suspended_reason=row["suspended_reason"],
        role_held=row["role"],
        register_rule=row["register_rule"] or "",
        use_rule=row["use_rule"] or "",
        circumstances=Circumstances(frozenset(row["held"]), row["is_manager"], frozenset(row["lists"])),
    )
