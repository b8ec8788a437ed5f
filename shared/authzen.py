"""How services ask whether an account may start a tool as this: OpenID AuthZEN, Authorization API 1.0."""

from typing import Any
from uuid import UUID

EVALUATION = "/internal/access/v1/evaluation"


def may_start(account_id: UUID, tool_id: str, organisation_id: UUID, usage_mode: str, role: str) -> dict[str, Any]:
    """The question. The answer: `{"decision": bool, "context": {"reasons", "missing", "suspended_reason", "quality"}}`."""
    return {
        "subject": {"type": "account", "id": account_id},
        "action": {"name": "start"},
        "resource": {"type": "tool", "id": tool_id},
        "context": {"organisation_id": organisation_id, "usage_mode": usage_mode, "role": role},
    }
