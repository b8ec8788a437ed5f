"""The usage mode of a registration, as the catalogue has it now."""

from services.organisation.registrations.rules import UsageModeNotFound
from services.organisation.tools.rules import UsageMode
from services.organisation.tools.store import CatalogueTool, find_tool, find_tool_for_use
from shared.db import Connection


async def usage_mode_of(db: Connection, tool_id: str, usage_mode: str) -> tuple[CatalogueTool, UsageMode]:
    """To show. Raises UsageModeNotFound."""
    return _checked(await find_tool(db, tool_id), usage_mode)


async def usage_mode_for_use(db: Connection, tool_id: str, usage_mode: str) -> tuple[CatalogueTool, UsageMode]:
    """Until the transaction ends it stays as it is. Raises UsageModeNotFound."""
    return _checked(await find_tool_for_use(db, tool_id), usage_mode)


def _checked(tool: CatalogueTool | None, usage_mode: str) -> tuple[CatalogueTool, UsageMode]:
    mode = tool.entry.usage_mode(usage_mode) if tool else None
    if tool is None or mode is None:
        raise UsageModeNotFound()
    return tool, mode
