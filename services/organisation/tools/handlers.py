"""Publishing tools, and following up a change of their rules."""

from datetime import date, datetime
from uuid import UUID

from services.organisation.registrations.reassess import reassess_tool
from services.organisation.registrations.store import organisations_with_tool
from services.organisation.tools import store
from services.organisation.tools.rules import Entry, TermsRewritten, check_entry
from services.organisation.tools.store import CatalogueTool
from shared import jobs, outbox
from shared.db import Connection, Database
from shared.events.catalogue import RoleEntry, ToolChanged, ToolPublished, UsageModeEntry

REASSESS_JOB = "reassess-tool"
CHUNK = 100
_FIRST = UUID(int=0)


async def put_tool(db: Connection, tool_id: str, entry: Entry, *, now: datetime) -> CatalogueTool:
    """Publish a tool or change it; the same entry again changes nothing.

    Raises Violations, TermsRewritten; violates constraints for a usage mode or role that is taken away while in use.
    """
    check_entry(entry)
    known = await store.lock_tool(db, tool_id)
    if known is not None and known.entry == entry:
        return known
    tool = CatalogueTool(tool_id, entry, known.version + 1 if known else 1)
    await store.save_tool(db, tool, now=now)
    await _publish_terms(db, tool, now=now)
    await store.save_usage_modes(db, tool_id, entry.usage_modes)
    await store.save_roles(db, tool_id, entry.usage_modes)
    await store.delete_other_roles(db, tool_id, entry.usage_modes)
    await store.delete_other_usage_modes(db, tool_id, entry.usage_modes)
    if known is not None and _rules(known.entry) != _rules(entry):
        await jobs.enqueue(db, REASSESS_JOB, {"tool_id": tool_id}, key=tool_id, unique=tool_id)
    await outbox.append(db, tool_event(tool, is_new=known is None))
    return tool


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


def tool_event(tool: CatalogueTool, *, is_new: bool) -> ToolPublished | ToolChanged:
    entry = tool.entry
    event = ToolPublished if is_new else ToolChanged
    return event(
        version=tool.version,
        tool_id=tool.id,
        names=dict(entry.names),
        descriptions=dict(entry.descriptions),
        sign_in_acr=entry.sign_in_acr,
        start_url=entry.start_url,
        support_email=entry.support_email,
        colours=dict(entry.colours),
        logo=entry.logo,
        banner=entry.banner,
        terms_version=entry.terms.version,
        usage_modes=tuple(
            UsageModeEntry(
                id=mode.id,
                names=dict(mode.names),
                descriptions=dict(mode.descriptions),
                register_rule=mode.register_rule,
                use_rule=mode.use_rule,
                roles=tuple(RoleEntry(id=role.id, names=dict(role.names)) for role in mode.roles),
            )
            for mode in entry.usage_modes
        ),
        recognition_names={kind: dict(names) for kind, names in entry.recognition_names.items()},
    )


async def _publish_terms(db: Connection, tool: CatalogueTool, *, now: datetime) -> None:
    terms = tool.entry.terms
    await store.add_terms(db, tool.id, terms.version, dict(terms.texts), now=now)
    if await store.find_terms(db, tool.id, terms.version) != terms.texts:
        raise TermsRewritten(field="terms.texts")


def _rules(entry: Entry) -> dict[str, tuple[str, str]]:
    return {mode.id: (mode.register_rule, mode.use_rule) for mode in entry.usage_modes}
