"""A route for endpoints that are called so often that what FastAPI does around one costs more than what it does itself."""

from typing import Any, TypeVar

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.problems import violations_of
from shared.runtime import is_runtime
from shared.tokens import is_peer, is_public

Body = TypeVar("Body", bound=BaseModel)


class Direct(APIRoute):
    """Calls its endpoint with the request and the runtime, in this order, and sends the response that it returns.

    It is described, found and guarded as every other route: its marker, `public` or `peer`, is called before. But no other
    dependency is: whatever else it needs it reads from the request itself. Raises ValueError where it asks for more.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        calls = [dependency.call for dependency in self.dependant.dependencies]
        markers = [call for call in calls if is_public(call) or is_peer(call)]
        others = [call for call in calls if not is_runtime(call) and call not in markers]
        if others or len(markers) != 1:
            raise ValueError(f"{path} cannot be called directly: {others or 'no marker'}")
        self._guards: list[Any] = [marker for marker in markers if is_peer(marker)]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        for guard in self._guards:
            await guard(request)
        response = await self.endpoint(request, request.app.state.runtime)
        await response(scope, receive, send)


async def posted(request: Request, kind: type[Body]) -> Body:
    """The JSON body. Raises Violations."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        raise violations_of(error.errors()) from error


def as_json(view: BaseModel) -> Response:
    """Without what is None."""
    return Response(view.model_dump_json(exclude_none=True), media_type="application/json")
