"""What invitations give whoever accepts, in words."""

from collections.abc import Sequence
from uuid import UUID

from services.organisation.fields import Answer
from services.organisation.invitations.access_store import access_of
from services.organisation.tools.store import find_tool
from shared.db import Connection


class FirstAccessAnswer(Answer):
    """What whoever accepts can use at once, in words."""

    registration_id: UUID
    tool_name: str
    usage_mode_name: str
    role: str
    role_name: str


async def access_answers(
    db: Connection, invitation_ids: Sequence[UUID], language: str
) -> dict[UUID, list[FirstAccessAnswer]]:
    """By invitation; what the catalogue no longer has is left out, as it will be for whoever accepts."""
    found: dict[UUID, list[FirstAccessAnswer]] = {invitation_id: [] for invitation_id in invitation_ids}
    known = await access_of(db, invitation_ids)
    tools = {tool_id: await find_tool(db, tool_id) for tool_id in {one.tool_id for one in known}}
    for one in known:
        tool = tools[one.tool_id]
        mode = tool.entry.usage_mode(one.usage_mode) if tool else None
        role = next((role for role in mode.roles if role.id == one.role), None) if mode else None
        if tool and mode and role:
            answer = FirstAccessAnswer(
                registration_id=one.registration_id,
                tool_name=tool.entry.names[language],
                usage_mode_name=mode.names[language],
                role=role.id,
                role_name=role.names[language],
            )
            found[one.invitation_id].append(answer)
    return found
