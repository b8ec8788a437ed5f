"""How things are with someone in an organisation, as far as rules ask."""

from datetime import date
from uuid import UUID

from services.organisation.tools.needs import Circumstances
from shared.db import Connection


async def circumstances_of(
    db: Connection, organisation_id: UUID, account_id: UUID, tool_id: str, *, today: date
) -> Circumstances:
    """What they hold, whether they manage the organisation, and on which of the tool's lists it is; in one statement."""
    row = await db.fetchrow(
        """
        SELECT coalesce((SELECT e.manager FROM employee e WHERE e.organisation_id = o.id AND e.account_id = $2), false)
                   AS is_manager,
               ARRAY (SELECT DISTINCT h.kind FROM recognition_held h
                      WHERE h.account_id = $2 AND (h.valid_until IS NULL OR h.valid_until >= $4)) AS held,
               ARRAY (SELECT l.list FROM listed_organisation l
                      WHERE l.enterprise_number = o.enterprise_number AND l.tool_id = $3) AS lists
        FROM organisation o WHERE o.id = $1
        """,
        organisation_id,
        account_id,
        tool_id,
        today,
    )
    if row is None:
        return Circumstances()
    return Circumstances(frozenset(row["held"]), row["is_manager"], frozenset(row["lists"]))
