"""The selection screen: in which organisation, usage mode and role a person starts the tool."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import way_to_stronger
from services.gateway.journey.authorizations import AuthorizationExpired
from services.gateway.model.addresses import is_undeliverable
from services.gateway.model.catalogue import Tool
from services.gateway.selection import store
from services.gateway.selection.asked import find_asked
from services.gateway.selection.cards import Page, cards_html
from services.gateway.selection.start import NotNow, Started, start
from services.gateway.selection.store import Cursor
from services.gateway.selection.terms import terms_to_read
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_

MAX_FOUND = 60
MAX_QUERY = 80

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/select")
async def select(visit: Member) -> Response:
    """In the address: `q`, what is searched, or `after`, where the page begins. Read here: declared, they cost a tenth of the page."""
    tool, asked = _tool_of(visit), visit.request.query_params
    page = await _page_of(visit, tool, asked.get("q", "").strip()[:MAX_QUERY], asked.get("after", ""))
    if visit.request.headers.get("x-fragment") == "cards":
        return visit.page("selection/cards.html", tool=tool.views[visit.language], page=page)
    return visit.page("selection/index.html", tool=tool.views[visit.language], page=page, refusal=None)


@router.post("/select/start")
async def start_tool(visit: Member) -> Response:
    """On to the tool, at an address that identity gives; or the selection screen again, saying why not."""
    tool, registration_id = _tool_of(visit), _uuid(visit.fields.get("registration", ""))
    terms_url = await terms_to_read(visit, tool, registration_id)
    if terms_url:
        return visit.redirect(terms_url)
    try:
        outcome = await start(visit, tool, registration_id)
    except RemoteProblem as problem:
        if problem.code == "acr-too-weak":
            params: dict[str, Any] = problem.body.get("params") or {}
            return visit.redirect(visit.to(way_to_stronger(visit, params.get("needed"))))
        if problem.code == "sign-in-again":
            return visit.redirect(visit.to("/sign-in"))
        if problem.status == 404:
            raise AuthorizationExpired from problem
        raise
    if isinstance(outcome, Started):
        return visit.redirect(outcome.redirect_to)
    page = await _page_of(visit, tool, "", "")
    return visit.page(
        "selection/index.html", status=409, tool=tool.views[visit.language], page=page, refusal=_refusal(visit, outcome)
    )


def _tool_of(visit: Visit) -> Tool:
    if visit.tool is not None:
        return visit.tool
    if visit.request_id:
        raise Unavailable
    raise AuthorizationExpired


async def _page_of(visit: Visit, tool: Tool, query: str, after: str) -> Page:
    """All on one page, or page by page where they are too many for one."""
    if visit.asked_organisation is not None:
        return await _asked_page(visit, tool, visit.asked_organisation)
    settings = visit.at.settings
    most = settings.page_size if after else settings.one_page_size
    async with visit.at.database.acquire() as db:
        visit.is_unreachable = await is_undeliverable(db, visit.account_id)
        if query:
            rows = await _search(db, visit, tool, query)
        else:
            rows = await store.cards_of(db, visit.account_id, tool.id, after=_cursor(visit, after), limit=most + 1)
        has_more = not query and len(rows) > most
        shown = rows[: settings.page_size] if has_more else rows
        html = await cards_html(db, visit, tool, shown)
    return Page(
        html,
        len(shown),
        query=query,
        is_searchable=bool(query or after or has_more),
        previous_url=visit.to("/select") if after else "",
        next_url=_next_url(visit, shown[-1]) if has_more else "",
        warning=await _warning(visit),
        is_offered=tool.is_offered,
    )


async def _asked_page(visit: Visit, tool: Tool, organisation: str) -> Page:
    async with visit.at.database.acquire() as db:
        visit.is_unreachable = await is_undeliverable(db, visit.account_id)
        asked = await find_asked(db, visit, tool, organisation)
        html = await cards_html(db, visit, tool, asked.rows)
    return Page(html, len(asked.rows), warning=await _warning(visit), asked=asked, is_offered=tool.is_offered)


async def _search(db: Any, visit: Visit, tool: Tool, query: str) -> list[Any]:
    return await store.search_cards(
        db,
        visit.account_id,
        tool.id,
        words=query,
        digits=re.sub(r"\D", "", query),
        roles=tool.roles_called(query, visit.language),
        limit=MAX_FOUND,
    )


async def _warning(visit: Visit) -> str:
    """How old the picture is, when it is older than it should be."""
    snapshot = await visit.own.catalogue.snapshot()
    if snapshot.as_of is None or snapshot.age_s(datetime.now(UTC)) <= visit.at.settings.model_max_age_s:
        return ""
    return visit.words.sentence(
        N_("As known on {as_of:datetime}; changes since then are not shown yet."), {"as_of": snapshot.as_of}
    )


def _cursor(visit: Visit, after: str) -> Cursor:
    """What `_next_url` wrote; the first page for anything else."""
    packed = visit.own.signer.unpack("cursor", after)
    if packed is None:
        return Cursor()
    return Cursor(int(packed["rank"]), str(packed["name"]), UUID(packed["id"]))


def _next_url(visit: Visit, row: Any) -> str:
    last = {
        "rank": row["rank"],
        "name": row["organisation_name"],
        "id": str(row["registration_id"] or row["organisation_id"]),
    }
    return f"{visit.to('/select')}&after={visit.own.signer.pack('cursor', last)}"


def _refusal(visit: Visit, outcome: NotNow) -> SimpleNamespace:
    words = visit.words
    return SimpleNamespace(title=words.gettext(outcome.title), text=words.gettext(outcome.text))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
