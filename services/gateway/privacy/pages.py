"""Privacy: what is kept, all of it as a file, and the way out."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.privacy.export import PAGE as EXPORT_PAGE
from services.gateway.privacy.export import PICTURE, gather, packed, picture_of
from services.gateway.privacy.labels import LABELS, SERVICES
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Unavailable
from shared.markers import N_

FRESH_S = 900
RESEND_AFTER_S = 60
PAGE = "/privacy"
DOWNLOAD = "/privacy/download"
ERASE = "/privacy/erase"
CONFIRM = "/privacy/erase/confirm"
_ERASURE = "/api/account/erasure"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get(PAGE)
async def overview(visit: Member) -> Response:
    return visit.page("privacy/index.html", here=PAGE, erasure=await _erasure(visit), outlook=await _outlook(visit))


@router.get(DOWNLOAD)
async def download_form(visit: Fresh) -> Response:
    return visit.page("privacy/download.html", here=PAGE, form=Form())


@router.post(DOWNLOAD)
async def download(visit: Fresh) -> Response:
    """Whole or not at all: a file that lacks a part would be a wrong answer."""
    try:
        data = await gather(visit)
        picture = await picture_of(visit)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return visit.page("privacy/download.html", status=status_of(refusal), here=PAGE, form=form)
    now = datetime.now(UTC)
    page = visit.own.templates.render(
        EXPORT_PAGE,
        visit.language,
        data=data,
        services=SERVICES,
        labels=LABELS,
        picture=PICTURE if picture else "",
        made_at=now,
    )
    headers = {
        "content-disposition": f'attachment; filename="immo-connect-{now.date().isoformat()}.zip"',
        "cache-control": "no-store",
    }
    return visit.jar.send(Response(packed(data, picture, page), 200, headers, "application/zip"))


@router.get(ERASE)
async def erase_form(visit: Fresh) -> Response:
    return await _erase_page(visit, Form())


@router.post(ERASE)
async def erase(visit: Fresh) -> Response:
    try:
        await visit.post("identity", _ERASURE)
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "too-soon":
            return visit.redirect(CONFIRM)
        return await _erase_page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("A code is on its way to your mailbox."))
    return visit.redirect(CONFIRM)


@router.get(CONFIRM)
async def confirm_form(visit: Fresh) -> Response:
    return _confirm_page(visit, Form())


@router.post(CONFIRM)
async def confirm(visit: Fresh) -> Response:
    code = visit.fields.get("code", "")[:100]
    try:
        await visit.post("identity", f"{_ERASURE}/confirm", {"code": code})
    except REFUSALS as refusal:
        return _confirm_page(visit, _at_the_code(visit, refusal), status=status_of(refusal))
    return visit.redirect(PAGE)


@router.post("/privacy/keep")
async def keep(visit: Member) -> Response:
    """To stay is one press of a button, and asks for nothing more."""
    await visit.delete("identity", _ERASURE)
    visit.say(N_("Your account stays. Everything is as it was."))
    return visit.redirect(PAGE)


async def _erase_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page("privacy/erase.html", status=status, here=PAGE, form=form, outlook=await _outlook(visit))


def _confirm_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page("privacy/confirm.html", status=status, here=PAGE, form=form, retry_after_s=RESEND_AFTER_S)


def _at_the_code(visit: Visit, refusal: Refusal) -> Form:
    form = visit.refused(refusal)
    if form.general and isinstance(refusal, RemoteProblem) and refusal.code.startswith("code-"):
        form.errors["code"], form.general = form.general, ""
    return form


async def _erasure(visit: Visit) -> dict[str, Any]:
    """Where an erasure stands. starts_at: a moment in time."""
    erasure: dict[str, Any] = await visit.get("identity", _ERASURE)
    starts_at = erasure.get("starts_at")
    return {"state": erasure["state"], "starts_at": datetime.fromisoformat(starts_at) if starts_at else None}


async def _outlook(visit: Visit) -> dict[str, Any] | None:
    """What an erasure would do to organisations; None while nobody can say."""
    try:
        return await visit.client("organisation").get(f"/internal/erasures/{visit.account_id}")
    except (RemoteProblem, Unavailable):
        return None
