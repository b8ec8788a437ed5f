import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.local.postgres import Postgres
from shared.migrate import migrate
from shared.routes import routes_of
from tests.shared.example import SERVICE
from tests.support import apps
from tests.support.apps import App
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker

ACCOUNT = uuid4()


@pytest_asyncio.fixture
async def app(dsn_of: Any, no_broker: Broker, mint: Mint, data_keys: DataKeys) -> AsyncIterator[App]:
    settings = apps.settings_for(SERVICE.settings, await dsn_of("kit"), no_broker, mint)
    async with apps.running(SERVICE, settings, mint, data_keys) as app:
        yield app


async def test_a_problem_is_a_document_with_a_code_and_a_sentence(app: App) -> None:
    answer = await app.http.get("/api/notes/none", headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "http://127.0.0.1:8080/help/errors/note-unknown"
    assert (body["status"], body["code"], body["detail"]) == (404, "note-unknown", "There is no such note.")
    assert len(body["trace_id"] or "x" * 32) == 32


async def test_a_broken_constraint_becomes_a_conflict_at_its_field(app: App) -> None:
    assert (await app.http.post("/api/notes", json={"name": "first"})).status_code == 201
    answer = await app.http.post("/api/notes", json={"name": "first"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "name"
    assert answer.json()["errors"][0]["code"] == "note-taken"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fr", "Ce champ est obligatoire."),
        ("nl-BE,nl;q=0.9", "Dit veld is verplicht."),
        ("de", "Dieses Feld ist erforderlich."),
        ("en", "This field is required."),
        ("es", "Ce champ est obligatoire."),
    ],
)
async def test_a_missing_field_is_told_in_the_readers_language(app: App, language: str, sentence: str) -> None:
    answer = await app.http.post("/api/notes", json={}, headers={"accept-language": language})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "name", "code": "missing", "detail": sentence}]


async def test_each_field_that_is_wrong_has_its_own_error_and_no_value_is_repeated(app: App) -> None:
    bad = {"name": "secretvalue-much-too-long", "colour": "green", "count": 99, "tags": ["a", 3]}
    answer = await app.http.post("/api/notes", json=bad, headers={"accept-language": "en"})
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert {field: error["code"] for field, error in errors.items()} == {
        "name": "too-long",
        "colour": "not-a-choice",
        "count": "out-of-range",
        "tags.1": "malformed",
    }
    assert errors["name"]["detail"] == "Use at most 10 characters."
    assert "secretvalue" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'"text"', "application/json"),
        (b"name=x", "application/x-www-form-urlencoded"),
        (b'{"name": "a\\u0000b"}', "application/json"),
        (b'{"name": "\\ud800ab"}', "application/json"),
        (b'{"name": "ab", "count": 1e400}', "application/json"),
        (b"[" * 5000, "application/json"),
    ],
)
async def test_no_body_leads_to_a_500(app: App, content: bytes, kind: str) -> None:
    answer = await app.http.post("/api/notes", content=content, headers={"content-type": kind})
    assert answer.status_code in (400, 415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_amounts_in_a_sentence_are_written_as_the_language_writes_them(app: App) -> None:
    english = await app.http.get("/api/problems/short", headers={"accept-language": "en"})
    german = await app.http.get("/api/problems/short", headers={"accept-language": "de"})
    assert english.status_code == 402
    assert english.json()["detail"] == "The balance is €1,234.56."
    assert german.json()["detail"] == "The balance is 1.234,56\xa0€."
    assert english.json()["params"] == {"balance_cents": 123456, "short_cents": 1}


async def test_several_problems_come_together(app: App) -> None:
    answer = await app.http.get("/api/problems/several", headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["name", "amount"]
    assert answer.json()["errors"][1]["params"] == {"balance_cents": 5}


async def test_too_many_says_when_to_come_back(app: App) -> None:
    answer = await app.http.get("/api/problems/many")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


async def test_an_error_of_ours_tells_nothing_but_its_trace(app: App) -> None:
    answer = await app.http.get("/api/problems/unknown", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "example.org" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_unknown_paths_and_methods_are_problems_too(app: App) -> None:
    missing = await app.http.get("/api/nowhere")
    wrong = await app.http.delete("/api/notes")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method-not-allowed", "POST")


async def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(app: App) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    told = await app.http.post("/api/notes", content=b"x" * 10_001)
    untold = await app.http.post("/api/notes", content=chunks(), headers={"content-type": "application/json"})
    for answer in (told, untold):
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_every_answer_carries_the_security_headers(app: App) -> None:
    for path in ("/api/language", "/api/nowhere", "/api/problems/unknown", "/livez"):
        headers = (await app.http.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


async def test_a_correlation_id_is_kept_when_it_is_sane_and_made_otherwise(app: App) -> None:
    kept = await app.http.get("/api/language", headers={"x-correlation-id": "abcd-1234"})
    made = await app.http.get("/api/language", headers={"x-correlation-id": "x\r\ny" * 40})
    assert kept.headers["x-correlation-id"] == "abcd-1234"
    assert len(made.headers["x-correlation-id"]) == 36


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fr"),
        ("nl-BE,fr;q=0.8", "nl"),
        ("de;q=0.1,en;q=0.9", "en"),
        ("xx,yy;q=abc", "fr"),
        ("é;q=;;,", "fr"),
        ("en;q=0", "fr"),
    ],
)
async def test_the_language_is_the_best_that_is_asked_for(app: App, header: str | None, language: str) -> None:
    headers = {} if header is None else {"accept-language": header.encode("latin-1")}
    assert (await app.http.get("/api/language", headers=headers)).json() == language  # pyright: ignore[reportArgumentType]


async def test_only_the_right_callers_get_in(app: App, mint: Mint) -> None:
    async def status(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, str | None]:
        answer = await app.http.request(method, path, headers=headers)
        return answer.status_code, answer.json().get("code")

    pwd, tool = mint.person(ACCOUNT), mint.tool("cf")
    gateway, wallet = mint.peer("gateway", "notify"), mint.peer("wallet", "notify")
    assert await status("/api/me") == (401, "token-missing")
    assert await status("/api/me", {"authorization": "Basic x"}) == (401, "token-missing")
    assert await status("/api/me", {"authorization": "Bearer x"}) == (401, "token-invalid")
    assert await status("/api/me", pwd) == (200, None)
    assert await status("/api/me", mint.person(ACCOUNT, acr="pending")) == (403, "acr-too-weak")
    assert await status("/api/me", mint.person(ACCOUNT, scope="openid profile")) == (403, "scope-missing")
    assert await status("/api/me", tool) == (403, "wrong-caller")
    assert await status("/api/me", gateway) == (401, "token-invalid")
    assert await status("/api/strong", pwd) == (403, "acr-too-weak")
    assert await status("/api/strong", mint.person(ACCOUNT, acr="eid")) == (200, None)
    assert await status("/api/charges", tool, "POST") == (200, None)
    assert await status("/api/charges", mint.tool("cf", scope="other"), "POST") == (403, "scope-missing")
    assert await status("/api/charges", pwd, "POST") == (403, "wrong-caller")
    assert await status("/internal/peers", gateway) == (200, None)
    assert await status("/internal/peers", wallet) == (403, "wrong-caller")
    assert await status("/internal/peers", pwd) == (401, "token-invalid")
    assert await status("/outside/peers", gateway) == (403, "wrong-caller")


async def test_a_refused_token_says_so_to_clients_that_speak_the_standard(app: App) -> None:
    answer = await app.http.get("/api/me", headers={"authorization": "Bearer x"})
    assert answer.headers["www-authenticate"] == 'Bearer error="token-invalid"'


def test_each_route_of_the_example_has_a_marker() -> None:
    from shared.process import build

    settings = apps.settings_for(SERVICE.settings, "postgresql:///x", Broker("127.0.0.1:9", "kafka"), Mint())
    found = list(routes_of(build(SERVICE, settings, "api")))
    assert all(facts.access for facts in found)
    assert {"/livez", "/readyz", "/metrics"} <= {facts.path for facts in found}


async def test_the_description_of_the_service_is_valid_and_names_problems(app: App) -> None:
    document = (await app.http.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert "application/problem+json" in json.dumps(document["paths"]["/api/notes"]["post"]["responses"])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that another user may enter, since PostgreSQL does not run as root."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.fault
async def test_requests_fail_politely_while_postgresql_is_away_and_succeed_after(
    open_folder: Path, no_broker: Broker, mint: Mint, data_keys: DataKeys
) -> None:
    with Postgres(open_folder / "postgres") as postgres:
        await migrate(postgres.dsn("example"), [])
        settings = apps.settings_for(SERVICE.settings, postgres.dsn("example"), no_broker, mint)
        async with apps.running(SERVICE, settings, mint, data_keys) as app:
            assert (await app.http.get("/api/notes/none")).status_code == 404
            postgres.kill()
            away = [await app.http.get("/api/notes/none") for _ in range(3)]
            assert [(answer.status_code, answer.json()["code"]) for answer in away] == [
                (503, "database-unavailable")
            ] * 3
            report = (await app.http.get("/readyz")).json()
            assert not report["ready"]
            assert (await app.http.get("/livez")).status_code == 200
            postgres.start()
            assert (await app.http.get("/api/notes/none")).status_code == 404
            assert (await app.http.get("/readyz")).json()["ready"]
