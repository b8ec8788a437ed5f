"""Privacy in the browser: the file that holds everything, and the way out with a way back."""

import io
import json
import time
import zipfile
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.events.identity import AccountPurged, ErasureStarted
from tests.gateway.conftest import Gateway, text_of

ERASURE = "/api/account/erasure"
NOBODY: dict[str, Any] = {"blocked_by": [], "closing": []}
TEAM = {"id": "0195a7c0-0000-7000-8000-000000000009", "name": "Immo Team", "enterprise_number": "0403170701"}


def visitor(gateway: Gateway, *, state: str | None = None, outlook: dict[str, Any] | None = None, **token: Any) -> UUID:
    """Somebody whose erasure stands there, and whose organisations would fare like that."""
    account_id = gateway.sign_in(**token)
    starts_at = "2026-02-07T12:30:00Z" if state in ("scheduled", "held") else None
    gateway.peers["identity"].answers[f"GET {ERASURE}"] = (200, {"state": state, "starts_at": starts_at})
    gateway.peers["organisation"].answers[f"GET /internal/erasures/{account_id}"] = (200, outlook or NOBODY)
    return account_id


def knowing(gateway: Gateway, account_id: UUID) -> None:
    """Each service knows something of the person."""
    for name, peer in gateway.peers.items():
        peer.answers[f"GET /internal/export/{account_id}"] = (200, {"name": f"Nora at {name} <b>", "log": []})


async def test_the_page_says_what_is_kept_and_offers_both_ways(gateway: Gateway) -> None:
    visitor(gateway)
    page = await gateway.http.get("/privacy")
    assert page.status_code == 200
    assert 'href="/privacy/download"' in page.text
    assert 'href="/privacy/erase"' in page.text


@pytest.mark.parametrize(
    ("state", "words"),
    [("requested", "waits for your code"), ("scheduled", "It begins on"), ("purging", "can no longer be stopped")],
)
async def test_the_page_shows_where_an_erasure_stands(gateway: Gateway, state: str, words: str) -> None:
    visitor(gateway, state=state)
    page = await gateway.http.get("/privacy")
    assert words in text_of(page)
    assert ('action="/privacy/keep"' in page.text) == (state != "purging")
    assert 'href="/privacy/erase"' not in page.text


async def test_an_erasure_that_is_held_shows_which_organisation_holds_it(gateway: Gateway) -> None:
    visitor(gateway, state="held", outlook={"blocked_by": [TEAM], "closing": []})
    page = await gateway.http.get("/privacy")
    assert "Immo Team" in text_of(page)


async def test_the_file_holds_a_part_of_each_service_a_page_and_the_picture(gateway: Gateway) -> None:
    account_id = visitor(gateway)
    knowing(gateway, account_id)
    async with gateway.app.at.database.acquire() as db:
        await db.execute("INSERT INTO recognition VALUES ($1, 'ipi', $2)", account_id, date(2031, 5, 4))
    gateway.peers["identity"].answers["GET /api/account/picture"] = (200, {"not": "really a picture"})
    answer = await gateway.post("/privacy/download")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="immo-connect-')
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert set(archive.namelist()) == {
        "index.html",
        "identity/picture.webp",
        *(f"{name}/data.json" for name in (*gateway.peers, "gateway")),
    }
    assert json.loads(archive.read("wallet/data.json"))["name"] == "Nora at wallet <b>"
    page = archive.read("index.html").decode()
    assert "2031-05-04" in page
    assert "Nora at wallet &lt;b&gt;" in page
    assert "<script" not in page


async def test_a_file_that_would_lack_a_part_is_not_made_and_the_part_is_named(gateway: Gateway) -> None:
    account_id = visitor(gateway)
    knowing(gateway, account_id)
    gateway.peers["wallet"].is_away = True
    answer = await gateway.post("/privacy/download")
    assert answer.status_code == 503
    assert "“Wallets” does not answer" in text_of(answer)
    assert 'action="/privacy/download"' in answer.text


@pytest.mark.parametrize("path", ["/privacy/download", "/privacy/erase", "/privacy/erase/confirm"])
async def test_both_ways_ask_for_fresh_proof(gateway: Gateway, path: str) -> None:
    visitor(gateway, claims={"auth_time": int(time.time()) - 1000})
    asked = await gateway.http.get(path)
    assert asked.headers["location"].startswith("/confirm?next=")
    sent = await gateway.post(path)
    assert sent.headers["location"].startswith("/confirm?next=")


async def test_one_reads_what_happens_before_anything_does(gateway: Gateway) -> None:
    visitor(gateway, outlook={"blocked_by": [], "closing": [TEAM]})
    page = await gateway.http.get("/privacy/erase")
    assert "Organisations that are closed with your account" in text_of(page)
    assert "Mail me the code" in text_of(page)


async def test_who_is_the_only_manager_of_others_hears_it_and_is_offered_no_code(gateway: Gateway) -> None:
    visitor(gateway, outlook={"blocked_by": [TEAM], "closing": []})
    page = await gateway.http.get("/privacy/erase")
    assert f'href="/organisations/{TEAM["id"]}/employees"' in page.text
    assert "Mail me the code" not in text_of(page)


async def test_from_the_wish_to_the_date(gateway: Gateway) -> None:
    visitor(gateway)
    identity = gateway.peers["identity"]
    identity.answers[f"POST {ERASURE}"] = (202, {"retry_after_s": 60})
    sent = await gateway.post("/privacy/erase")
    assert sent.headers["location"] == "/privacy/erase/confirm"
    wrong = {"code": "code-wrong", "detail": "Not this one. 4 tries left."}
    for body in (wrong, {**wrong, "errors": [{"field": "code", **wrong}]}):
        identity.answers[f"POST {ERASURE}/confirm"] = (422, body)
        refused = await gateway.post("/privacy/erase/confirm", {"code": "AAAAAA"})
        assert refused.status_code == 422
        assert "Not this one. 4 tries left." in text_of(refused)
    identity.answers[f"POST {ERASURE}/confirm"] = (200, {"starts_at": "2026-02-07T12:30:00Z"})
    done = await gateway.post("/privacy/erase/confirm", {"code": "K7M2PX"})
    assert done.headers["location"] == "/privacy"
    assert identity.body_of_last() == {"code": "K7M2PX"}


async def test_asking_twice_leads_to_the_code_that_is_on_its_way(gateway: Gateway) -> None:
    visitor(gateway)
    gateway.peers["identity"].answers[f"POST {ERASURE}"] = (429, {"code": "too-soon", "detail": "Wait."})
    assert (await gateway.post("/privacy/erase")).headers["location"] == "/privacy/erase/confirm"


async def test_staying_is_one_press_and_needs_no_fresh_proof(gateway: Gateway) -> None:
    visitor(gateway, state="scheduled", claims={"auth_time": int(time.time()) - 5000})
    gateway.peers["identity"].answers[f"DELETE {ERASURE}"] = (204, None)
    kept = await gateway.post("/privacy/keep")
    assert kept.headers["location"] == "/privacy"
    assert gateway.peers["identity"].asked[-1].method == "DELETE"


async def test_the_read_model_forgets_a_person_and_says_so(gateway: Gateway) -> None:
    account_id = gateway.sign_in()
    at = gateway.app.at
    (consumer,) = gateway.app.service.consumers(at)
    async with at.database.transaction() as db:
        await db.execute(
            "INSERT INTO account (account_id, first_name, last_name, language, state) VALUES ($1, 'N', 'P', 'fr', 'active')",
            account_id,
        )
        event = ErasureStarted(account_id=account_id, started_at=datetime.now(UTC))
        await consumer.handlers[ErasureStarted](db, event, at.keyring)
        assert await db.fetchval("SELECT count(*) FROM account") == 0
        (row,) = await db.fetch("SELECT topic, payload FROM outbox")
    assert row["topic"] == "identity.reports"
    assert AccountPurged.model_validate_json(row["payload"]).service == "gateway"
