"""Routes that are called without what FastAPI does around others."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import BaseModel

from shared.direct import Direct, as_json, posted
from shared.errors import Violations
from shared.jwks import FixedKeys
from shared.routes import routes_of
from shared.runtime import runtime
from shared.service_tokens import ServiceKeys
from shared.tokens import Person, TokenMissing, WrongCaller, peer, person, public
from shared.verifier import TokenVerifier
from tests.support.mint import Mint

OPEN = [public("everybody may know")]


async def answer(request: Request, at: Annotated[Any, runtime()]) -> Response:
    return Response(f"{at}: {(await request.body()).decode()}")


def app_of(endpoint: Any, dependencies: list[Any], path: str = "/x") -> FastAPI:
    router = APIRouter()
    router.add_api_route(path, endpoint, methods=["POST"], dependencies=dependencies, route_class_override=Direct)
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


class Sums(BaseModel):
    first: int
    second: int = 0
    note: str | None = None


async def add(request: Request, at: Annotated[Any, runtime()]) -> Response:
    asked = await posted(request, Sums)
    return as_json(Sums(first=asked.first + asked.second))


async def test_a_service_is_asked_who_it_is_before_anything_is_read(mint: Mint) -> None:
    app = app_of(add, [peer("gateway")], path="/internal/x")
    peers = ServiceKeys("wallet", mint.public_keys())
    app.state.tokens = TokenVerifier(issuer=mint.origin, keys=FixedKeys(mint.key), peers=peers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        with pytest.raises(TokenMissing):
            await http.post("/internal/x", content="no JSON")
        with pytest.raises(WrongCaller):
            await http.post("/internal/x", content="no JSON", headers=mint.peer("notify", "wallet"))
        answer = await http.post("/internal/x", json={"first": 1, "second": 2}, headers=mint.peer("gateway", "wallet"))
    assert answer.json() == {"first": 3, "second": 0}


@pytest.mark.parametrize(("content", "field"), [("{}", "first"), ('{"first": "x"}', "first"), ("no JSON", "")])
async def test_what_is_wrong_with_a_body_is_said_of_its_field(content: str, field: str) -> None:
    app = app_of(add, OPEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        with pytest.raises(Violations) as raised:
            await http.post("/x", content=content)
    assert [problem.field for problem in raised.value.errors] == [field]
