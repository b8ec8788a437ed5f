"""The authenticator app: set up with a QR code and a first code, removed."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from services.gateway.security.added import after_adding
from services.gateway.security.passkeys import FRESH_S
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get("/security/authenticator")
async def set_up_form(visit: Fresh) -> Response:
    """The same secret again for a quarter of an hour, so that the page can be loaded anew."""
    return await _page(visit, Form())


@router.post("/security/authenticator")
async def set_up(visit: Fresh) -> Response:
    try:
        answer = await visit.put("identity", "/api/factors/totp", {"code": visit.fields.get("code", "")[:100]})
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code == "confirmation-needed":
            raise
        return await _page(visit, visit.refused(refusal), status=status_of(refusal))
    return await after_adding(visit, answer)


@router.get("/security/authenticator/remove")
async def remove_form(visit: Fresh) -> Response:
    factors = await visit.get("identity", "/api/factors")
    return visit.page("security/authenticator_remove.html", here="/security", is_last=not factors["passkeys"])


@router.post("/security/authenticator/remove")
async def remove(visit: Fresh) -> Response:
    await visit.delete("identity", "/api/factors/totp")
    await visit.renew_facts()
    visit.say(N_("The authenticator app is no longer asked for. Delete the entry in the app as well."))
    return visit.redirect("/security")


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    setup: dict[str, Any] = await visit.post("identity", "/api/factors/totp")
    secret = str(setup["secret"])
    return visit.page(
        "security/authenticator.html",
        status=status,
        here="/security",
        form=form,
        qr_code=qr_code(str(setup["uri"])),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def qr_code(text: str) -> Markup:
    """As SVG, black on white whatever the page's colours: cameras want it so."""
    svg = segno.make(text, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=True
    )
    return Markup(svg)  # noqa: S704 - drawn here; nothing of the text is in it but dots
