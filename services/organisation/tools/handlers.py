"""Publishing tools, and following up a change of their rules."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.registrations.reassess import reassess_tool
from services.organisation.registrations.store import organisations_with_tool
from services.organisation.tools import history_store, store
from services.organisation.tools.diff import Change, changes
from services.organisation.tools.facts import tool_event
from services.organisation.tools.rules import Entry, TermsRewritten, ToolChangedMeanwhile, checked
from services.organisation.tools.store import CatalogueTool
from shared import jobs, outbox
from shared.db import Connection, Database

REASSESS_JOB = "reassess-tool"
CHUNK = 100
_FIRST = UUID(int=0)


@dataclass(frozen=True)
class Decided:
    """Who changes the catalogue, and why. by: an account id, `operator`, or `edition`: what came along with the platform."""

    by: str
    reason: str
    origin: str


@dataclass(frozen=True)
class Published:
    """changes: none where the entry was the same already."""

    tool: CatalogueTool
    changes: list[Change]
    is_new: bool


EDITION, OPERATOR = "edition", "operator"


async def put_tool(
    db: Connection, tool_id: str, entry: Entry, decided: Decided, *, now: datetime, version: int | None = None
) -> Published:
    """Publish a tool or change it; the same entry again changes nothing. version: what it is taken to be, 0 for a new tool.

    Raises Violations, TermsRewritten, ToolChangedMeanwhile; violates constraints for a usage mode or role that is taken away
    while in use.
    """
    entry = checked(entry)
    known = await store.lock_tool(db, tool_id)
    if version is not None and version != (known.version if known else 0):
        raise ToolChangedMeanwhile()
    if known is not None and known.entry == entry:
        return Published(known, [], is_new=False)
    tool = CatalogueTool(tool_id, entry, known.version + 1 if known else 1)
    await store.save_tool(db, tool, now=now)
    await history_store.add_version(db, tool, changed_by=decided.by, reason=decided.reason, now=now)
    await _publish_terms(db, tool, now=now)
    await store.save_usage_modes(db, tool_id, entry.usage_modes)
    await store.save_roles(db, tool_id, entry.usage_modes)
    await store.delete_other_roles(db, tool_id, entry.usage_modes)
    await store.delete_other_usage_modes(db, tool_id, entry.usage_modes)
    if known is not None and _rules(known.entry) != _rules(entry):
        await jobs.enqueue(db, REASSESS_JOB, {"tool_id": tool_id}, key=tool_id, unique=tool_id)
    await _record(db, tool, known, decided)
    await outbox.append(db, tool_event(tool, is_new=known is None))
    return Published(tool, changes(known.entry if known else None, entry), is_new=known is None)


async def _record(db: Connection, tool: CatalogueTool, known: CatalogueTool | None, decided: Decided) -> None:
    action = "change-tool" if known else "publish-tool"
    if known and known.entry.state != tool.entry.state:
        action = "retire-tool" if tool.entry.state == "retired" else "offer-tool"
    details = {"tool_id": tool.id, "version": tool.version, "reason": decided.reason}
    await audit.record(db, action, actor=decided.by, origin=decided.origin, details=details)


async def follow_rules(database: Database, tool_id: str, *, today: date) -> None:
    """Reassess every organisation that has the tool, some at a time. A second run does no harm."""
    after = _FIRST
    while True:
        async with database.transaction() as db:
            organisation_ids = await organisations_with_tool(db, tool_id, after=after, limit=CHUNK)
            await reassess_tool(db, tool_id, organisation_ids, today=today)
        if len(organisation_ids) < CHUNK:
            return
        after = organisation_ids[-1]


async def _publish_terms(db: Connection, tool: CatalogueTool, *, now: datetime) -> None:
    terms = tool.entry.terms
    await store.add_terms(db, tool.id, terms.version, dict(terms.texts), now=now)
    if await store.find_terms(db, tool.id, terms.version) != terms.texts:
        raise TermsRewritten(field="terms.texts")


def _rules(entry: Entry) -> tuple[object, ...]:
    """What decides who may work, and what one may ask to work as: a change of it concerns those who do."""
    rules = {
        mode.id: (mode.rule_to_register(), mode.rule_to_use(), frozenset(role.id for role in mode.roles))
        for mode in entry.usage_modes
    }
    return rules, entry.terms.version, entry.terms.required_from
