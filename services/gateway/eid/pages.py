"""Linking the identity card, and confirming with it what a tool asks. The page's script talks to the card; these answer it."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.accounts.onward import go_on, next_path, skip_eid
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Problem, Unavailable

MAX_TOKEN_CHARS = 12_000

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/eid")
async def link_form(visit: Member) -> Response:
    account = visit.account
    step_up = account is not None and account.eid_linked
    if step_up and next_path(visit) != "/eid":
        return await go_on(visit)
    return visit.page("eid/link.html", step_up=step_up, may_skip=not step_up)


@router.post("/eid/challenge")
async def challenge(visit: Member) -> Response:
    try:
        answer = await visit.post("identity", "/api/eid/challenge")
    except (RemoteProblem, Unavailable) as refusal:
        return _refusal(visit, refusal)
    return visit.jar.send(JSONResponse({"nonce": answer["nonce"]}))


@router.post("/eid/link")
async def link(visit: Member) -> Response:
    """The body is `{"token": {...}}` as the card's software made it; `next` is where the page goes."""
    if not visit.request.headers.get("content-type", "").startswith("application/json"):
        return JSONResponse({"code": "token-malformed"}, 415)  # a form's body has been read already
    raw = await visit.request.body()
    if len(raw) > MAX_TOKEN_CHARS:
        return JSONResponse({"code": "token-malformed"}, 413)
    try:
        body: Any = await visit.request.json()
        answer = await visit.post("identity", "/api/eid/link", {"token": body.get("token")})
    except (ValueError, AttributeError):
        return JSONResponse({"code": "token-malformed"}, 422)
    except (RemoteProblem, Unavailable) as refusal:
        return _refusal(visit, refusal)
    visit.open_session(answer["session"])
    onward = next_path(visit) if visit.account and visit.account.eid_linked else "/recognitions"
    return visit.jar.send(JSONResponse({"next": visit.to(onward)}))


@router.post("/eid/later")
async def later(visit: Member) -> Response:
    """The tool may insist: then its selection screen says so."""
    skip_eid(visit)
    if visit.authorization is not None and visit.authorization.needs_eid:
        return visit.redirect(visit.to("/select"))
    return await go_on(visit)


def _refusal(visit: Visit, refusal: RemoteProblem | Problem) -> Response:
    """code and a sentence for the page's script; the page has advice of its own for what the card's software says."""
    if isinstance(refusal, RemoteProblem):
        document = {"code": refusal.code, "detail": refusal.body.get("detail", "")}
        return JSONResponse(document, refusal.status)
    return JSONResponse({"code": refusal.code, "detail": visit.words.sentence(refusal.message, refusal.params)}, 503)
