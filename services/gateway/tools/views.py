"""What the pages of tools show of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from services.gateway.model.catalogue import Tool
from services.gateway.web.ui import monogram
from services.gateway.web.visit import Visit
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
    "account-erased": N_(
        "The account under whose recognition it was registered no longer exists. A manager can choose another."
    ),
}
SUSPENDED_OTHERWISE = N_("A manager sees on the access page what is the matter.")


def suspension(visit: Visit, reason: str | None) -> str:
    return visit.words.gettext(SUSPENDED.get(reason or "", SUSPENDED_OTHERWISE))


def access_url(organisation_id: object, registration_id: object) -> str:
    return f"/organisations/{organisation_id}/registrations/{registration_id}/access"


def card(tool: Mapping[str, Any], **more: Any) -> SimpleNamespace:
    """tool: as the organisation service shows it, in one language."""
    return SimpleNamespace(
        id=tool["id"],
        name=tool["name"],
        monogram=monogram(tool["name"]),
        description=tool["description"],
        needs_eid=tool["sign_in_acr"] == "eid",
        start_url=tool["start_url"],
        **more,
    )


def card_of(tool: Tool, language: str, **more: Any) -> SimpleNamespace:
    """The same, of the read model's catalogue."""
    entry = tool.entry
    names = {"id": tool.id, "name": tool.views[language].name, "description": entry["descriptions"][language]}
    return card({**names, "sign_in_acr": entry["sign_in_acr"], "start_url": entry["start_url"]}, **more)


def needs_in_words(visit: Visit, tool: Tool | None, missing: Sequence[Sequence[str]]) -> str:
    """`IPI number or CIB member and FS323`: any one of the lists would do."""
    both, either = visit.words.gettext(N_("{first} and {second}")), visit.words.gettext(N_("{first} or {second}"))
    return _joined([_joined(recognition_names(visit, tool, kinds), both) for kinds in missing], either)


def recognition_names(visit: Visit, tool: Tool | None, kinds: Iterable[str]) -> list[str]:
    """tool: None where the read model does not have it yet."""
    return [tool.recognition_name(kind, visit.language) if tool else kind.upper() for kind in kinds]


def _joined(parts: Sequence[str], pattern: str) -> str:
    text = ""
    for part in parts:
        text = pattern.format(first=text, second=part) if text else part
    return text
