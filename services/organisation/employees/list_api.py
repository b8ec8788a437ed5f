"""The list of employees over HTTP: a page of it, or all of it as a file."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.organisation.at import At, OrganisationRuntime
from services.organisation.employees.listing import (
    Cursor,
    Listing,
    Sort,
    Which,
    count_awaiting,
    count_of,
    page_of,
)
from services.organisation.employees.rules import State
from services.organisation.employees.store import NamedEmployee
from services.organisation.fields import Answer
from services.organisation.organisations.membership import Manager, Member
from shared.csv_files import Row, download
from shared.formats import BRUSSELS
from shared.http import Language
from shared.i18n import translator
from shared.markers import N_
from shared.tokens import Person, person

router = APIRouter(prefix="/api/organisations/{organisation_id}")
FOLDER = Path(__file__).parent.parent
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
CSV_PIECE = 500

Caller = Annotated[Person, person()]
Filter = Annotated[Which, Query(alias="filter")]
Words = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
After = Annotated[str, Query(max_length=1000)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]

TYPES = {
    "head": N_("Head of the company"),
    "employee": N_("Employee"),
    "self-employed": N_("Self-employed, working for the organisation"),
    "trainee": N_("Trainee"),
    "external": N_("External adviser"),
}
STATES = {State.REQUESTED: N_("Awaiting confirmation"), State.ACTIVE: N_("Active"), State.BLOCKED: N_("Blocked")}
HEADER = (
    N_("Name"),
    N_("Place"),
    N_("E-mail address"),
    N_("Telephone"),
    N_("Fax"),
    N_("State"),
    N_("Since"),
    N_("Manager"),
)


class EmployeeAnswer(Answer):
    """name: empty while it is not known yet. since: when the present state began."""

    account_id: UUID
    name: str
    type: str
    email: str
    phone: str | None
    fax: str | None
    state: State
    manager: bool
    version: int
    since: datetime


class PageAnswer(Answer):
    """next: what `after` has to be for the page that follows, None at the end. total: in all pages of this filter and search.

    awaiting: who waits for confirmation in the whole organisation; 0 for who is not a manager.
    """

    employees: list[EmployeeAnswer]
    next: str | None
    total: int
    awaiting: int


@router.get("/employees")
async def list_employees(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    which: Filter = "all",
    q: Words = "",
    sort: Sort = "name",
    after: After = "",
    limit: Limit = DEFAULT_LIMIT,
) -> PageAnswer:
    """Managers see everyone who is not removed; others their active colleagues. Raises CursorInvalid."""
    cursor = Cursor.unpacked(after) if after else None
    async with at.database.acquire() as db:
        member = await Member.of(db, organisation_id, caller)
        listing = Listing(organisation_id, "managers" if member.manager else "colleagues", which, sort, q)
        page = await page_of(db, listing, after=cursor, limit=limit)
        total = await count_of(db, listing)
        awaiting = await count_awaiting(db, organisation_id) if member.manager else 0
    return PageAnswer(
        employees=[EmployeeAnswer.model_validate(employee) for employee in page.employees],
        next=page.next.packed() if page.next else None,
        total=total,
        awaiting=awaiting,
    )


@router.get("/employees.csv")
async def file_of_employees(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    language: Language,
    which: Filter = "all",
    q: Words = "",
    sort: Sort = "name",
) -> Response:
    """What the filter and the search leave, for managers."""
    async with at.database.acquire() as db:
        await Manager.of(db, organisation_id, caller)
    words = translator(FOLDER, language)
    listing = Listing(organisation_id, "managers", which, sort, q)
    header = [words.gettext(title) for title in HEADER]
    return download("employees.csv", header, _pieces(at, listing, language))


async def _pieces(at: OrganisationRuntime, listing: Listing, language: str) -> AsyncIterator[Iterable[Row]]:
    """No connection is held while the reader is slow; what changes meanwhile may be in it or not."""
    cursor: Cursor | None = None
    while True:
        async with at.database.acquire() as db:
            page = await page_of(db, listing, after=cursor, limit=CSV_PIECE)
        yield [_row(employee, language) for employee in page.employees]
        cursor = page.next
        if cursor is None:
            return


def _row(employee: NamedEmployee, language: str) -> Row:
    words = translator(FOLDER, language)
    return (
        employee.name,
        words.gettext(TYPES.get(employee.type, employee.type)),
        employee.email,
        employee.phone,
        employee.fax,
        words.gettext(STATES.get(employee.state, employee.state)),
        employee.since.astimezone(BRUSSELS).date().isoformat(),
        words.gettext(N_("yes")) if employee.manager else "",
    )
