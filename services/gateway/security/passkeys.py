"""Passkeys of one's own: add, name, remove. The browser's part is done by the page's script."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.security.added import after_adding
from services.gateway.security.answers import NotRead, body_of, leads_to, options, refused
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

FRESH_S = 900

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get("/security/passkeys/add")
async def add_form(visit: Fresh) -> Response:
    factors = await visit.get("identity", "/api/factors")
    form = Form.of({"name": visit.words.gettext(N_("My device"))})
    return visit.page("security/passkey_add.html", here="/security", form=form, available=factors["passkeys_available"])


@router.post("/security/passkeys/options")
async def add_options(visit: Fresh) -> Response:
    try:
        answer = await visit.post("identity", "/api/factors/passkeys/options")
    except REFUSALS as refusal:
        return refused(visit, refusal)
    return options(visit, answer)


@router.post("/security/passkeys")
async def add(visit: Fresh) -> Response:
    try:
        body = await body_of(visit)
        new = {"name": str(body.get("name") or "")[:400], "credential": body["credential"]}
        answer = await visit.post("identity", "/api/factors/passkeys", new)
    except (*REFUSALS, NotRead) as refusal:
        return refused(visit, refusal)
    return leads_to(visit, await after_adding(visit, answer))


@router.get("/security/passkeys/{passkey_id}")
async def passkey_form(visit: Fresh, passkey_id: str) -> Response:
    passkey = await _get(visit, passkey_id)
    return _page(visit, passkey, Form.of({"name": passkey["name"]}))


@router.post("/security/passkeys/{passkey_id}")
async def rename(visit: Fresh, passkey_id: str) -> Response:
    passkey = await _get(visit, passkey_id)
    try:
        await visit.put(
            "identity", f"/api/factors/passkeys/{passkey['id']}", {"name": visit.fields.get("name", "")[:400]}
        )
    except REFUSALS as refusal:
        return _page(visit, passkey, visit.refused(refusal), status=status_of(refusal))
    visit.say(N_("The passkey has its new name."))
    return visit.redirect("/security")


@router.post("/security/passkeys/{passkey_id}/remove")
async def remove(visit: Fresh, passkey_id: str) -> Response:
    passkey = await _get(visit, passkey_id)
    await visit.delete("identity", f"/api/factors/passkeys/{passkey['id']}")
    await visit.renew_facts()
    visit.say(N_("The passkey is removed. Delete it on your device as well."))
    return visit.redirect("/security")


async def _get(visit: Visit, passkey_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    factors = await visit.get("identity", "/api/factors")
    found = next((passkey for passkey in factors["passkeys"] if passkey["id"] == passkey_id), None)
    if found is None:
        raise NotFound
    return {**found, "is_last": len(factors["passkeys"]) == 1 and factors["totp_since"] is None}


def _page(visit: Visit, passkey: dict[str, Any], form: Form, *, status: int = 200) -> Response:
    return visit.page("security/passkey.html", status=status, here="/security", form=form, passkey=passkey)
