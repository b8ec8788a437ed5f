"""A form that came when its session had ended is kept, and found again on its page by the same person in the same browser.

Nothing is sent by itself: the person looks at it and presses the button once more.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import structlog
from starlette.requests import Request
from starlette.routing import Match

from services.gateway.model.catalogue import now_utc
from services.gateway.typed import store
from services.gateway.typed.rules import TTL_S, Box, Typed, keepable
from services.gateway.web.addresses import referring_path
from services.gateway.web.cookies import TYPED_COOKIE, TYPED_PURPOSE
from services.gateway.web.sessions import ACCOUNT_COOKIE, ACCOUNT_PURPOSE
from services.gateway.web.visit import Visit
from shared.db import DATABASE_AWAY
from shared.errors import DatabaseUnavailable
from shared.redact import describe

_LOG = structlog.get_logger(__name__)
_OWNER = "typed-owner"
# What is typed is kept as a help: without the database everything else goes on as if there were none.
_OUT_OF_REACH = (asyncpg.PostgresError, DatabaseUnavailable, *DATABASE_AWAY)


async def keep(visit: Visit) -> bool:
    """Whether what was typed will be found again. Of a stranger nothing is kept."""
    fields, account_id = keepable(visit.fields), _account_id(visit)
    if not fields or not account_id:
        return False
    known = box_of(visit)
    box = known if known and known.account_id == account_id else Box(account_id, secrets.token_urlsafe(32))
    page = urlsplit(page_of(visit)).path
    sealed = box.seal(page, Typed(visit.request.url.path, fields))
    owner, now = visit.own.signer.tag(_OWNER, account_id), now_utc()
    try:
        async with visit.at.database.transaction() as db:
            await store.delete_expired(db, now=now)
            await store.keep(db, box.id_of(page), owner=owner, sealed=sealed, expires_at=now + timedelta(seconds=TTL_S))
            await store.delete_oldest(db, owner)
    except _OUT_OF_REACH as error:
        _LOG.warning("typed-form-not-kept", error=describe(error))
        return False
    packed = visit.own.signer.pack(TYPED_PURPOSE, {"account_id": box.account_id, "key": box.key})
    visit.jar.set(TYPED_COOKIE, packed, max_age_s=TTL_S)
    return True


async def find(visit: Visit) -> Typed | None:
    """For the page that is asked for."""
    box, page = _own_box(visit), visit.request.url.path
    if box is None:
        return None
    try:
        async with visit.at.database.acquire() as db:
            sealed = await store.find(db, box.id_of(page), now=now_utc())
    except _OUT_OF_REACH as error:
        _LOG.warning("typed-form-not-found", error=describe(error))
        return None
    return box.open(page, sealed) if sealed is not None else None


async def forget(visit: Visit, page: str = "") -> None:
    """page: a path; empty for the page whose form was sent now."""
    box, page = _own_box(visit), page or urlsplit(page_of(visit)).path
    if box is None:
        return
    try:
        async with visit.at.database.acquire() as db:
            await store.delete(db, box.id_of(page))
    except _OUT_OF_REACH as error:
        _LOG.warning("typed-form-not-forgotten", error=describe(error))


def or_typed(visit: Visit, values: Mapping[str, str]) -> Mapping[str, str]:
    """For forms whose rows come and go: what was typed into this one before the session ended, or else the values."""
    typed = visit.typed
    return typed.fields if typed is not None and typed.action == visit.request.url.path else values


def box_of(visit: Visit) -> Box | None:
    kept = visit.own.signer.unpack(TYPED_PURPOSE, visit.jar.given(TYPED_COOKIE))
    return Box(str(kept["account_id"]), str(kept["key"])) if kept else None


def page_of(visit: Visit) -> str:
    """The path, with its query, of the page on which the form stands that was sent: something that can be looked at."""
    request = visit.request
    came_from = referring_path(request.headers.get("referer"), visit.at.settings.public_origin)
    here = request.url.path
    above = [here.rsplit("/", up)[0] for up in range(1, here.count("/"))]
    return next((path for path in (came_from, here, *above) if path and _is_page(request, path)), "/")


def _is_page(request: Request, path: str) -> bool:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": urlsplit(path).path,
        "root_path": "",
        "headers": [],
    }
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def _own_box(visit: Visit) -> Box | None:
    box = box_of(visit) if visit.signed is not None else None
    return box if box is not None and box.account_id == str(visit.account_id) else None


def _account_id(visit: Visit) -> str:
    """Of the person who is signed in, or who was until now."""
    if visit.signed is not None:
        return str(visit.account_id)
    facts = visit.own.signer.unpack(ACCOUNT_PURPOSE, visit.jar.given(ACCOUNT_COOKIE))
    box = box_of(visit)
    return str(facts["id"]) if facts else box.account_id if box else ""
