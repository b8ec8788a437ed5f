"""What the script of a page with passkeys is told: documents, where other forms get pages."""

from typing import Any, cast

from starlette.responses import JSONResponse, Response

from services.gateway.web.refusals import Refusal, status_of
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import Invalid
from shared.markers import N_

MAX_BODY_BYTES = 20_000


class NotRead(Invalid):
    code = "passkey-refused"
    message = N_("This passkey was not accepted. Try again, or use another way.")


async def body_of(visit: Visit) -> dict[str, Any]:
    """Raises NotRead."""
    if not visit.request.headers.get("content-type", "").startswith("application/json"):
        raise NotRead  # a form's body has been read already
    if len(await visit.request.body()) > MAX_BODY_BYTES:
        raise NotRead
    try:
        body: Any = await visit.request.json()
    except ValueError as error:
        raise NotRead from error
    read = cast(dict[str, Any], body) if isinstance(body, dict) else {}
    if not isinstance(read.get("credential"), dict):
        raise NotRead
    return read


def options(visit: Visit, answer: dict[str, Any]) -> Response:
    return visit.jar.send(JSONResponse({"options": answer["options"]}))


def leads_to(visit: Visit, onward: Response) -> Response:
    """Where a form would have been redirected, a script is told to go."""
    return visit.jar.send(JSONResponse({"next": onward.headers["location"]}))


def refused(visit: Visit, refusal: Refusal | NotRead) -> Response:
    """code and a sentence for the person. next: where to go where that helps more."""
    if isinstance(refusal, RemoteProblem):
        document = {"code": refusal.code, "detail": str(refusal.body.get("detail", ""))}
        return visit.jar.send(JSONResponse(document, refusal.status))
    status = 422 if isinstance(refusal, NotRead) else status_of(refusal)
    return visit.jar.send(
        JSONResponse({"code": refusal.code, "detail": visit.words.sentence(refusal.message, refusal.params)}, status)
    )
