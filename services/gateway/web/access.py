"""Who may see a page. Each route of a page has exactly one of these markers, as the kit's routes have theirs.

Whatever a page changes, it changes by a form: the marker refuses one that was not made here, for this browser.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from services.gateway.typed import keeping
from services.gateway.web.addresses import same_origin
from services.gateway.web.cookies import TYPED_COOKIE
from services.gateway.web.visit import SignInNeeded, Visit
from shared.errors import Forbidden, Unavailable
from shared.markers import N_
from shared.tokens import Acr, WrongCaller

SAFE_METHODS = ("GET", "HEAD")
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
MAX_FIELDS = 2000
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class FormNotOurs(Forbidden):
    code = "form-not-ours"
    message = N_(
        "This page was open for too long, or you signed in or out in another window meanwhile. Load it again and send it once more."
    )


class StaffOnly(WrongCaller):
    message = N_("Only those who work in support come in here.")


def anyone(*, upload: str = "") -> Any:
    """Strangers too. upload: the field of the one file that the form may carry."""

    async def dependency(request: Request) -> Visit:
        return await _begin(request, upload=upload)

    return _marked(dependency, "public: a page for everyone")


def signed_in(*, acr: Acr = "pwd", fresh_s: int | None = None, upload: str = "", staff: str = "") -> Any:
    """Someone who signed in at least by `acr`; others are led to sign in, or to activate their account, and back.

    fresh_s: whoever proved longer ago who they are is led to do so again, and back; None for any age.
    upload: the field of the one file that the form may carry. staff: the role of those who may come in, once they signed in strongly
    enough to be taken for staff; empty for everyone.
    """

    async def dependency(request: Request) -> Visit:
        visit = await _begin(request, upload=upload)
        if visit.is_unknown or (
            visit.signed is not None and visit.signed.is_stale and request.method not in SAFE_METHODS
        ):
            raise Unavailable
        visit.person.require(acr="pending")
        if acr != "pending" and visit.person.acr == "pending":
            raise ActivationNeeded
        visit.person.require(acr=acr)
        if fresh_s is not None:
            visit.person.require_fresh(fresh_s=fresh_s, now=time.time())
        if staff and visit.person.staff != staff:
            raise StaffOnly
        return visit

    more = ("" if fresh_s is None else f" fresh={fresh_s}s") + (f" staff={staff}" if staff else "")
    return _marked(dependency, f"page person acr={acr}{more}")


class ActivationNeeded(Exception):
    """Signed in, but the account waits for its code."""


async def _begin(request: Request, *, upload: str = "") -> Visit:
    visit = await Visit.begin(request)
    if request.method not in SAFE_METHODS:
        await _check_form(visit, upload=upload)
    elif visit.jar.given(TYPED_COOKIE):
        visit.typed = await keeping.find(visit)
    return visit


async def _check_form(visit: Visit, *, upload: str) -> None:
    request = visit.request
    if not same_origin(request.headers.get("origin"), visit.at.settings.public_origin):
        raise FormNotOurs
    token = request.headers.get(CSRF_HEADER, "")
    if request.headers.get("content-type", "").split(";")[0].strip() in FORM_TYPES:
        async with request.form(max_files=1 if upload else 0, max_fields=MAX_FIELDS) as form:
            visit.fields = {name: _text(value) for name, value in form.items() if name != upload}
            visit.upload = await _bytes(form.get(upload)) if upload else b""
            visit.upload_name = _name(form.get(upload)) if upload else ""
        token = token or visit.fields.pop(CSRF_FIELD, "")
    if not visit.is_csrf(token):
        raise FormNotOurs


def _text(value: str | UploadFile) -> str:
    """Without what PostgreSQL and JSON cannot hold."""
    return value.replace("\x00", "") if isinstance(value, str) else _refuse_file()


async def _bytes(value: str | UploadFile | None) -> bytes:
    """Empty when no file was chosen. How long it may be, the edge decides."""
    return await value.read() if isinstance(value, UploadFile) else b""


def _name(value: str | UploadFile | None) -> str:
    """As the browser calls it: for people to read, and for nothing else."""
    return (value.filename or "").replace("\x00", "") if isinstance(value, UploadFile) else ""


def _refuse_file() -> NoReturn:
    raise FormNotOurs


def _marked(dependency: Callable[..., Awaitable[Any]], access: str) -> Any:
    setattr(dependency, "access", access)  # noqa: B010 - read by the kit's walk over all routes
    return Depends(dependency)


__all__ = ["ActivationNeeded", "FormNotOurs", "SignInNeeded", "anyone", "signed_in"]
