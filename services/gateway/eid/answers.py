"""What the page's script is told: where to go, or a code whose screen it shows."""

from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Problem, TooMany
from shared.telemetry import current_trace_id

MAX_TOKEN_CHARS = 12_000


class TokenRefused(Exception):
    """What was posted cannot be a card's answer. answer: what the script is told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.answer = JSONResponse({"code": "token-malformed"}, status)


async def token_of(request: Request) -> dict[str, Any]:
    """The body is `{"token": {...}}`, the token as the card's software made it. Raises TokenRefused."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise TokenRefused(415)  # a form's body has been read already
    if len(await request.body()) > MAX_TOKEN_CHARS:
        raise TokenRefused(413)
    try:
        token: object = (await request.json())["token"]
    except (ValueError, TypeError, KeyError) as error:
        raise TokenRefused(422) from error
    if not isinstance(token, dict):
        raise TokenRefused(422)
    return cast(dict[str, Any], token)


def refusal(visit: Visit, problem: RemoteProblem | Problem) -> Response:
    """code: of the screen to show. detail: a sentence, for codes without a screen. reference: for the help desk."""
    if isinstance(problem, RemoteProblem):
        code, status = problem.code, problem.status
        detail = str(problem.body.get("detail", ""))
    else:
        code, status = problem.code, 429 if isinstance(problem, TooMany) else 503
        detail = visit.words.sentence(problem.message, problem.params)
    document = {"code": code, "detail": detail, "reference": current_trace_id() or ""}
    return visit.jar.send(JSONResponse(document, status))


def onward(visit: Visit, path: str) -> Response:
    return visit.jar.send(JSONResponse({"next": visit.to(path)}))
