"""The catalogue as the staff sees and changes it: everything under a reason, everything kept."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer, Body, Slug
from services.organisation.tools import files, history_store
from services.organisation.tools.diff import changes
from services.organisation.tools.files import FileRefused
from services.organisation.tools.handlers import Decided
from services.organisation.tools.operator_api import ChangeAnswer, PublishedAnswer, RecordAnswer, ToolId, put_all
from services.organisation.tools.rules import ReasonMissing, ToolNotFound
from services.organisation.tools.store import CatalogueTool
from services.organisation.tools.views import UsageModeAnswer, mode_answers
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/catalogue")
ROLE, FRESH_S = "support", 8 * 3600
Staff = Annotated[Person, person(acr="mfa", staff=ROLE, fresh_s=FRESH_S)]
MIN_REASON_CHARS, MAX_REASON_CHARS = 10, 1000
VERSIONS_SHOWN = 25
LAST = 2**62


class ToolRecord(Answer):
    """usage_modes: with their rules in words."""

    record: RecordAnswer
    usage_modes: list[UsageModeAnswer]


class VersionAnswer(Answer):
    version: int
    changed_by: str
    name: str
    reason: str
    changed_at: datetime
    changes: list[ChangeAnswer]


class DocumentAnswer(Answer):
    document: str
    version: int


class ChangesBody(Body):
    """document: YAML as `./immo tools export` writes it. versions: what each tool is taken to be; 0, or left out, for a new one."""

    document: Annotated[str, Field(max_length=files.MAX_CHARS)]
    versions: dict[Slug, int] = Field(default_factory=dict[str, int], max_length=500)
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS)] = ""
    dry_run: bool = False


@router.get("")
async def list_tools(_: Staff, at: At) -> list[RecordAnswer]:
    async with at.database.acquire() as db:
        return await RecordAnswer.listed(db, await history_store.present_versions(db))


@router.post("/changes")
@command
async def change(body: ChangesBody, caller: Staff, at: At) -> list[PublishedAnswer]:
    """All tools of the document or none. dry_run: what it would come to; nothing stays.

    Raises Violations whose fields are `line:path`, ReasonMissing, TermsRewritten, UsageModeInUse, RoleInUse, ToolChangedMeanwhile.
    """
    reason = body.reason.strip()
    if not body.dry_run and len(reason) < MIN_REASON_CHARS:
        raise ReasonMissing(field="reason", min_length=MIN_REASON_CHARS, max_length=MAX_REASON_CHARS)
    try:
        # Seconds for a long file, in which others are answered.
        entries = await asyncio.to_thread(files.read, body.document, "document", drawing=files.no_drawing)
    except FileRefused as refused:
        raise refused.as_problem() from refused
    decided = Decided(str(caller.account_id), reason, origin=f"session {caller.session_id}")
    tools = {tool_id: (entry, body.versions.get(tool_id, 0)) for tool_id, entry in entries.items()}
    return [PublishedAnswer.of(one) for one in await put_all(at.database, tools, decided, dry_run=body.dry_run)]


@router.get("/{tool_id}")
async def show_tool(tool_id: ToolId, _: Staff, at: At, language: Language) -> ToolRecord:
    async with at.database.acquire() as db:
        found = await history_store.present_versions(db, [tool_id])
        records = await RecordAnswer.listed(db, found)
    if not records:
        raise ToolNotFound()
    tool = CatalogueTool(tool_id, found[0].entry, found[0].version)
    return ToolRecord(record=records[0], usage_modes=mode_answers(tool, language))


@router.get("/{tool_id}/versions")
async def list_versions(
    tool_id: ToolId, _: Staff, at: At, before: Annotated[int, Query(ge=1, le=LAST)] = LAST
) -> list[VersionAnswer]:
    """The newest first, each with what it changed."""
    async with at.database.acquire() as db:
        found = await history_store.versions_of(db, tool_id, before=before, limit=VERSIONS_SHOWN + 1)
    if not found:
        raise ToolNotFound()
    older = [*(one.entry for one in found[1:]), None]
    return [
        VersionAnswer(
            version=one.version,
            changed_by=one.changed_by,
            name=one.name,
            reason=one.reason,
            changed_at=one.changed_at,
            changes=ChangeAnswer.listed(changes(previous, one.entry)) if one.version > 1 else [],
        )
        for one, previous in list(zip(found, older, strict=True))[:VERSIONS_SHOWN]
    ]


@router.get("/{tool_id}/document")
async def show_document(
    tool_id: ToolId, _: Staff, at: At, version: Annotated[int, Query(ge=0, le=LAST)] = 0
) -> DocumentAnswer:
    """The tool as a YAML file. version: 0 for the present one."""
    async with at.database.acquire() as db:
        before = version + 1 if version else LAST
        found = await history_store.versions_of(db, tool_id, before=before, limit=1)
    if not found or (version and found[0].version != version):
        raise ToolNotFound()
    return DocumentAnswer(document=files.written({tool_id: found[0].entry}), version=found[0].version)
