"""The transactions of a wallet: the list, its files, and one of them."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.organisations.views import organisation
from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.picture_views import pictures
from services.gateway.wallet.transaction_rows import EUR, KINDS, STATES, row_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.csv_files import MEDIA_TYPE
from shared.markers import N_

ROWS = 25
FILTERS = ("q", "kind", "tool", "state", "direction", "from", "until")
SORTS = ("-date", "date", "-number", "number", "-amount", "amount", "kind", "-kind", "state", "-state")
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DIRECTIONS = {"in": N_("Money in"), "out": N_("Money out")}
CHIPS = {"q": N_("With “{value}”"), "from": N_("From {value:date}"), "until": N_("Until {value:date}")}

router = APIRouter(
    prefix="/organisations/{organisation_id}/wallet/transactions", include_in_schema=False, route_class=PageRoute
)
Member = Annotated[Visit, signed_in()]


@router.get("")
async def transactions(visit: Member, organisation_id: UUID) -> Response:
    """What is filtered and sorted by stands in the address, so that it can be kept and passed on."""
    return await _list_page(visit, organisation_id, Form())


@router.get(".csv")
async def csv_file(visit: Member, organisation_id: UUID) -> Response:
    return await _file(visit, organisation_id, "csv", MEDIA_TYPE)


@router.get(".xlsx")
async def xlsx_file(visit: Member, organisation_id: UUID) -> Response:
    return await _file(visit, organisation_id, "xlsx", XLSX_TYPE)


@router.get("/{transaction_id}")
async def transaction(visit: Member, organisation_id: UUID, transaction_id: UUID) -> Response:
    facts: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, f"/transactions/{transaction_id}"))
    one, unit = facts["transaction"], facts["unit"]
    rate, why = facts["vat_rate_bp"], REASONS.get(facts["reason"])
    return await wallet_page(
        visit,
        "wallet/transaction.html",
        organisation_id,
        "transactions",
        item=row_of(visit.words, organisation_id, one, unit),
        vat_rate=visit.words.number(rate / 100) if rate is not None else "",
        by_plan=facts["plan_id"] is not None,
        reason=visit.words.gettext(why) if why else "",
        who=await _who(visit, organisation_id, one["account_id"]),
        related=[row_of(visit.words, organisation_id, other, unit) for other in facts["related"]],
    )


REASONS = {
    "failed": N_("The payment was refused."),
    "canceled": N_("The payment was cancelled."),
    "expired": N_("Nobody paid in time."),
    "amount-mismatch": N_("Another amount was paid than was asked for."),
}


async def _who(visit: Visit, organisation_id: UUID, account_id: str | None) -> str:
    """Their name, where it may be seen: of colleagues."""
    if account_id is None:
        return ""
    try:
        found = await visit.get("organisation", f"/api/organisations/{organisation_id}/employees/{account_id}")
    except REFUSALS:
        return visit.words.gettext(N_("Somebody who is no longer there"))
    return str(found["name"] or found["email"])


async def _names(visit: Visit, organisation_id: UUID, rows: list[dict[str, Any]]) -> dict[str | None, str]:
    """Who did it, by account id: for managers, of those who belong to the organisation."""
    account_ids = {UUID(one["account_id"]) for one in rows if one["account_id"]}
    head = await organisation(visit, organisation_id)
    if not account_ids or not head.manager:
        return {}
    async with visit.at.database.acquire() as db:
        return {**await store.colleagues(db, organisation_id, account_ids)}


async def _file(visit: Visit, organisation_id: UUID, kind: str, media_type: str) -> Response:
    """What is wrong is said on the page, before a file has begun."""
    wanted = _wanted(visit)
    head = await organisation(visit, organisation_id)
    days = [wanted[name] for name in ("from", "until") if name in wanted]
    name = "-".join(("transactions", file_name(head.name), *days))
    try:
        sent = await visit.download(
            "wallet",
            api_of(organisation_id, f"/transactions.{kind}"),
            _query(wanted),
            name=f"{name}.{kind}",
            kind=media_type,
        )
    except REFUSALS as refusal:
        return await _list_page(visit, organisation_id, visit.refused(refusal), status=status_of(refusal))
    return visit.jar.send(sent)


def file_name(text: str) -> str:
    """`Agence du Parc & Fils` as part of a file's name: agence-du-parc-fils."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "wallet"


async def _list_page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    wanted = _wanted(visit)
    given = visit.request.query_params
    place = {name: given[name] for name in ("after", "before") if given.get(name)}
    found: dict[str, Any] = {"transactions": [], "next": None, "previous": None, "searched_until": None, "tools": []}
    try:
        query = {**_query(wanted), **place, "limit": str(ROWS)}
        found = await visit.get("wallet", api_of(organisation_id, "/transactions"), query)
    except REFUSALS as refusal:
        form, status = visit.refused(refusal), status_of(refusal)
    unit = wanted.get("unit", EUR)
    shown = None if place or form.has_errors else await pictures(visit, organisation_id, wanted, unit)
    names = await _names(visit, organisation_id, found["transactions"])
    here = here_of(organisation_id, "/transactions")
    form.values.update({"sort": "-date", **wanted})
    return await wallet_page(
        visit,
        "wallet/transactions.html",
        organisation_id,
        "transactions",
        status=status,
        form=form,
        transactions=[
            row_of(visit.words, organisation_id, one, unit, who=names.get(one["account_id"], ""))
            for one in found["transactions"]
        ],
        searched_until=found["searched_until"],
        pictures=shown,
        unit=wanted.get("unit", ""),
        list_url=here,
        clear_url=_with(here, {name: wanted[name] for name in ("sort", "unit") if name in wanted}),
        first_url=_with(here, wanted) if place else "",
        next_url=_with(here, {**wanted, "after": found["next"]}) if found["next"] else "",
        previous_url=_with(here, {**wanted, "before": found["previous"]}) if found["previous"] else "",
        csv_url=_with(f"{here}.csv", wanted),
        xlsx_url=_with(f"{here}.xlsx", wanted),
        **_choices(visit, here, wanted, found["tools"]),
    )


def _choices(visit: Visit, here: str, wanted: Mapping[str, str], tools: list[Mapping[str, str]]) -> dict[str, Any]:
    """What can be filtered and sorted by, and what is."""
    say = visit.words.gettext
    names = {
        "kind": {code: say(name) for code, name in KINDS.items()},
        "state": {code: say(name) for code, name in STATES.items()},
        "direction": {code: say(name) for code, name in DIRECTIONS.items()},
        "tool": {tool["id"]: tool["name"] for tool in tools},
    }
    everything = [("", say(N_("All")))]
    chips = [
        SimpleNamespace(
            title=_chip(visit, name, wanted[name], names.get(name, {})),
            url=_with(here, {key: value for key, value in wanted.items() if key != name}),
        )
        for name in FILTERS
        if name in wanted
    ]
    return {
        "chips": chips,
        **{f"{name}s": everything + list(known.items()) for name, known in names.items()},
        "sorts": {
            column: SimpleNamespace(**_sort(here, wanted, column))
            for column in ("number", "date", "kind", "state", "amount")
        },
    }


def _chip(visit: Visit, name: str, value: str, names: Mapping[str, str]) -> str:
    if name not in CHIPS:
        return names.get(value, value)
    try:
        return visit.words.sentence(CHIPS[name], {"value": value if name == "q" else date.fromisoformat(value)})
    except ValueError:
        return value


def _sort(here: str, wanted: Mapping[str, str], column: str) -> dict[str, str]:
    """A column's heading: how it is sorted now, and where the other way round is."""
    now = wanted.get("sort", "-date")
    first, second = (f"-{column}", column) if column in ("number", "date", "amount") else (column, f"-{column}")
    state = {column: "ascending", f"-{column}": "descending"}.get(now, "")
    return {"state": state, "url": _with(here, {**wanted, "sort": second if now == first else first})}


def _wanted(visit: Visit) -> dict[str, str]:
    """What was left empty filters nothing."""
    given = visit.request.query_params
    wanted = {name: given[name] for name in (*FILTERS, "unit") if given.get(name)}
    return {**wanted, **({"sort": given["sort"]} if given.get("sort") in SORTS else {})}


def _query(wanted: Mapping[str, str]) -> dict[str, str]:
    """As the wallet service wants it."""
    sort = wanted.get("sort", "-date")
    return {**wanted, "sort": sort.removeprefix("-"), "order": "desc" if sort.startswith("-") else "asc"}


def _with(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
