"""The names that go with the ids of deliveries, as they are today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.notify.mails.catalogue import RECOGNITION_NAMES
from services.notify.mails.render import FOLDER
from services.notify.recipients import store
from services.notify.recipients.rules import Recipient, ToolNames
from shared.db import Connection
from shared.i18n import translator

MOMENTS = frozenset(("starts_at", "signed_in_at"))
DAYS = frozenset(("ends_on", "counts_until"))
_ORGANISATIONS = ("organisation_id", "other_organisation_id")


@dataclass(frozen=True)
class Names:
    """What is known of everybody and everything that some deliveries name."""

    recipients: Mapping[UUID, Recipient]
    organisations: Mapping[UUID, str]
    tools: Mapping[str, ToolNames]

    def of(self, params: Mapping[str, Any], language: str) -> dict[str, object]:
        """`params` with {organisation}, {other}, {tool}, {role}, {person} and {recognition} added where their ids are there."""
        known: dict[str, object] = dict(params)
        if "organisation_id" in params:
            name = self.organisations.get(UUID(params["organisation_id"]))
            known["organisation"] = name or params.get("organisation_name", "")
        if "other_organisation_id" in params:
            known["other"] = self.organisations.get(UUID(params["other_organisation_id"]), "")
        if "tool_id" in params:
            tool = self.tools.get(params["tool_id"]) or ToolNames({}, {})
            known["tool"] = tool.name(language) or params["tool_id"]
            if "role" in params:
                known["role"] = tool.role(params["usage_mode"], params["role"], language) or params["role"]
        if "account_id" in params:
            person = self.recipients.get(UUID(params["account_id"]))
            # Somebody whose name has not arrived yet acts for the organisation.
            known["person"] = person.name if person else params.get("organisation_name", "")
        for moment in MOMENTS & params.keys():
            known[moment] = datetime.fromisoformat(params[moment])
        for day in DAYS & params.keys():
            known[day] = date.fromisoformat(params[day])
        if "recognitions" in params:
            t = translator(FOLDER, language)
            known["recognition"] = ", ".join(
                t.gettext(RECOGNITION_NAMES.get(kind, kind.upper())) for kind in params["recognitions"]
            )
        return known


async def names_in(db: Connection, every: Iterable[Mapping[str, Any]], *, also: Iterable[UUID] = ()) -> Names:
    """also: people who are asked for besides, such as those to whom the mails go."""
    params = list(every)
    people = {*also, *(UUID(one["account_id"]) for one in params if "account_id" in one)}
    organisations = {UUID(one[name]) for one in params for name in _ORGANISATIONS if name in one}
    tools = {str(one["tool_id"]) for one in params if "tool_id" in one}
    return Names(
        await store.find_recipients(db, people) if people else {},
        await store.organisation_names(db, organisations) if organisations else {},
        await store.tool_names(db, tools) if tools else {},
    )


async def named(db: Connection, params: Mapping[str, Any], language: str) -> dict[str, object]:
    return (await names_in(db, [params])).of(params, language)
