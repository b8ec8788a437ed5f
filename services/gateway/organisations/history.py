"""What happened in an organisation, for its managers: page by page, by what one looks for, and as a file for a spreadsheet."""

from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations.history_lines import Line, Teller
from services.gateway.organisations.history_words import ACTIONS
from services.gateway.organisations.views import organisation
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.csv_files import Row, download
from shared.markers import N_

FILTERS = ("action", "from", "until", "actor", "account")
PAGE, PIECE = 50, 500

router = APIRouter(prefix="/organisations/{organisation_id}", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/history")
async def history(visit: Member, organisation_id: UUID) -> Response:
    """What is filtered by stands in the address, so that it can be kept and passed on among managers."""
    wanted = _wanted(visit)
    asked = dict(visit.request.query_params)
    form, status = Form.of(wanted), 200
    found: dict[str, Any] = {"entries": [], "next": None}
    head = await organisation(visit, organisation_id)
    try:
        found = await _read(visit, organisation_id, {**wanted, **_after(asked)}, limit=PAGE)
    except REFUSALS as refusal:
        form, status = visit.refused(refusal), status_of(refusal)
        form.values.update(wanted)
    teller = Teller(visit.words, (await visit.own.catalogue.snapshot()).tools, visit.language)
    lines = [teller.line(entry) for entry in found["entries"]]
    here = f"/organisations/{organisation_id}/history"
    return visit.page(
        "organisations/history.html",
        status=status,
        section="organisations",
        tab="history",
        organisation=head,
        lines=lines,
        form=form,
        here=here,
        actions=_actions(visit),
        people=_people(visit, here, wanted, lines),
        next_url=_with(here, {**wanted, "after": found["next"]}) if found["next"] else "",
        csv_url=_with(f"{here}.csv", wanted),
        is_first="after" not in asked,
    )


@router.get("/history.csv")
async def history_file(visit: Member, organisation_id: UUID) -> Response:
    """All that the filters let through. A page of the first piece says what is wrong, before a file has begun."""
    wanted = _wanted(visit)
    first = await _read(visit, organisation_id, wanted, limit=PIECE)
    teller = Teller(visit.words, (await visit.own.catalogue.snapshot()).tools, visit.language)

    async def pieces() -> AsyncIterator[list[Row]]:
        found = first
        while True:
            yield [_row(teller.line(entry)) for entry in found["entries"]]
            if not found["next"]:
                return
            found = await _read(visit, organisation_id, {**wanted, "after": found["next"]}, limit=PIECE)

    header = [visit.words.gettext(name) for name in HEADER]
    return visit.jar.send(download("history.csv", header, pieces()))


HEADER = (N_("When"), N_("What"), N_("Who"), N_("On whom"), N_("Details"), N_("Code"))


def _row(line: Line) -> Row:
    details = ", ".join(f"{label}: {value}" for label, value in line.details)
    return [line.local_time, line.sentence, line.actor, line.person, details, line.action]


def _wanted(visit: Visit) -> dict[str, str]:
    """What was left empty filters nothing."""
    given = visit.request.query_params
    return {name: given[name] for name in FILTERS if given.get(name)}


def _after(asked: Mapping[str, str]) -> dict[str, str]:
    return {"after": asked["after"]} if asked.get("after") else {}


async def _read(visit: Visit, organisation_id: UUID, query: Mapping[str, str], *, limit: int) -> dict[str, Any]:
    return await visit.get("organisation", f"/api/organisations/{organisation_id}/history", {**query, "limit": limit})


def _actions(visit: Visit) -> list[tuple[str, str]]:
    """By their names in the reader's language."""
    named = [(code, visit.words.gettext(said.label)) for code, said in ACTIONS.items()]
    everything = ("", visit.words.gettext(N_("Everything")))
    return [everything, *sorted(named, key=lambda one: one[1].casefold())]


def _people(visit: Visit, here: str, wanted: Mapping[str, str], lines: list[Line]) -> list[SimpleNamespace]:
    """The people that one filters by, each with the address without them."""
    names = {account_id: name for line in lines for account_id, name in line.names.items()}
    titles = {"actor": N_("Done by {name}"), "account": N_("Done to {name}")}
    unknown = visit.words.gettext(N_("one person"))
    return [
        SimpleNamespace(
            name=name,
            value=wanted[name],
            title=visit.words.sentence(title, {"name": names.get(wanted[name], unknown)}),
            url=_with(here, {key: value for key, value in wanted.items() if key != name}),
        )
        for name, title in titles.items()
        if name in wanted
    ]


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
