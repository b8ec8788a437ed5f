"""The lists of organisations that tools keep, for the staff and the operator."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body
from services.organisation.lists import handlers, rules, store
from services.organisation.lists.handlers import Imported, ImportList
from services.organisation.lists.store import Concerned
from services.organisation.tools.handlers import Decided
from services.organisation.tools.operator_api import ToolId
from services.organisation.tools.rules import ReasonMissing, ToolNotFound
from services.organisation.tools.staff_api import MAX_REASON_CHARS, MIN_REASON_CHARS, Staff
from services.organisation.tools.store import find_tool
from shared.db import Connection
from shared.http import Language
from shared.tokens import peer

router = APIRouter()
ListName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
SHOWN = 200


class ListAnswer(Answer):
    """usage_modes: those that ask for it, by id and name. version: 0 where nothing was imported yet; nobody is on it then."""

    name: str
    usage_modes: dict[str, str]
    version: int
    entries: int
    imported_at: datetime | None
    reason: str


class BadLineAnswer(Answer):
    line: int
    text: str
    reason: str


class ConcernedAnswer(Answer):
    enterprise_number: str
    name: str


class ImportBody(Body):
    """text: one enterprise number a line. version: what the list is taken to be. confirmed: also if more than half would go."""

    text: Annotated[str, Field(max_length=rules.MAX_CHARS)]
    version: Annotated[int, Field(ge=0)] | None = None
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)] = ""
    confirmed: bool = False
    dry_run: bool = False


class ImportedAnswer(Answer):
    """added, removed: numbers, the first of so many. losing, gaining: organisations that work with the tool already."""

    version: int
    before: int
    after: int
    added: list[str]
    added_count: int
    removed: list[str]
    removed_count: int
    losing: list[ConcernedAnswer]
    gaining: list[ConcernedAnswer]
    bad: list[BadLineAnswer]
    bad_count: int
    is_shrunken: bool

    @classmethod
    def of(cls, imported: Imported) -> Self:
        change, read = imported.difference, imported.read
        return cls(
            version=imported.version,
            before=change.before,
            after=change.after,
            added=sorted(change.added)[:SHOWN],
            added_count=len(change.added),
            removed=sorted(change.removed)[:SHOWN],
            removed_count=len(change.removed),
            losing=_concerned(imported.losing),
            gaining=_concerned(imported.gaining),
            bad=[BadLineAnswer.model_validate(one) for one in read.bad],
            bad_count=read.bad_count,
            is_shrunken=change.is_shrunken,
        )


@router.get("/api/catalogue/{tool_id}/lists")
async def show_lists(tool_id: ToolId, _: Staff, at: At, language: Language) -> list[ListAnswer]:
    """Raises ToolNotFound."""
    async with at.database.acquire() as db:
        return await _lists(db, tool_id, language)


@router.post("/api/catalogue/{tool_id}/lists/{name}")
@command
async def import_list(tool_id: ToolId, name: ListName, body: ImportBody, caller: Staff, at: At) -> ImportedAnswer:
    """Raises ReasonMissing, ToolNotFound, ListNotFound, ListChangedMeanwhile, ListEmpty, ListShrunken."""
    reason = body.reason.strip()
    if not body.dry_run and len(reason) < MIN_REASON_CHARS:
        raise ReasonMissing(field="reason", min_length=MIN_REASON_CHARS, max_length=MAX_REASON_CHARS)
    decided = Decided(str(caller.account_id), reason, origin=f"session {caller.session_id}")
    return await _import(at, tool_id, name, body, decided)


@router.get("/internal/tools/{tool_id}/lists", dependencies=[peer("operator")])
async def lists_for_operator(tool_id: ToolId, at: At, language: Language) -> list[ListAnswer]:
    async with at.database.acquire() as db:
        return await _lists(db, tool_id, language)


@router.post("/internal/tools/{tool_id}/lists/{name}", dependencies=[peer("operator")])
@command
async def import_as_operator(tool_id: ToolId, name: ListName, body: ImportBody, at: At) -> ImportedAnswer:
    return await _import(at, tool_id, name, body, Decided("operator", body.reason.strip(), origin="operator"))


async def _import(at: At, tool_id: str, name: str, body: ImportBody, decided: Decided) -> ImportedAnswer:
    wanted = ImportList(tool_id, name, body.text, body.version, is_confirmed=body.confirmed, dry_run=body.dry_run)
    async with at.database.transaction() as db:
        return ImportedAnswer.of(await handlers.import_list(db, wanted, decided, now=datetime.now(UTC)))


async def _lists(db: Connection, tool_id: str, language: str) -> list[ListAnswer]:
    tool = await find_tool(db, tool_id)
    if tool is None:
        raise ToolNotFound()
    known = await store.find_lists(db, tool_id)
    names = {mode.id: mode.names[language] for mode in tool.entry.usage_modes}
    answers: list[ListAnswer] = []
    for name, modes in rules.lists_asked_for(tool.entry).items():
        state = known.get(name)
        answers.append(
            ListAnswer(
                name=name,
                usage_modes={mode: names[mode] for mode in modes},
                version=state.version if state else 0,
                entries=state.entries if state else 0,
                imported_at=state.imported_at if state else None,
                reason=state.reason if state else "",
            )
        )
    return answers


def _concerned(found: list[Concerned]) -> list[ConcernedAnswer]:
    return [ConcernedAnswer.model_validate(one) for one in found[:SHOWN]]
