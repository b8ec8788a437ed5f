"""What the access page shows, made of what the service answers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.gateway.model.catalogue import Tool
from services.gateway.tools.access_form import Edits, View
from services.gateway.tools.views import need_name, needs_in_words, suspension
from services.gateway.web.templates import initials
from services.gateway.web.visit import Visit


@dataclass
class AccessPage:
    """One person's work on an access page. onward: where they were about to go. bulk_role: for all who are shown; None for nobody."""

    organisation_id: UUID
    registration_id: UUID
    view: View
    edits: Edits = field(default_factory=Edits)
    onward: View | None = None
    bulk_role: str | None = None


def standing(visit: Visit, tool: Tool | None, found: dict[str, Any]) -> SimpleNamespace:
    """Whether the registration stands, and under whose recognition."""
    mandate: dict[str, Any] | None = found["mandate"]
    return SimpleNamespace(
        suspended=suspension(visit, found["suspended_reason"]) if found["state"] != "active" else "",
        reason=found["suspended_reason"] or "",
        person=(mandate["name"] or "?") if mandate else "",
        recognition=need_name(visit, tool, mandate["recognition"]) if mandate else "",
        until=date.fromisoformat(mandate["until"]) if mandate and mandate["until"] else None,
        is_held=bool(mandate and mandate["is_held"]),
    )


def columns(visit: Visit, tool: Tool | None, found: dict[str, Any]) -> list[SimpleNamespace]:
    """One for each recognition that the usage mode asks about."""
    return [SimpleNamespace(kind=kind, name=need_name(visit, tool, kind)) for kind in found["kinds"]]


def people(visit: Visit, found: dict[str, Any], edits: Edits, crossed: set[str]) -> list[SimpleNamespace]:
    """chosen, manages: as they would be once it is saved. is_crossed: somebody else has just changed their access."""
    rows: list[SimpleNamespace] = []
    for one in found["employees"]:
        account_id, name = one["account_id"], one["name"] or "?"
        rows.append(
            SimpleNamespace(
                account_id=account_id,
                name=name,
                initials=initials(name),
                manager=one["manager"],
                is_blocked=one["state"] == "blocked",
                role=one["role"] or "",
                chosen=edits.roles.get(account_id, (one["role"] or "", ""))[0],
                is_tool_manager=one["tool_manager"],
                manages=edits.managers.get(account_id, (one["tool_manager"], False))[0],
                is_changed=account_id in edits.account_ids,
                is_crossed=account_id in crossed,
                usable=not one["missing"],
                held=set(one["held"]),
                until={kind: date.fromisoformat(day) for kind, day in one["until"].items()},
            )
        )
    return rows


def requests(visit: Visit, tool: Tool | None, found: dict[str, Any]) -> list[SimpleNamespace]:
    names = {role["id"]: role["name"] for role in found["roles"]}
    return [
        SimpleNamespace(
            account_id=one["account_id"],
            name=one["name"] or "?",
            initials=initials(one["name"] or "?"),
            role=names.get(one["role"], one["role"]),
            is_known=one["role"] in names,
            current_role=names.get(one["current_role"], one["current_role"]) if one["current_role"] else "",
            missing=needs_in_words(visit, tool, one["missing"]),
            requested_on=datetime.fromisoformat(one["requested_at"]).date(),
        )
        for one in found["requests"]
    ]


def saved(visit: Visit, edits: Edits) -> str:
    """`2 people given access, 1 tool manager appointed`."""
    count, words = edits.summary(), visit.words
    told = {
        "given": words.ngettext("{count} person given access", "{count} people given access", count["given"]),
        "changed": words.ngettext("{count} role changed", "{count} roles changed", count["changed"]),
        "withdrawn": words.ngettext(
            "access of {count} person withdrawn", "access of {count} people withdrawn", count["withdrawn"]
        ),
        "appointed": words.ngettext(
            "{count} tool manager appointed", "{count} tool managers appointed", count["appointed"]
        ),
        "dismissed": words.ngettext(
            "{count} tool manager dismissed", "{count} tool managers dismissed", count["dismissed"]
        ),
    }
    return ", ".join(told[kind].format(count=number) for kind, number in count.items() if number)
