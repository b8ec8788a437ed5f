"""All mails on one page, for those who build the platform. In a demo only."""

from email.message import EmailMessage
from functools import lru_cache
from typing import Literal

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from services.notify.at import At
from services.notify.digests.rules import DIGEST
from services.notify.mails.render import FOLDER, Renderer
from services.notify.preferences.topics import topic_of
from services.notify.previews.samples import KINDS, sample
from shared.errors import NotFound
from shared.i18n import LANGUAGES
from shared.tokens import public

PATH = "/api/mail-previews"
# A mail may have styles in its lines and nothing else; in its frame it cannot reach the page around it.
_STYLED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_OF_A_MAIL = f"{_STYLED}; frame-ancestors 'self'; sandbox"
_OF_THE_PAGE = f"{_STYLED}; frame-src 'self'; frame-ancestors 'none'"
_SHOWN_HEADERS = (
    "From",
    "Reply-To",
    "Message-ID",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)

router = APIRouter(
    prefix=PATH, include_in_schema=False, dependencies=[public("mails with invented names, in a demo only")]
)


@router.get("")
async def all_of_them(at: At, language: str = "en", look: str = "html") -> Response:
    """language: of LANGUAGES, or `all` for each mail in all of them. look: html or text."""
    _only_in_a_demo(at.settings.is_demo)
    shown = LANGUAGES if language == "all" else (language,)
    if look not in ("html", "text") or not set(shown) <= set(LANGUAGES):
        raise NotFound
    kinds, choices = [_about(kind) for kind in KINDS], (*LANGUAGES, "all")
    page = _page().render(path=PATH, kinds=kinds, shown=shown, language=language, look=look, choices=choices)
    return HTMLResponse(page, headers={"content-security-policy": _OF_THE_PAGE})


@router.get("/{kind}.{language}.html")
async def as_html(kind: str, language: str, at: At) -> Response:
    message = _made(at.own.renderer, kind, language, is_demo=at.settings.is_demo)
    return HTMLResponse(_body(message, "html"), headers={"content-security-policy": _OF_A_MAIL})


@router.get("/{kind}.{language}.txt")
async def as_text(kind: str, language: str, at: At) -> Response:
    """With the headers that differ from mail to mail."""
    message = _made(at.own.renderer, kind, language, is_demo=at.settings.is_demo)
    head = "".join(f"{name}: {message[name]}\n" for name in ("Subject", *_SHOWN_HEADERS) if message[name])
    return PlainTextResponse(f"{head}\n{_body(message, 'plain')}", headers={"content-security-policy": _OF_A_MAIL})


def _made(renderer: Renderer, kind: str, language: str, *, is_demo: bool) -> EmailMessage:
    """Raises NotFound."""
    _only_in_a_demo(is_demo)
    if kind not in KINDS or language not in LANGUAGES:
        raise NotFound
    return sample(renderer, kind, language)


def _only_in_a_demo(is_demo: bool) -> None:
    if not is_demo:
        raise NotFound


def _about(kind: str) -> dict[str, object]:
    return {"kind": kind, "may_stop": kind == DIGEST or topic_of(kind) is not None}


def _body(message: EmailMessage, kind: Literal["html", "plain"]) -> str:
    part = message.get_body((kind,))
    return part.get_content() if part is not None else ""


@lru_cache(maxsize=1)
def _page() -> Template:
    loader = FileSystemLoader(FOLDER / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "previews.html"
    )
