"""Proof that is fresh: whoever is about to do what cannot be undone shows once more who they are."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import signed_in
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/confirm")
async def confirm_form(visit: Member, next: str = "") -> Response:  # noqa: A002 - the name in the address
    return _page(visit, Form.of({"next": local_path(next, otherwise="/security")}))


@router.post("/confirm")
async def confirm(visit: Member) -> Response:
    body = {"session_token": visit.session_token, "password": visit.fields.get("password", "")}
    try:
        view = await visit.ask("/internal/sessions/confirm", body)
    except REFUSALS as refusal:
        return _page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.open_session(view)
    return visit.redirect(local_path(visit.fields.get("next"), otherwise="/security"))


def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page("security/confirm.html", status=status, form=form)
