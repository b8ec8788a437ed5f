"""What the pages of tools show of the catalogue."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from services.gateway.model.catalogue import Tool
from services.gateway.web.ui import monogram
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

SUSPENDED = {
    "mandate-lapsed": N_(
        "The recognition under which it was registered is no longer valid. A manager can choose another; "
        "when it returns, the tool opens again by itself."
    ),
    "employee-blocked": N_(
        "The employee under whose recognition it was registered is blocked. A manager can choose another."
    ),
    "employee-removed": N_(
        "The employee under whose recognition it was registered has left. A manager can choose another."
    ),
    "organisation-not-listed": N_(
        "The tool is for the organisations on its own list, and yours is not on it at present. "
        "When it is, the tool opens again by itself."
    ),
    "account-erased": N_(
        "The account under whose recognition it was registered no longer exists. A manager can choose another."
    ),
    "terms-outdated": N_("The tool’s terms have changed. It opens again as soon as a manager accepts the new ones."),
}
SUSPENDED_OTHERWISE = N_("A manager sees on the access page what is the matter.")


def suspension(visit: Visit, reason: str | None) -> str:
    return visit.words.gettext(SUSPENDED.get(reason or "", SUSPENDED_OTHERWISE))


def slug(tool_id: str) -> str:
    """As it may stand in an address of the service's. Raises NotFound."""
    if re.fullmatch(r"[a-z][a-z0-9-]{0,49}", tool_id) is None:
        raise NotFound
    return tool_id


def paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", text.strip()) if text.strip() else []


def access_url(organisation_id: object, registration_id: object) -> str:
    return f"/organisations/{organisation_id}/registrations/{registration_id}/access"


def card(tool: Mapping[str, Any], **more: Any) -> SimpleNamespace:
    """tool: as the organisation service shows it, in one language."""
    return SimpleNamespace(
        id=tool["id"],
        name=tool["name"],
        monogram=monogram(tool["name"]),
        logo=tool.get("logo") or "",
        page_url=f"/tools/{tool['id']}",
        is_offered=tool.get("state", "offered") == "offered",
        description=tool["description"],
        needs_eid=tool["sign_in_acr"] == "eid",
        start_url=tool["start_url"],
        **more,
    )


def card_of(tool: Tool, language: str, **more: Any) -> SimpleNamespace:
    """The same, of the read model's catalogue."""
    entry, view = tool.entry, tool.views[language]
    names = {"id": tool.id, "name": view.name, "logo": view.logo, "description": tool.text("descriptions", language)}
    facts = {name: entry[name] for name in ("sign_in_acr", "start_url")}
    return card({**names, **facts, "state": entry.get("state", "offered")}, **more)


def needs_in_words(visit: Visit, tool: Tool | None, missing: Sequence[Sequence[str]]) -> str:
    """`IPI number or (CIB member and FS323)`: any one of the lists would do. What is in them: see `need_name`."""
    both, either = visit.words.gettext(N_("{first} and {second}")), visit.words.gettext(N_("{first} or {second}"))
    ways = [_joined([need_name(visit, tool, need) for need in needs], both) for needs in missing]
    several = len(ways) > 1
    return _joined(
        [f"({way})" if several and len(needs) > 1 else way for way, needs in zip(ways, missing, strict=True)], either
    )


def need_name(visit: Visit, tool: Tool | None, need: str) -> str:
    """need: a recognition kind, `manager`, or `list:<name>`, as organisation's rules say it. tool: None where the read model lacks it."""
    if need == "manager":
        return visit.words.gettext(N_("being a manager of the organisation"))
    if need.startswith("list:"):
        name = tool.views[visit.language].name if tool else ""
        return visit.words.sentence(N_("an organisation on the list of {tool}"), {"tool": name})
    return tool.recognition_name(need, visit.language) if tool else need.upper()


def recognition_names(visit: Visit, tool: Tool | None, kinds: Iterable[str]) -> list[str]:
    """tool: None where the read model does not have it yet."""
    return [need_name(visit, tool, kind) for kind in kinds]


def _joined(parts: Sequence[str], last: str) -> str:
    """`a, b or c`; nothing for nothing."""
    others = ", ".join(parts[:-1])
    return last.format(first=others, second=parts[-1]) if others else "".join(parts)
