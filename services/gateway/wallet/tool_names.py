"""What tools are called."""

from services.gateway.web.visit import Visit


async def tool_name(visit: Visit, tool_id: str) -> str:
    """Its id where the read model does not know it."""
    tool = await visit.own.catalogue.tool(tool_id)
    return tool.views[visit.language].name if tool and visit.language in tool.views else tool_id
