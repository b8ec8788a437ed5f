"""Who looks at a page, in which language, and how a page is made for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from babel.numbers import format_currency, format_decimal
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from tools.demo_tool.events import RecentEvents
from tools.demo_tool.logout_tokens import SeenTokens
from tools.demo_tool.platform import PRICE_EXCL_CENTS, PRICE_INCL_CENTS, Platform
from tools.demo_tool.sessions import Session, Sessions
from tools.demo_tool.settings import Settings
from tools.texts import LANGUAGES, chosen_language


@dataclass(frozen=True)
class Tool:
    """All that the program holds while it runs. events: however they came; heard: by webhook."""

    settings: Settings
    platform: Platform
    sessions: Sessions
    seen_tokens: SeenTokens
    events: RecentEvents
    heard: RecentEvents
    templates: Mapping[str, Environment]


@dataclass(frozen=True)
class Visitor:
    """was_signed_in: the browser still names a session that has ended in the meantime."""

    request: Request
    tool: Tool
    session: Session | None
    was_signed_in: bool
    language: str

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        environment = self.tool.templates[self.language]
        content = environment.get_template(template).render(
            request=self.request,
            session=self.session,
            claims=self.session.claims if self.session else {},
            was_signed_in=self.was_signed_in,
            platform=self.tool.settings.issuer,
            euros=self.euros,
            number=self.number,
            price_excl=self.euros(PRICE_EXCL_CENTS),
            price_incl=self.euros(PRICE_INCL_CENTS),
            events=self.events(),
            **values,
        )
        return HTMLResponse(content, status_code=status)

    def euros(self, cents: int) -> str:
        return format_currency(Decimal(cents) / 100, "EUR", locale=self.language)

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self.language)

    def events(self) -> list[dict[str, Any]]:
        organisation_id = self.session.organisation_id if self.session else None
        return self.tool.events.of(organisation_id) if organisation_id else []


def tool_of(request: Request) -> Tool:
    return request.app.state.tool


def visitor_of(request: Request) -> Visitor:
    """Find the visitor's session; a language chosen with `?lang=` stays chosen."""
    tool, cookie = tool_of(request), request.session
    session_id = cookie.get("session_id")
    session = tool.sessions.find(session_id, now=datetime.now(UTC))
    if session_id and session is None:
        del cookie["session_id"]
    if request.query_params.get("lang") in LANGUAGES:
        cookie["language"] = request.query_params["lang"]
    language = chosen_language(cookie.get("language"), request.headers.get("accept-language"))
    return Visitor(request, tool, session, bool(session_id) and session is None, language)


VisitorOf = Annotated[Visitor, Depends(visitor_of)]
ToolOf = Annotated[Tool, Depends(tool_of)]
