"""Whatever arrives at a route or form: an answer that says what is wrong, never a fault of ours."""

import random
import string
from collections.abc import Awaitable, Callable

from shared.ids import new_id
from tests.identity import oidc_steps as steps
from tests.identity.world import World
from tests.support.fuzzing import fuzz_service
from tests.support.mint import Headers, Mint

_NAMES = (
    *("client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
    *("code", "code_challenge", "code_verifier", "code_challenge_method", "grant_type", "refresh_token", "token"),
    *("id_token_hint", "post_logout_redirect_uri", "prompt", "max_age", "acr_values", "request"),
)
_ODD = [
    "",
    "\0",
    "é",
    "openid",
    "code",
    "none",
    "a" * 5000,
    "%00",
    "\ud7ff",
    "{}",
    "[]",
    "finder",
    "eyJhbGciOiJub25lIn0.e30.",
    "🙂",
]


async def test_every_described_route_answers_anything(dsn_of: Callable[[str], Awaitable[str]], mint: Mint) -> None:
    person = mint.person(new_id(), session_id=str(new_id()))

    def headers_for(path: str) -> Headers:
        if not path.startswith("/internal/"):
            return person
        caller = "operator" if path.startswith("/internal/clients") else "gateway"
        return mint.peer("organisation" if path.endswith("/lookup") else caller, "identity")

    statuses = await fuzz_service("identity", await dsn_of("identity"), mint, headers_for)
    assert max(statuses) < 500
    assert {200, 404, 422} <= set(statuses)


async def test_the_protocols_forms_answer_anything(world: World) -> None:
    tool, person = await world.register(), await world.someone()
    tokens = await steps.start(person, tool)
    generator = random.Random(20_260_301)
    values = [*_ODD, *map(str, tokens.values()), tool.client_id, str(tool.secret), tool.redirect_uri]
    for _ in range(150):
        names = generator.choices(_NAMES, k=generator.randrange(6))
        form = [(name, _value(generator, values)) for name in names]
        path = generator.choice(["authorize", "token", "revoke", "logout"])
        answer = await world.http.post(f"/oauth2/{path}", data=_grouped(form))
        assert answer.status_code in (200, 303, 400, 401), (path, form, answer.text)
        if path in ("authorize", "logout"):
            assert (await world.http.get(f"/oauth2/{path}", params=_grouped(form))).status_code == 303


async def test_bodies_that_are_no_forms_are_refused(world: World) -> None:
    for path in ("authorize", "token", "revoke", "logout"):
        for content_type in (
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "text/plain",
            "",
        ):
            answer = await world.http.post(
                f"/oauth2/{path}", content=b'{"a": \xff}', headers={"content-type": content_type}
            )
            assert answer.status_code in (303, 400, 401), (path, content_type, answer.text)


def _value(generator: random.Random, values: list[str]) -> str:
    if generator.random() < 0.8:
        return generator.choice(values)
    return "".join(generator.choices(string.printable, k=generator.randrange(60)))


def _grouped(form: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Repeated names stay repeated."""
    grouped: dict[str, list[str]] = {}
    for name, value in form:
        grouped.setdefault(name, []).append(value)
    return grouped
