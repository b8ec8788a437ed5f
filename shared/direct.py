"""A route for endpoints that are called so often that what FastAPI does around one costs more than what it does itself."""

from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.runtime import is_runtime
from shared.tokens import access_of, is_public


class Direct(APIRoute):
    """Calls its endpoint with the request and the runtime, in this order, and sends the response that it returns.

    It is described, found and guarded as every other route. But no dependency is called: so its marker must be `public`, and
    whatever else it needs it reads from the request itself. Raises ValueError where it asks for more.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        calls = [dependency.call for dependency in self.dependant.dependencies]
        others = [call for call in calls if not is_runtime(call) and not is_public(call)]
        if others or access_of(self) is None:
            raise ValueError(f"{path} cannot be called directly: {others or 'no marker'}")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self.endpoint(request, request.app.state.runtime)
        await response(scope, receive, send)
