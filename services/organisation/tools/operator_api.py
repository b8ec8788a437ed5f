"""The catalogue as the operator sees and changes it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Query
from pydantic import Field

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer
from services.organisation.tools import handlers, history_store
from services.organisation.tools.diff import Change
from services.organisation.tools.handlers import Decided, Published
from services.organisation.tools.history_store import Version
from services.organisation.tools.rules import Entry
from shared.db import Connection, Database
from shared.tokens import peer

router = APIRouter(prefix="/internal/tools")
ToolId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,49}$")]
Reason = Annotated[str, Field(max_length=1000)]


class ChangeAnswer(Answer):
    """takes_away: somebody may lose something by it, or has to do something to keep it."""

    path: str
    before: str | None
    after: str | None
    takes_away: bool

    @classmethod
    def listed(cls, changes: list[Change]) -> list[Self]:
        return [cls.model_validate(change) for change in changes]


class PublishedAnswer(Answer):
    """changes: none where it was the same already."""

    tool_id: str
    version: int
    is_new: bool
    changes: list[ChangeAnswer]

    @classmethod
    def of(cls, published: Published) -> Self:
        changes = ChangeAnswer.listed(published.changes)
        return cls(tool_id=published.tool.id, version=published.tool.version, is_new=published.is_new, changes=changes)


class RecordAnswer(Answer):
    """changed_by: an account id, `operator`, or `edition`. name: of that account's owner. organisations: how many work with it."""

    tool_id: str
    version: int
    changed_by: str
    name: str
    reason: str
    changed_at: datetime
    organisations: int
    entry: Entry

    @classmethod
    async def listed(cls, db: Connection, versions: list[Version]) -> list[Self]:
        counts = await history_store.count_registrations(db, [one.tool_id for one in versions])
        return [
            cls(
                tool_id=one.tool_id,
                version=one.version,
                changed_by=one.changed_by,
                name=one.name,
                reason=one.reason,
                changed_at=one.changed_at,
                organisations=counts.get(one.tool_id, 0),
                entry=one.entry,
            )
            for one in versions
        ]


class OnlyLooked(Exception):
    """Takes back what a dry run did."""


@router.get("", dependencies=[peer("operator")])
async def list_tools(at: At) -> list[RecordAnswer]:
    """With their entries, whole."""
    async with at.database.acquire() as db:
        return await RecordAnswer.listed(db, await history_store.present_versions(db))


@router.put("/{tool_id}", dependencies=[peer("operator")])
@command
async def put_tool(
    tool_id: ToolId,
    entry: Entry,
    at: At,
    reason: Annotated[Reason, Query()] = "",
    by: Literal["operator", "edition"] = "operator",
    version: Annotated[int | None, Query(ge=0)] = None,
    dry_run: bool = False,
) -> PublishedAnswer:
    """version: what the tool is taken to be, 0 for a new one. dry_run: everything is checked, and nothing stays.

    Raises Violations, TermsRewritten, UsageModeInUse, RoleInUse, ToolChangedMeanwhile.
    """
    decided = Decided(by, reason, origin="operator")
    published = await put_all(at.database, {tool_id: (entry, version)}, decided, dry_run=dry_run)
    return PublishedAnswer.of(published[0])


async def put_all(
    database: Database, tools: Mapping[str, tuple[Entry, int | None]], decided: Decided, *, dry_run: bool
) -> list[Published]:
    """All of them or none. tools: by id, the entry and the version that it is taken to follow."""
    published: list[Published] = []
    try:
        async with database.transaction() as db:
            for tool_id, (entry, version) in sorted(tools.items()):
                now = datetime.now(UTC)
                published.append(await handlers.put_tool(db, tool_id, entry, decided, now=now, version=version))
            if dry_run:
                raise OnlyLooked
    except OnlyLooked:
        pass
    return published
