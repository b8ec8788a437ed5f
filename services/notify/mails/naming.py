"""The names that go with the ids of a delivery, as they are today."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.notify.mails.catalogue import RECOGNITION_NAMES
from services.notify.mails.render import FOLDER
from services.notify.recipients import store
from shared.db import Connection
from shared.i18n import translator

MOMENTS = frozenset(("starts_at", "signed_in_at"))
DAYS = frozenset(("ends_on", "counts_until"))


async def named(db: Connection, params: Mapping[str, Any], language: str) -> dict[str, object]:
    """`params` with {organisation}, {other}, {tool}, {role}, {person} and {recognition} added where their ids are there."""
    known: dict[str, object] = dict(params)
    if "organisation_id" in params:
        known["organisation"] = await store.organisation_name(db, UUID(params["organisation_id"])) or params.get(
            "organisation_name", ""
        )
    if "other_organisation_id" in params:
        known["other"] = await store.organisation_name(db, UUID(params["other_organisation_id"]))
    if "tool_id" in params:
        known["tool"] = await store.tool_name(db, params["tool_id"], language)
    if "role" in params:
        about = (params["tool_id"], params["usage_mode"], params["role"])
        known["role"] = await store.role_name(db, *about, language)
    if "account_id" in params:
        found = await store.find_recipients(db, [UUID(params["account_id"])])
        # Somebody whose name has not arrived yet acts for the organisation.
        known["person"] = "".join(person.name for person in found.values()) or params.get("organisation_name", "")
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
