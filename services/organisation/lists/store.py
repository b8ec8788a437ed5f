"""Lists of organisations, one statement a function."""

from uuid import UUID

from shared.db import Connection


async def lists_of(db: Connection, organisation_id: UUID, tool_id: str) -> frozenset[str]:
    """The tool's lists that the organisation is on."""
    rows = await db.fetch(
        """
        SELECT l.list FROM listed_organisation l JOIN organisation o ON o.enterprise_number = l.enterprise_number
        WHERE o.id = $1 AND l.tool_id = $2
        """,
        organisation_id,
        tool_id,
    )
    return frozenset(row["list"] for row in rows)
