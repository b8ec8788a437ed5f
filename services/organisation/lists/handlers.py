"""Taking over a tool's list, and what follows for those who work with the tool."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.lists import store
from services.organisation.lists.rules import (
    Difference,
    ListChangedMeanwhile,
    ListEmpty,
    ListNotFound,
    ListShrunken,
    Read,
    difference,
    lists_asked_for,
    read_list,
)
from services.organisation.lists.store import Concerned, ListState
from services.organisation.registrations.reassess import reassess_tool
from services.organisation.tools.handlers import Decided
from services.organisation.tools.rules import ToolNotFound
from services.organisation.tools.store import lock_tool
from shared import jobs
from shared.db import Connection, Database

REASSESS_LISTED = "reassess-listed"
CHUNK = 50


@dataclass(frozen=True)
class ImportList:
    """version: what the list is taken to be, 0 for a new one; None to take it as it is. is_confirmed: also if half of it would go."""

    tool_id: str
    name: str
    text: str
    version: int | None
    is_confirmed: bool
    dry_run: bool


@dataclass(frozen=True)
class Imported:
    """version: of the list, afterwards. losing, gaining: organisations that work with the tool, and are off or on the list now."""

    version: int
    read: Read
    difference: Difference
    losing: list[Concerned]
    gaining: list[Concerned]


async def import_list(db: Connection, command: ImportList, decided: Decided, *, now: datetime) -> Imported:
    """The same list again changes nothing. What follows for registrations is a job.

    Raises ToolNotFound, ListNotFound, ListChangedMeanwhile, ListEmpty, ListShrunken (not in a dry run).
    """
    # Whoever registers the tool meanwhile waits, or is waited for: so nobody slips in between list and registration.
    tool = await lock_tool(db, command.tool_id)
    if tool is None:
        raise ToolNotFound()
    if command.name not in lists_asked_for(tool.entry):
        raise ListNotFound()
    known = (await store.find_lists(db, tool.id)).get(command.name)
    version = known.version if known else 0
    if command.version is not None and command.version != version:
        raise ListChangedMeanwhile()
    read = read_list(command.text)
    if not read.numbers:
        raise ListEmpty(field="text")
    change = difference(await store.numbers_on(db, tool.id, command.name), read.numbers)
    losing = await store.organisations_concerned(db, tool.id, change.removed)
    gaining = await store.organisations_concerned(db, tool.id, change.added)
    if command.dry_run or (known and not change.added and not change.removed):
        return Imported(version, read, change, losing, gaining)
    if change.is_shrunken and not command.is_confirmed:
        raise ListShrunken(before=change.before, removed=len(change.removed))
    await _save(db, command, change, version + 1, decided, now=now)
    await _follow(db, tool.id, [one.id for one in (*losing, *gaining)])
    return Imported(version + 1, read, change, losing, gaining)


async def reassess_listed(database: Database, tool_id: str, organisation_ids: Sequence[UUID], *, today: date) -> None:
    """A second run does no harm."""
    async with database.transaction() as db:
        await reassess_tool(db, tool_id, organisation_ids, today=today)


async def _save(
    db: Connection, command: ImportList, change: Difference, version: int, decided: Decided, *, now: datetime
) -> None:
    state = ListState(command.name, version, change.after, now, decided.reason)
    await store.save_list(db, command.tool_id, state)
    await store.remove_numbers(db, command.tool_id, command.name, change.removed)
    await store.add_numbers(db, command.tool_id, command.name, change.added)
    details = {
        "tool_id": command.tool_id,
        "list": command.name,
        "version": version,
        "added": len(change.added),
        "removed": len(change.removed),
        "reason": decided.reason,
    }
    await audit.record(db, "import-list", actor=decided.by, origin=decided.origin, details=details)


async def _follow(db: Connection, tool_id: str, organisation_ids: Sequence[UUID]) -> None:
    for start in range(0, len(organisation_ids), CHUNK):
        ids = [str(one) for one in organisation_ids[start : start + CHUNK]]
        await jobs.enqueue(db, REASSESS_LISTED, {"tool_id": tool_id, "organisation_ids": ids})
