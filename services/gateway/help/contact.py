"""Asking the help desk: what was typed, what the browser says of itself, and a picture of the screen. Notify mails it."""

import asyncio
import base64
import re
from collections.abc import Iterator
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
from shared.errors import Invalid, Problem, Violations
from shared.markers import N_
from shared.pictures import MAX_UPLOAD_BYTES

PATH = "/help/contact"
MAX_FORM_BYTES = 30 * 1024 * 1024
"""More than a picture may have: who sends one that is too large is told so on the form, and what was typed is kept."""
MAX_TEXT = 5000
MAX_SIDES = (2000, 1400, 900)
"""Pixels: letters on a screen stay readable. A picture that remains too large for a mail is made smaller still."""
MAX_PICTURE_BYTES = 2_000_000
_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_EMAIL = re.compile(r"[^@\s,;<>()\x00-\x1f]{1,64}@[^@\s,;<>()\x00-\x1f]{1,185}")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]
Asking = Annotated[Visit, anyone(upload="picture")]


class QuestionMissing(Invalid):
    code = "question-missing"
    message = N_("Say what you would like to know, or what went wrong.")


class UploadTooLarge(Invalid):
    """params: max_mb."""

    code = "upload-too-large"
    message = N_("This file is too large. Choose one of at most {max_mb} MB.")


class QuestionTooLong(Invalid):
    code = "question-too-long"
    message = N_("Shorten your question to 5,000 characters.")


class AddressUnfit(Invalid):
    code = "answer-address-invalid"
    message = N_("Give an e-mail address at which we can answer you, such as name@example.be.")


@router.get(PATH)
async def ask(visit: Anyone, code: str = "", reference: str = "", page: str = "") -> Response:
    """page: whence one came; without it the browser says so, of our own pages only."""
    values = {"page": page or _came_from(visit), "code": code, "reference": reference}
    return await _page(visit, Form.of(_checked(values)))


@router.post(PATH)
async def send(visit: Asking) -> Response:
    fields = {**visit.fields, **_checked(visit.fields)}
    try:
        visit.own.questions.take(visit.address)
        body = await _question(visit, fields)
        taken: dict[str, Any] = await visit.client("notify").post("/internal/contact", body, language=visit.language)
    except (*REFUSALS, Invalid) as refusal:
        form = visit.refused(refusal)
        form.values.update(fields)
        status = 422 if isinstance(refusal, Invalid) else status_of(refusal)
        return await _page(visit, form, status=status)
    return visit.page("help/asked.html", section="help", reference=taken["reference"], email=body["email"])


async def _question(visit: Visit, fields: dict[str, str]) -> dict[str, Any]:
    """Raises Violations with all that is wrong with the text and the address, UploadTooLarge, and what else is wrong with a picture."""
    text, email = fields.get("text", "").strip(), fields.get("email", "").strip()
    signed = visit.signed
    problems = list(_problems(text, email, needs_address=signed is None))
    if problems:
        raise Violations(problems)
    picture = await _picture(visit)
    told = {name: fields[name] for name in ("page", "code", "reference")} | await _browser(visit)
    return {
        "account_id": str(signed.person.account_id) if signed else None,
        "email": email,
        "name": fields.get("name", "").strip()[:200],
        "text": text,
        "facts": {name: fact for name, fact in told.items() if fact},
        "picture": base64.b64encode(picture).decode(),
        "language": visit.language,
    }


async def _picture(visit: Visit) -> bytes:
    """WebP, or nothing where none was chosen."""
    if not visit.upload:
        return b""
    if len(visit.upload) > MAX_UPLOAD_BYTES:
        raise UploadTooLarge(field="picture", max_mb=MAX_UPLOAD_BYTES // 1_048_576)
    body = b""
    for max_side in MAX_SIDES:
        body = (await visit.own.pictures.shrink(visit.upload, max_side=max_side)).body
        if len(body) <= MAX_PICTURE_BYTES:
            break
    return body


def _problems(text: str, email: str, *, needs_address: bool) -> Iterator[Problem]:
    if not text:
        yield QuestionMissing(field="text")
    if len(text) > MAX_TEXT:
        yield QuestionTooLong(field="text")
    if (needs_address or email) and _EMAIL.fullmatch(email) is None:
        yield AddressUnfit(field="email")


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.page(
        "help/contact.html",
        status=status,
        section="help",
        form=form,
        facts=await _browser(visit),
        asks_address=visit.signed is None or bool(form.errors["email"]),
        support_email=visit.at.settings.support_email,
        max_text=MAX_TEXT,
        max_picture_bytes=MAX_UPLOAD_BYTES,
        has_lost_picture=bool(visit.upload),
    )


def _checked(given: dict[str, str]) -> dict[str, str]:
    """What an address or a hidden field says is kept where it is a path of ours, or looks like a code. Of a path without its query."""
    page = given.get("page", "")
    codes = {name: given.get(name, "") for name in ("code", "reference")}
    return {
        "page": urlsplit(local_path(page)).path[:500] if page else "",
        **{name: text if _CODE.fullmatch(text) else "" for name, text in codes.items()},
    }


def _came_from(visit: Visit) -> str:
    """The path alone: an address may hold a secret of a mail's link in its query."""
    url = urlsplit(visit.request.headers.get("referer", ""))
    is_ours = same_origin(f"{url.scheme}://{url.netloc}", visit.at.settings.public_origin)
    return url.path if is_ours and url.path != PATH else ""


async def _browser(visit: Visit) -> dict[str, str]:
    """As the browser names itself, empty where it does not. Reading it takes milliseconds: not for the event loop."""
    user_agent = visit.request.headers.get("user-agent", "")[:500]
    found = await asyncio.to_thread(ua_parser.parse, user_agent)
    agent, system = found.user_agent, found.os
    named = {
        "browser": " ".join(filter(None, (agent.family, agent.major))) if agent else user_agent,
        "system": " ".join(filter(None, (system.family, system.major))) if system else "",
    }
    return {name: text[:500] for name, text in named.items()}
