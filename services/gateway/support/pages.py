"""The support console: find an account, open a case with a reason, look, and act."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.support.words import ACTIONS, RECORD, Action
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound

PAGE, API = "/support", "/api/support"
STAFF_FRESH_S = 8 * 3600

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]


@router.get(PAGE)
async def show(visit: Staff) -> Response:
    return await _desk(visit, Form())


@router.post(PAGE)
async def search(visit: Staff) -> Response:
    """By a form and not by an address: names of people do not belong into addresses."""
    query = visit.fields.get("query", "").strip()
    if not query:
        return await _desk(visit, Form())
    try:
        found = await visit.post("identity", f"{API}/search", {"query": query[:400]})
    except REFUSALS as refusal:
        return await _desk(visit, visit.refused(refusal), status=status_of(refusal))
    return await _desk(visit, Form.of(visit.fields), found=found)


@router.get("/support/accounts/{account_id}")
async def opening(visit: Staff, account_id: UUID) -> Response:
    return visit.page("support/open.html", account_id=account_id, form=Form())


@router.post("/support/accounts/{account_id}")
async def open_case(visit: Staff, account_id: UUID) -> Response:
    body = {"account_id": str(account_id), "reason": visit.fields.get("reason", "")}
    try:
        answer = await visit.post("identity", f"{API}/cases", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return visit.page("support/open.html", status=status_of(refusal), account_id=account_id, form=form)
    return visit.redirect(f"{PAGE}/cases/{answer['case_id']}")


@router.get("/support/cases/{case_id}")
async def show_case(visit: Staff, case_id: UUID) -> Response:
    case = await _case(visit, case_id)
    words = {code: visit.words.gettext(text) for code, text in RECORD.items()}
    return visit.page("support/case.html", case=case, record=words, actions=_possible(case["account"]))


@router.get("/support/cases/{case_id}/{action}")
async def ask(visit: Staff, case_id: UUID, action: str) -> Response:
    return _confirmation(visit, await _case(visit, case_id), _known(action), Form())


@router.post("/support/cases/{case_id}/{action}")
async def act(visit: Staff, case_id: UUID, action: str) -> Response:
    known = _known(action)
    body = {"other": visit.fields.get("other", "").strip()} if action == "merge" else None
    try:
        await visit.post("identity", f"{API}/cases/{case_id}/{action}", body)
    except REFUSALS as refusal:
        case = await _case(visit, case_id)
        return _confirmation(visit, case, known, visit.refused(refusal), status=status_of(refusal))
    visit.say(known.done)
    return visit.redirect(f"{PAGE}/cases/{case_id}")


async def _desk(visit: Visit, form: Form, *, found: list[dict[str, Any]] | None = None, status: int = 200) -> Response:
    cases = await visit.get("identity", f"{API}/cases")
    return visit.page("support/index.html", status=status, form=form, found=found, cases=cases)


async def _case(visit: Visit, case_id: UUID) -> dict[str, Any]:
    return await visit.get("identity", f"{API}/cases/{case_id}")


def _known(action: str) -> Action:
    """Raises NotFound."""
    if action not in ACTIONS:
        raise NotFound
    return ACTIONS[action]


def _possible(account: dict[str, Any]) -> list[str]:
    is_possible = {
        "activation-code": account["state"] == "pending",
        "end-sessions": account["sessions"] > 0,
        "unlink-card": account["eid_linked_at"] is not None,
        "merge": account["state"] == "active",
    }
    return [name for name in ACTIONS if is_possible[name]]


def _confirmation(visit: Visit, case: dict[str, Any], action: Action, form: Form, *, status: int = 200) -> Response:
    return visit.page("support/confirm.html", status=status, case=case, action=action, form=form)
