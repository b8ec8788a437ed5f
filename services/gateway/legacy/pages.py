"""From an account of an older tool to one of this platform: only what is missing is asked for; further old ones are attached."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.credentials import left_empty
from services.gateway.accounts.mailboxes import SHARED, looks_shared
from services.gateway.accounts.new_passwords import differ, strength_of
from services.gateway.accounts.onward import go_on
from services.gateway.help.terms import TERMS_VERSION
from services.gateway.web.access import anyone, signed_in
from services.gateway.web.cookies import UPGRADE_COOKIE
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.markers import N_

FRESH_S = 900
UPGRADE_S = 7200
PAGE = "/upgrade"
ATTACH = "/upgrade/attach"
LIST = "/old-accounts"
ANOTHER = "/old-accounts/attach"
_ENDED = ("upgrade-expired", "old-account-taken")
_FIELDS = ("first_name", "last_name", "username", "email")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Member = Annotated[Visit, signed_in()]
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


def begin_upgrade(visit: Visit, token: str) -> Response:
    """Old credentials were right, and something is missing."""
    visit.jar.set(UPGRADE_COOKIE, token, max_age_s=UPGRADE_S)
    return visit.redirect(visit.to(PAGE))


@router.get(PAGE)
async def upgrade_form(visit: Anyone) -> Response:
    if not visit.jar.get(UPGRADE_COOKIE):
        return visit.redirect(visit.to("/sign-in"))
    try:
        claim = await _claim(visit)
    except RemoteProblem as refusal:
        return _over(visit, refusal)
    return await _upgrade_page(visit, claim, Form.of({name: str(claim[name]) for name in _FIELDS}))


@router.post(PAGE)
async def upgrade(visit: Anyone) -> Response:
    fields = visit.fields
    try:
        claim = await _claim(visit)
        form = differ(visit) or _hint(fields)
        if form is not None:
            return await _upgrade_page(visit, claim, form, status=422 if form.has_errors else 200)
        visit.own.sign_ins.take(visit.address)
        view = await visit.ask("/internal/old-accounts/upgrade", _given(visit))
    except REFUSALS as refusal:
        if isinstance(refusal, RemoteProblem) and refusal.code in _ENDED:
            return _over(visit, refusal)
        return await _upgrade_page(visit, await _claim(visit), visit.refused(refusal), status=status_of(refusal))
    visit.jar.drop(UPGRADE_COOKIE)
    visit.open_session(view)
    return await go_on(visit)


@router.get(ATTACH)
async def attach_form(visit: Fresh) -> Response:
    """Whoever has an account signs in with it; then this is the next stop."""
    if not visit.jar.get(UPGRADE_COOKIE):
        return visit.redirect(visit.to(LIST))
    try:
        claim = await _claim(visit)
    except RemoteProblem as refusal:
        return _over(visit, refusal)
    return visit.page("legacy/attach.html", tools=await _names(visit, claim["tool_ids"]), form=Form())


@router.post(ATTACH)
async def attach(visit: Fresh) -> Response:
    token = visit.jar.get(UPGRADE_COOKIE)
    visit.jar.drop(UPGRADE_COOKIE)
    body = {"upgrade_token": token, "session_token": visit.session_token}
    try:
        await visit.ask("/internal/old-accounts/attach", body)
    except RemoteProblem as refusal:
        if refusal.code not in _ENDED:
            raise
        return _over(visit, refusal)
    visit.say(N_("Your old account now belongs to this one. Its old username and password no longer work."))
    return await go_on(visit)


@router.post("/upgrade/later")
async def later(visit: Anyone) -> Response:
    """The old account stays as it is, until its owner comes with its credentials again."""
    visit.jar.drop(UPGRADE_COOKIE)
    return visit.redirect(visit.to("/sign-in")) if visit.signed is None else await go_on(visit)


@router.get(LIST)
async def old_accounts(visit: Member) -> Response:
    answer = await visit.get("identity", "/api/old-accounts")
    found = [{**one, "tool": (await _names(visit, [one["tool_id"]]))[0]} for one in answer["old_accounts"]]
    return visit.page("legacy/old_accounts.html", here="/security", old_accounts=found)


@router.get(ANOTHER)
async def another_form(visit: Fresh) -> Response:
    return visit.page("legacy/another.html", here="/security", form=Form())


@router.post(ANOTHER)
async def attach_another(visit: Fresh) -> Response:
    if unfinished := left_empty(visit):
        return visit.page("legacy/another.html", status=422, here="/security", form=unfinished)
    body = {
        "identifier": visit.fields.get("identifier", "").strip(),
        "password": visit.fields.get("password", ""),
        "client_address": visit.address,
    }
    try:
        visit.own.sign_ins.take(visit.address)
        await visit.post("identity", "/api/old-accounts", body)
    except REFUSALS as refusal:
        form = _wrong_credentials(visit, refusal) or visit.refused(refusal)
        return visit.page("legacy/another.html", status=status_of(refusal), here="/security", form=form)
    visit.say(N_("Your old account now belongs to this one. Its old username and password no longer work."))
    return visit.redirect(LIST)


def _wrong_credentials(visit: Visit, refusal: Refusal) -> Form | None:
    """A matter of this form, not of a session that ended."""
    if isinstance(refusal, RemoteProblem) and refusal.code == "credentials-wrong":
        return Form.refused({"identifier": visit.fields.get("identifier", "")}, refusal.body, renamed={})
    return None


async def _claim(visit: Visit) -> dict[str, Any]:
    body = {"upgrade_token": visit.jar.get(UPGRADE_COOKIE), "terms_version": TERMS_VERSION}
    return await visit.ask("/internal/old-accounts/claim", body)


def _given(visit: Visit) -> dict[str, Any]:
    return {
        "upgrade_token": visit.jar.get(UPGRADE_COOKIE),
        **{name: visit.fields.get(name, "") for name in (*_FIELDS, "password")},
        "language": visit.language,
        "terms_version": TERMS_VERSION,
        **visit.browser,
    }


def _hint(fields: Mapping[str, str]) -> Form | None:
    """Once, when the address looks as if several people read it; the same one is then taken as it is."""
    email = fields.get("email", "")
    return Form.of(fields) if looks_shared(email) and fields.get("hinted") != email else None


def _over(visit: Visit, refusal: RemoteProblem) -> Response:
    visit.jar.drop(UPGRADE_COOKIE)
    visit.say(str(refusal.body.get("detail", "")))
    return visit.redirect(visit.to("/sign-in") if visit.signed is None else LIST)


async def _names(visit: Visit, tool_ids: list[str]) -> list[str]:
    """Of older tools only those that live on have names here."""
    tools = [(tool_id, await visit.own.catalogue.tool(tool_id)) for tool_id in tool_ids]
    return [tool.views[visit.language].name if tool else tool_id for tool_id, tool in tools]


async def _upgrade_page(visit: Visit, claim: Mapping[str, Any], form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "legacy/upgrade.html",
        status=status,
        section="sign-in",
        tools=await _names(visit, claim["tool_ids"]),
        missing=claim["missing"],
        form=form,
        mailboxes=SHARED,
        is_shared=looks_shared(form.values["email"]),
        strength=await strength_of(visit, form),
    )
