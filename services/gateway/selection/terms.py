"""A manager on the way to a tool is asked to accept its new terms first; everyone else goes on until the terms' day."""

from uuid import UUID

from services.gateway.model.catalogue import Tool
from services.gateway.web.visit import Visit


async def terms_to_read(visit: Visit, tool: Tool, registration_id: UUID | None) -> str:
    """The address where they are read; empty where nobody need be asked, or the manager has said: not now."""
    if registration_id is None or visit.fields.get("terms") == "later":
        return ""
    async with visit.at.database.acquire() as db:
        row = await db.fetchrow(
            """
            SELECT organisation_id, terms_version FROM access JOIN registration USING (registration_id, organisation_id)
            WHERE account_id = $1 AND registration_id = $2 AND access.tool_id = $3 AND is_manager AND rank = 0
            """,
            visit.account_id,
            registration_id,
            tool.id,
        )
    if row is None or row["terms_version"] in ("", tool.entry["terms_version"]):
        return ""
    return visit.to(f"/organisations/{row['organisation_id']}/tools/{tool.id}/terms?later={registration_id}")
