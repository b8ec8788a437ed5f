"""One request for a page: who asks, in which language, on the way to which tool; and the answer's frame and cookies."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.gateway.journey.authorizations import Authorization, AuthorizationExpired
from services.gateway.model.addresses import is_undeliverable
from services.gateway.model.catalogue import Tool
from services.gateway.typed.filling import filled_in
from services.gateway.typed.rules import Typed
from services.gateway.web.addresses import request_id_of
from services.gateway.web.calls import Calls, SignInNeeded
from services.gateway.web.client_address import client_address
from services.gateway.web.cookies import (
    DEVICE_COOKIE,
    FLASH_COOKIE,
    FLASH_PURPOSE,
    LANGUAGE_COOKIE,
    LATER_COOKIE,
    LATER_PURPOSE,
    THEME_COOKIE,
    VISITOR_COOKIE,
    Jar,
)
from services.gateway.web.forms import Form
from services.gateway.web.own import At, Own, own_of
from services.gateway.web.sessions import (
    ACCESS_COOKIE,
    ACCOUNT_COOKIE,
    ACCOUNT_PURPOSE,
    SESSION_COOKIE,
    SignedIn,
    account_facts,
    account_view,
)
from services.gateway.web.templates import FOLDER
from services.gateway.web.ui import AccountView, Ui
from shared.client import RemoteProblem
from shared.errors import Problem, Unavailable
from shared.i18n import LANGUAGES, Translator, translator
from shared.tokens import Person

THEMES = ("light", "dark")
EVENT_STREAM = "text/event-stream"


@dataclass
class Visit(Calls):
    """signed: None for a stranger. is_unknown: there is a session, and nobody who could say whose.

    fields: of the form that was sent. upload, upload_name: the file in it, where the page takes one.
    tool: that the person is on the way to. unread: how many notifications are new. typed: into this page, before the session ended.
    """

    request: Request
    at: At
    own: Own
    jar: Jar
    language: str = "fr"
    signed: SignedIn | None = None
    account: AccountView | None = None
    request_id: str = ""
    is_unknown: bool = False
    request_expired: bool = False
    authorization: Authorization | None = None
    tool: Tool | None = None
    fields: dict[str, str] = field(default_factory=dict[str, str])
    upload: bytes = field(default=b"", repr=False)
    upload_name: str = ""
    unread: int = 0
    is_unreachable: bool = False
    typed: Typed | None = None

    @classmethod
    async def begin(cls, request: Request) -> "Visit":
        at: At = request.app.state.runtime
        own = own_of(at)
        visit = cls(request, at, own, Jar(request.cookies, secure=at.settings.cookies_secure))
        request.state.visit = visit
        visit.language = visit._language_of()
        if visit.session_token:
            await visit._recognise()
        if visit.account is not None and not visit.account.is_pending and visit._is_page():
            # On the way to a tool nothing may wait for what is only nice to know.
            on_the_way = "request" in request.query_params
            visit.unread = own.unread.known(visit.account_id) if on_the_way else await own.unread.of(visit.account_id)
        if "request" in request.query_params:
            await visit._find_tool(request_id_of(request.query_params["request"]))
        return visit

    @property
    def session_token(self) -> str:
        return self.jar.get(SESSION_COOKIE)

    @property
    def person(self) -> Person:
        """Raises SignInNeeded."""
        if self.signed is None:
            raise SignInNeeded
        return self.signed.person

    @property
    def asked_organisation(self) -> str | None:
        """The one for which alone the tool asks, by id or enterprise number."""
        return self.authorization.organisation if self.authorization else None

    @property
    def account_id(self) -> UUID:
        return self.person.account_id

    @property
    def words(self) -> Translator:
        return translator(FOLDER, self.language)

    @property
    def csrf(self) -> str:
        """Of this session, or of this browser while nobody is signed in."""
        bound_to = self.session_token or self.jar.get(VISITOR_COOKIE)
        if not bound_to:
            bound_to = secrets.token_urlsafe(18)
            self.jar.set(VISITOR_COOKIE, bound_to)
        return self.own.signer.tag("csrf", bound_to)

    def is_csrf(self, given: str) -> bool:
        """A form of a session that has ended is still one of ours, and comes from a stranger now."""
        bound_to = self.session_token or self.jar.given(SESSION_COOKIE) or self.jar.get(VISITOR_COOKIE)
        return bool(bound_to and given) and self.own.signer.is_tag(given, "csrf", bound_to)

    def to(self, path: str) -> str:
        """A path of ours that keeps the way to the tool."""
        if not self.request_id:
            return path
        return f"{path}{'&' if '?' in path else '?'}request={quote(self.request_id, safe='')}"

    @property
    def address(self) -> str:
        """From which the request comes."""
        return client_address(self.request, self.at.settings.client_address_header)

    @property
    def browser(self) -> dict[str, str]:
        """As identity wants to know it when a session begins."""
        device = self.jar.get(DEVICE_COOKIE)[:100] or secrets.token_urlsafe(18)
        self.jar.set(DEVICE_COOKIE, device, max_age_s=Jar.YEAR_S)
        user_agent = self.request.headers.get("user-agent", "")[:500]
        return {"user_agent": user_agent, "client_address": self.address, "device": device}

    @property
    def bound_to(self) -> str:
        """What only this browser has, and what its forms are bound to."""
        return self.session_token or self.jar.get(VISITOR_COOKIE)

    def refused(self, refusal: RemoteProblem | Problem, *, fields: Mapping[str, str] | None = None) -> Form:
        """The form as it was typed, with what the service says against it. fields: names of ours for names of the service's."""
        if isinstance(refusal, Problem):
            return Form.against(self.fields, refusal, self.words, renamed=fields or {})
        if refusal.status == 401:
            raise SignInNeeded from refusal
        return Form.refused(self.fields, refusal.body, renamed=fields or {})

    # Answering.

    def ui(self, section: str = "") -> Ui:
        scope = self.request.scope
        query: bytes = scope["query_string"]
        return Ui(
            csrf=self.csrf,
            path=f"{scope['path']}?{query.decode('latin-1')}" if query else scope["path"],
            theme=self.theme,
            account=self.account,
            tool=self.tool.views[self.language] if self.tool else None,
            request_id=self.request_id,
            flash=self._take_flash(),
            section=section,
            stale=self.signed is not None and self.signed.is_stale,
            unread=self.unread,
            is_unreachable=self.is_unreachable,
        )

    @property
    def theme(self) -> str:
        theme = self.jar.get(THEME_COOKIE)
        return theme if theme in THEMES else ""

    def page(self, template: str, /, *, status: int = 200, section: str = "", **context: Any) -> Response:
        ui = self.ui(section)
        render = partial(self.own.templates.render, template, self.language, ui=ui, **context)
        html = render() if self.typed is None else filled_in(render, self.typed, ui)
        return self.jar.send(HTMLResponse(html, status, {"content-language": self.language}))

    def redirect(self, path: str) -> Response:
        """path: a path of ours, or the address that a service gave us to lead on to."""
        return self.jar.send(RedirectResponse(path, 303))

    def say(self, message: str, **params: object) -> None:
        """A sentence for the next page. message: a msgid."""
        text = self.words.sentence(message, params)
        self.jar.set(FLASH_COOKIE, self.own.signer.pack(FLASH_PURPOSE, {"text": text}), max_age_s=60)

    def _take_flash(self) -> str:
        packed = self.jar.given(FLASH_COOKIE)
        if not packed:
            return ""
        self.jar.drop(FLASH_COOKIE)
        said = self.own.signer.unpack(FLASH_PURPOSE, packed)
        return str(said["text"]) if said else ""

    # The session.

    def open_session(self, view: Mapping[str, Any]) -> None:
        """view: identity's, of a session that is new or stronger than before. A language chosen in this browser stays."""
        if view.get("session_token"):
            self._renew_token(view["session_token"], view["account"]["id"])
        self.jar.set(ACCESS_COOKIE, view["access_token"])
        facts = account_facts(view)
        self.jar.set(ACCOUNT_COOKIE, self.own.signer.pack(ACCOUNT_PURPOSE, facts))
        if not self.jar.given(LANGUAGE_COOKIE) and facts["language"] in LANGUAGES:
            self.language = facts["language"]
            self.jar.set(LANGUAGE_COOKIE, self.language, max_age_s=Jar.YEAR_S)

    def _renew_token(self, token: str, account_id: object) -> None:
        """What the person said in this session stays said when it goes on under another token."""
        is_same = self.signed is not None and str(self.signed.person.account_id) == str(account_id)
        later = self.jar.get(LATER_COOKIE)
        skips_eid = is_same and self.own.signer.is_tag(later, LATER_PURPOSE, self.session_token)
        self.jar.set(SESSION_COOKIE, token)
        if skips_eid:
            self.jar.set(LATER_COOKIE, self.own.signer.tag(LATER_PURPOSE, token))

    async def look_at_address(self) -> None:
        """On the pages that ask for another one. Raises SignInNeeded."""
        async with self.at.database.acquire() as db:
            self.is_unreachable = await is_undeliverable(db, self.account_id)

    async def renew_facts(self) -> None:
        """The header's name and what else the cookies say of the account, after it changed. Without identity they follow later."""
        with suppress(RemoteProblem, Unavailable):
            self.open_session(await self.ask("/internal/sessions/refresh", {"session_token": self.session_token}))

    def keep_fact(self, name: str, value: str) -> None:
        """What has changed of the account since its cookie was made."""
        facts = self.own.signer.unpack(ACCOUNT_PURPOSE, self.jar.get(ACCOUNT_COOKIE)) or {}
        self.jar.set(ACCOUNT_COOKIE, self.own.signer.pack(ACCOUNT_PURPOSE, {**facts, name: value}))

    def close_session(self) -> None:
        self.own.hub.end_session(self.session_token)
        for name in (SESSION_COOKIE, ACCESS_COOKIE, ACCOUNT_COOKIE, LATER_COOKIE):
            self.jar.drop(name)
        self.signed, self.account = None, None

    async def _recognise(self) -> None:
        try:
            self.signed = await self.own.sessions.find(self.session_token, self.jar.get(ACCESS_COOKIE))
        except Unavailable:
            self.is_unknown = True
            return
        if self.signed is None:
            self.close_session()
            return
        if self.signed.renewed is not None:
            facts = account_facts(self.signed.renewed)
            self.jar.set(ACCESS_COOKIE, self.signed.access_token)
            self.jar.set(ACCOUNT_COOKIE, self.own.signer.pack(ACCOUNT_PURPOSE, facts))
        else:
            facts = self.own.signer.unpack(ACCOUNT_PURPOSE, self.jar.get(ACCOUNT_COOKIE))
        self.account = account_view(facts, self.signed.person)

    async def _find_tool(self, request_id: str) -> None:
        if not request_id:
            return
        try:
            self.authorization = await self.own.authorizations.get(request_id)
        except AuthorizationExpired:
            self.request_expired = True
            return
        except (RemoteProblem, Unavailable):
            self.request_id = request_id
            return
        self.request_id = request_id
        self.tool = await self.own.catalogue.tool(self.authorization.tool_id)
        if not self.jar.get(LANGUAGE_COOKIE) and self.authorization.languages:
            self.language = self.authorization.languages[0]

    @property
    def is_of_a_page(self) -> bool:
        """A page that is open asks for something: a stream, a part of itself, a picture. Nobody would see where a redirect leads."""
        headers = self.request.headers
        dest, accept = headers.get("sec-fetch-dest", "document"), headers.get("accept", "")
        return self.request.method in ("GET", "HEAD") and (dest != "document" or accept.startswith(EVENT_STREAM))

    def _is_page(self) -> bool:
        """Whole, with a header."""
        return "text/html" in self.request.headers.get("accept", "") and not self.is_of_a_page

    def _language_of(self) -> str:
        chosen = self.jar.get(LANGUAGE_COOKIE)
        return chosen if chosen in LANGUAGES else self.request.state.language
