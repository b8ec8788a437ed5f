"""Signing up."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.accounts.mailboxes import SHARED, looks_shared
from services.gateway.accounts.new_passwords import differ, strength_of
from services.gateway.accounts.onward import go_on
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.invitations.kept import kept_of
from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.get("/sign-up")
async def sign_up_form(visit: Anyone) -> Response:
    if visit.signed is not None:
        return await go_on(visit)
    invited = kept_of(visit)
    return await _page(visit, Form.of({"email": invited.email} if invited else {}))


@router.post("/sign-up/username")
async def propose_username(visit: Anyone) -> Response:
    """While one types."""
    visit.own.proposals.take(visit.address)
    return JSONResponse({"username": await _proposal(visit)})


@router.post("/sign-up")
async def sign_up(visit: Anyone) -> Response:
    fields = visit.fields
    if fields.get("propose"):
        return await _page(visit, Form.of({**fields, "username": await _proposal(visit)}))
    form = differ(visit)
    if form is not None:
        return await _page(visit, form, status=422)
    email = fields.get("email", "")
    if looks_shared(email) and fields.get("hinted") != email:
        return await _page(visit, Form.of(fields))
    names = ("first_name", "last_name", "username", "email", "password")
    body: dict[str, Any] = {name: fields.get(name, "") for name in names}
    try:
        visit.own.sign_ins.take(visit.address)
        answer = await visit.ask(
            "/internal/accounts",
            {**body, "language": visit.language, "terms_version": TERMS_VERSION, **visit.browser},
        )
    except REFUSALS as refusal:
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    visit.open_session(answer["session"])
    return visit.redirect(visit.to("/activate"))


async def _proposal(visit: Visit) -> str:
    names = {name: visit.fields.get(name, "")[:100] for name in ("first_name", "last_name")}
    return str((await visit.ask("/internal/username-proposal", names))["username"])


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    """Who was told that the address looks shared has been told: the same one is then taken as it is."""
    return visit.page(
        "accounts/sign_up.html",
        status=status,
        form=form,
        mailboxes=SHARED,
        is_shared=looks_shared(form.values["email"]),
        strength=await strength_of(visit, form),
    )
