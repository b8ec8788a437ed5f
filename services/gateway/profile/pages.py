"""My data. Nothing is stored until it is saved: adding and removing rows only draws the form anew."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.profile import rules
from services.gateway.typed.keeping import or_typed
from services.gateway.web.access import signed_in
from services.gateway.web.cookies import LANGUAGE_COOKIE
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.countries import countries
from shared.markers import N_

PAGE, PICTURE_PATH = "/profile", "/profile/picture"
MAX_FORM_BYTES = 10 * 1024 * 1024 + 65_536
"""What identity takes as a picture, and the form around it."""
_DATA, _PICTURE = "/api/account/profile", "/api/account/picture"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get(PAGE)
async def show(visit: Member) -> Response:
    await visit.look_at_address()
    data = await visit.get("identity", _DATA)
    return _page(visit, data, Form.of(or_typed(visit, rules.values_of(data))))


@router.post(PAGE)
async def save(visit: Member) -> Response:
    data = await visit.get("identity", _DATA)
    fields = visit.fields
    changed = rules.ROWS.asked(fields)
    if changed is not None:
        return _page(visit, data, Form.of(changed), is_changed=True)
    visit.fields = rules.ROWS.tidy(fields)
    try:
        await visit.put("identity", _DATA, rules.body_of(visit.fields, data))
    except REFUSALS as refusal:
        return await _refused(visit, data, refusal)
    language = visit.fields.get("language", "")
    if language != data["language"]:
        visit.jar.set(LANGUAGE_COOKIE, language, max_age_s=visit.jar.YEAR_S)
    await visit.renew_facts()
    visit.say(N_("Your data are saved."))
    return visit.redirect(PAGE)


async def _refused(visit: Visit, data: dict[str, Any], refusal: Refusal) -> Response:
    """What was typed stays. After a change in another window the next save is meant to win, now that the person knows."""
    form = visit.refused(refusal)
    if isinstance(refusal, RemoteProblem) and refusal.code == "profile-changed-meanwhile":
        form.values["version"] = str(data["version"])
    return _page(visit, data, form, status=status_of(refusal), is_changed=True)


@router.get(PICTURE_PATH)
async def picture(visit: Member) -> Response:
    """Asked for anew each time: after signing out, nobody else at this browser sees it."""
    answer = await visit.file("identity", _PICTURE)
    return Response(
        answer.content, answer.status_code, {"cache-control": "no-store"}, answer.headers.get("content-type")
    )


@router.post(PICTURE_PATH)
async def save_picture(visit: Annotated[Visit, signed_in(upload="picture")]) -> Response:
    try:
        await visit.put("identity", _PICTURE, visit.upload)
    except REFUSALS as refusal:
        data = await visit.get("identity", _DATA)
        form = visit.refused(refusal)
        form.values.update(rules.values_of(data))
        return _page(visit, data, form, status=status_of(refusal))
    visit.say(N_("Your picture is saved."))
    return visit.redirect(PAGE)


@router.post("/profile/picture/remove")
async def remove_picture(visit: Member) -> Response:
    await visit.delete("identity", _PICTURE)
    visit.say(N_("Your picture is removed."))
    return visit.redirect(PAGE)


def _page(visit: Visit, data: dict[str, Any], form: Form, *, status: int = 200, is_changed: bool = False) -> Response:
    return visit.page(
        "profile/index.html",
        status=status,
        here=PAGE,
        form=form,
        data=data,
        rows=rules.ROWS.count(form.values),
        max_rows=rules.ROWS.max_rows,
        countries=countries(visit.language),
        is_changed=is_changed,
    )
