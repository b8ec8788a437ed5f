"""Routes that are called without what FastAPI does around others."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from shared.direct import Direct
from shared.routes import routes_of
from shared.runtime import runtime
from shared.tokens import Person, person, public

OPEN = [public("everybody may know")]


async def answer(request: Request, at: Annotated[Any, runtime()]) -> Response:
    return Response(f"{at}: {(await request.body()).decode()}")


def app_of(endpoint: Any, dependencies: list[Any]) -> FastAPI:
    router = APIRouter()
    router.add_api_route("/x", endpoint, methods=["POST"], dependencies=dependencies, route_class_override=Direct)
    app = FastAPI()
    app.include_router(router)
    app.state.runtime = "runtime"
    return app


async def test_it_is_found_described_and_marked_as_every_route() -> None:
    app = app_of(answer, OPEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        assert (await http.post("/x", content="body")).text == "runtime: body"
        wrong = await http.get("/x")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
        assert list((await http.get("/openapi.json")).json()["paths"]["/x"]) == ["post"]
    assert {facts.path: facts.access for facts in routes_of(app)}["/x"] == "public: everybody may know"


async def guarded(request: Request, at: Annotated[Any, runtime()], caller: Annotated[Person, person()]) -> Response:
    return Response()


@pytest.mark.parametrize(("endpoint", "dependencies"), [(guarded, []), (guarded, OPEN), (answer, [])])
def test_what_would_have_to_be_called_before_is_refused(endpoint: Any, dependencies: list[Any]) -> None:
    with pytest.raises(ValueError, match="cannot be called directly"):
        app_of(endpoint, dependencies)
