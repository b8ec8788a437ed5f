"""What goes wrong, as a page in the reader's language; and the way on where there is one."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.gateway.journey.authorizations import AuthorizationExpired
from services.gateway.typed import keeping
from services.gateway.web.access import ActivationNeeded, FormNotOurs
from services.gateway.web.addresses import local_path, referring_path
from services.gateway.web.cookies import TYPED_COOKIE, Jar
from services.gateway.web.own import own_of
from services.gateway.web.visit import SignInNeeded, Visit
from shared.client import RemoteProblem
from shared.database_errors import problem_of
from shared.errors import Kind, Problem, TooMany
from shared.markers import N_
from shared.telemetry import current_trace_id
from shared.tokens import AcrTooWeak, ConfirmationNeeded

_LOG = structlog.get_logger(__name__)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True)
class Words:
    """Msgids. text: for a reader who is told nothing better."""

    title: str
    text: str


_WORDS = {
    403: Words(N_("This is not open to you"), N_("You are signed in, but this page is for others.")),
    404: Words(N_("There is nothing here"), N_("The page has moved, never existed, or is not yours to see.")),
    405: Words(N_("That cannot be done here"), N_("Go back to the page before, and try from there.")),
    422: Words(N_("That did not fit"), N_("Part of the address or of the form cannot be right.")),
    429: Words(N_("Too many attempts"), N_("Wait a moment, then try again.")),
    500: Words(
        N_("That was our mistake"), N_("Something broke on our side. It has been noted; try again in a moment.")
    ),
    503: Words(
        N_("Not possible just now"),
        N_("Part of the platform is out of reach. Nothing was lost; try again in a moment."),
    ),
}
_STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 403,
    Kind.PAYMENT_REQUIRED: 422,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 422,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}


class PageRoute(APIRoute):
    """The route of a page: whatever is raised becomes a page, or leads to signing in."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            elsewhere = _canonical(request)
            if elsewhere is not None:
                return elsewhere
            try:
                response = await handle(request)
            except Exception as error:  # a person gets a page, whatever happened
                return await _to_typed(request, error) or answer(request, error)
            visit: Visit | None = getattr(request.state, "visit", None)
            if visit and request.method == "POST" and TYPED_COOKIE in request.cookies and response.status_code < 400:
                await keeping.forget(visit)
            return response

        return guarded


def _canonical(request: Request) -> Response | None:
    """In a demo people type localhost for 127.0.0.1; the card, the cookies and the forms know one of them only."""
    settings = request.app.state.runtime.settings
    if settings.environment != "demo" or request.method != "GET":
        return None
    origin = f"{request.url.scheme}://{request.url.netloc}"
    if origin == settings.public_origin or request.url.hostname not in ("localhost", "127.0.0.1"):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{settings.public_origin}{request.url.path}{query}", 307)


async def _to_typed(request: Request, error: Exception) -> Response | None:
    """A form that is refused for who sends it, not for what stands in it, is not lost. None: the answer is the usual one.

    One of an earlier session is looked at again before it is sent, if the browser says that it is ours.
    """
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None or request.method != "POST":
        return None
    if isinstance(error, FormNotOurs):
        is_ours = request.headers.get("origin") == visit.at.settings.public_origin
        is_kept = is_ours and visit.signed is not None and await keeping.keep(visit)
        return visit.redirect(keeping.page_of(visit)) if is_kept else None
    is_ended = _is_sign_in_needed(error)
    if (is_ended or _is_confirmation_needed(error)) and await keeping.keep(visit) and is_ended:
        visit.say(N_("Your session had ended, so nothing was sent. Sign in, and what you typed is still there."))
    return None


def _is_sign_in_needed(error: Exception) -> bool:
    return isinstance(error, SignInNeeded) or (isinstance(error, RemoteProblem) and error.status == 401)


def _is_confirmation_needed(error: Exception) -> bool:
    return isinstance(error, ConfirmationNeeded | AcrTooWeak) or _is_code(error, ConfirmationNeeded.code)


def answer(request: Request, error: Exception) -> Response:
    visit = getattr(request.state, "visit", None) or _minimal(request)
    if _is_sign_in_needed(error):
        if visit.is_of_a_page:
            # Without cookies: those of the page that is shown meanwhile, and what its forms are bound to, would be overwritten.
            return Response(status_code=401, headers={"cache-control": "no-store"})
        return _to_sign_in(visit, keeps_session=isinstance(error, SignInNeeded) and error.keeps_session)
    if isinstance(error, ActivationNeeded):
        return visit.redirect(visit.to("/activate"))
    if isinstance(error, ConfirmationNeeded) or _is_code(error, ConfirmationNeeded.code):
        return _to_confirm(visit)
    if isinstance(error, AcrTooWeak) and error.params.get("needed") == "mfa":
        return _to_confirm(visit, stronger=True)
    status, text = _facts(error, visit)
    return page(visit, status, text, code=_code_of(error))


def page(
    visit: Visit, status: int, text: str = "", *, way_out: tuple[str, str] | None = None, code: str = ""
) -> Response:
    """text: a sentence in the visitor's language, or empty for the usual one. way_out: words and path. code: that help knows."""
    known = _WORDS.get(status, _WORDS[500 if status >= 500 else 404])
    words = visit.words
    label, url = way_out or (words.gettext(N_("To the start page")), "/")
    return visit.page(
        "error.html",
        status=status,
        number=status,
        title=words.gettext(known.title),
        text=text or words.gettext(known.text),
        way_out=label,
        way_out_url=url,
        code=code,
        reference=(current_trace_id() or "") if status >= 500 else "",
    )


def _facts(error: Exception, visit: Visit) -> tuple[int, str]:
    """The status, and the sentence where there is one that helps."""
    if isinstance(error, RemoteProblem):
        status = error.status if error.status in _WORDS else 422 if error.status < 500 else 503
        return status, str(error.body.get("detail", "")) if error.status < 500 else ""
    if isinstance(error, RequestValidationError):
        return 404, ""
    if isinstance(error, HTTPException):
        return error.status_code, ""
    problem = error if isinstance(error, Problem) else problem_of(error)
    if problem is None:
        _LOG.error("page failed", exc_info=error)
        return 500, ""
    own_words = problem.kind not in (Kind.UNAVAILABLE, Kind.NOT_FOUND) or isinstance(problem, AuthorizationExpired)
    sentence = visit.words.sentence(problem.message, problem.params)
    return _STATUS[problem.kind], sentence if own_words or isinstance(problem, TooMany) else ""


def _code_of(error: Exception) -> str:
    problem = error if isinstance(error, Problem | RemoteProblem) else problem_of(error)
    return problem.code if problem is not None else ""


def _to_sign_in(visit: Visit, *, keeps_session: bool) -> Response:
    if not keeps_session:
        visit.close_session()
    if visit.request_id:
        return visit.redirect(visit.to("/sign-in"))
    url = visit.request.url
    here = url.path + (f"?{url.query}" if url.query else "")
    if visit.request.method not in ("GET", "HEAD"):
        here = keeping.page_of(visit)
    return visit.redirect(f"/sign-in?next={quote(here, safe='')}")


def _is_code(error: Exception, code: str) -> bool:
    return isinstance(error, RemoteProblem) and error.code == code


def _to_confirm(visit: Visit, *, stronger: bool = False) -> Response:
    """And back to the page; a form is filled in once more, so back to where it stood. stronger: by a second factor."""
    url = urlsplit(str(visit.request.url))
    here = local_path(f"{url.path}?{url.query}" if url.query else url.path)
    if visit.request.method not in ("GET", "HEAD"):
        here = referring_path(visit.request.headers.get("referer"), visit.at.settings.public_origin) or "/security"
    return visit.redirect(f"/confirm?next={quote(here, safe='')}{'&stronger=true' if stronger else ''}")


def _minimal(request: Request) -> Visit:
    """For an error before anything is known of the visitor."""
    at = request.app.state.runtime
    visit = Visit(request, at, own_of(at), Jar(request.cookies, secure=at.settings.cookies_secure))
    visit.language = getattr(request.state, "language", visit.language)
    request.state.visit = visit
    return visit


async def _recognise(request: Request) -> None:
    """Whoever is signed in stays so to the eye where there is nothing; and if that cannot be known, there is still nothing."""
    try:
        await Visit.begin(request)
    except Exception as error:
        _LOG.info("visitor-unknown", error=type(error).__name__)


def _wants_page(request: Request) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/internal/", "/oauth2/"))


def install(app: FastAPI) -> None:
    """An address that no route knows is a page too, for those who read pages."""
    as_document: Any = app.exception_handlers[HTTPException]

    async def on_refusal(request: Request, error: Exception) -> Response:
        if not _wants_page(request):
            return await as_document(request, error)
        await _recognise(request)
        return answer(request, error)

    app.add_exception_handler(HTTPException, on_refusal)
