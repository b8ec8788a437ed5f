"""Asking the help desk: what was typed, what the browser says of itself, and a picture of the screen. Notify mails it."""

import asyncio
import base64
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import ua_parser
from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.web.access import anyone
from services.gateway.web.addresses import local_path, same_origin
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.errors import Invalid, Problem
from shared.markers import N_
from shared.pictures import MAX_UPLOAD_BYTES

PATH = "/help/contact"
MAX_FORM_BYTES = MAX_UPLOAD_BYTES + 65_536
MAX_TEXT = 5000
MAX_SIDE = 2000
"""Pixels: letters on a screen stay readable."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_EMAIL = re.compile(r"[^@\s,;<>()\x00-\x1f]{1,64}@[^@\s,;<>()\x00-\x1f]{1,185}")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Asking = Annotated[Visit, anyone(upload="picture")]


class QuestionMissing(Invalid):
    code = "question-missing"
    message = N_("Say what you would like to know, or what went wrong.")


class QuestionTooLong(Invalid):
    code = "question-too-long"
    message = N_("Shorten your question to 5,000 characters.")


class AddressUnfit(Invalid):
    code = "answer-address-invalid"
    message = N_("Give an e-mail address at which we can answer you, such as name@example.be.")


@router.get(PATH)
async def ask(visit: Anyone, code: str = "", reference: str = "", page: str = "") -> Response:
    """page: whence one came; without it the browser says so, of our own pages only."""
    values = {"page": local_path(page) if page else _came_from(visit), "code": code, "reference": reference}
    return await _page(visit, Form.of(_checked(values)))


@router.post(PATH)
async def send(visit: Asking) -> Response:
    fields = {**visit.fields, **_checked(visit.fields)}
    try:
        visit.own.questions.take(visit.address)
        body = await _question(visit, fields)
        taken: dict[str, Any] = await visit.client("notify").post("/internal/contact", body, language=visit.language)
    except REFUSALS as refusal:
        form = visit.refused(refusal, fields={"text": "text", "email": "email"})
        form.values.update(fields)
        return await _page(visit, form, status=status_of(refusal))
    return visit.page("help/asked.html", section="help", reference=taken["reference"], email=body["email"])


async def _question(visit: Visit, fields: dict[str, str]) -> dict[str, Any]:
    """Raises QuestionMissing, QuestionTooLong, AddressUnfit, and what is wrong with a picture."""
    text, email = fields.get("text", "").strip(), fields.get("email", "").strip()
    signed = visit.signed
    problem = _problem(text, email, needs_address=signed is None)
    if problem is not None:
        raise problem
    picture = await visit.own.pictures.shrink(visit.upload, max_side=MAX_SIDE) if visit.upload else None
    known = {name: fields[name] for name in ("page", "code", "reference") if fields.get(name)}
    return {
        "account_id": str(signed.person.account_id) if signed else None,
        "email": "" if signed else email,
        "name": "" if signed else fields.get("name", "").strip()[:200],
        "text": text,
        "facts": known | await _browser(visit),
        "picture": base64.b64encode(picture.body).decode() if picture else "",
        "language": visit.language,
    }


def _problem(text: str, email: str, *, needs_address: bool) -> Problem | None:
    if not text:
        return QuestionMissing(field="text")
    if len(text) > MAX_TEXT:
        return QuestionTooLong(field="text")
    return AddressUnfit(field="email") if needs_address and _EMAIL.fullmatch(email) is None else None


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "help/contact.html",
        status=status,
        section="help",
        form=form,
        facts=await _browser(visit),
        asks_address=visit.signed is None,
        support_email=visit.at.settings.support_email,
        max_text=MAX_TEXT,
    )


def _checked(given: dict[str, str]) -> dict[str, str]:
    """What an address or a hidden field says is kept where it is a path of ours, or looks like a code."""
    page = given.get("page", "")
    codes = {name: given.get(name, "") for name in ("code", "reference")}
    return {
        "page": local_path(page)[:500] if page else "",
        **{name: text if _CODE.fullmatch(text) else "" for name, text in codes.items()},
    }


def _came_from(visit: Visit) -> str:
    """The path alone: an address may hold a secret of a mail's link in its query."""
    url = urlsplit(visit.request.headers.get("referer", ""))
    is_ours = same_origin(f"{url.scheme}://{url.netloc}", visit.at.settings.public_origin)
    return url.path if is_ours and url.path != PATH else ""


async def _browser(visit: Visit) -> dict[str, str]:
    """As the browser names itself, and shown before anything is sent. Reading it takes milliseconds: not for the event loop."""
    user_agent = visit.request.headers.get("user-agent", "")[:500]
    found = await asyncio.to_thread(ua_parser.parse, user_agent)
    agent, system = found.user_agent, found.os
    named = {
        "browser": " ".join(filter(None, (agent.family, agent.major))) if agent else user_agent,
        "system": " ".join(filter(None, (system.family, system.major))) if system else "",
    }
    return {name: text[:500] for name, text in named.items() if text}
