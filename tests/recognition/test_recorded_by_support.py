"""R4: support records by hand, on evidence, in a case; the person sees it, and everything is on record."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.events.identity import AccountErased, AccountsMerged, EidUnlinked
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.recognition.catalogues import one_registry, written
from tests.recognition.scenes import Scene, held, with_registry
from tests.support.mint import Mint

PDF = b"%PDF-1.7 an attestation"
CASE, STAFF = new_id(), new_id()
PATH = "/api/support/recognitions"


class Identity(httpx.AsyncBaseTransport):
    """Vouches for one case of one member of the staff."""

    def __init__(self) -> None:
        self.account_id = new_id()
        self.is_open = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_open and request.url.path == f"/internal/support/cases/{CASE}/{STAFF}":
            return httpx.Response(200, json={"account_id": str(self.account_id), "reason": "Ticket 4711"})
        return httpx.Response(404, json={"code": "case-ended"})


@pytest.fixture
def identity() -> Identity:
    return Identity()


@pytest_asyncio.fixture
async def scene(client_of: ClientOf, mint: Mint, tmp_path: Any, identity: Identity) -> Scene:
    path = written(tmp_path, one_registry())
    return with_registry(await client_of("recognition", kinds=path, peers={"identity": identity}), mint)


Call = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def call(scene: Scene, mint: Mint) -> Call:
    async def send(method: str, path: str, body: Any = None, *, staff: str = "support") -> httpx.Response:
        headers = mint.person(STAFF, acr="mfa", claims={"staff": staff} if staff else None)
        return await scene.app.http.request(method, path, json=body, headers=headers)

    return send


def record(**more: Any) -> dict[str, Any]:
    body = {"case_id": str(CASE), "kind": "ipi", "number": "509871", "statement": "Attestation of the institute, seen."}
    return {**body, **more}


def file(content: bytes, name: str = "attest.pdf") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_what_support_records_counts_at_once_and_says_where_it_is_from(
    scene: Scene, call: Call, identity: Identity
) -> None:
    answer = await call("POST", PATH, record(file=file(PDF)))
    assert answer.status_code == 204, answer.text
    (shown,) = (await scene.get(identity.account_id))["recognitions"]
    assert (shown["kind"], shown["state"], shown["source"], shown["number"]) == ("ipi", "valid", "support", "509871")
    fetched, granted = await scene.published()
    assert [(one["kind"], one["source"]) for one in fetched["recognitions"]] == [("ipi", "support")]
    assert (granted["type"], granted["source"]) == ("RecognitionGranted", "support")
    (line,) = (await scene.get(identity.account_id, "/api/recognitions/history"))["lines"]
    assert (line["change"], line["why"]) == ("granted", "recorded-by-support")
    assert "statement" not in line
    (logged,) = await scene.fetch("SELECT actor, account_id, origin, details FROM audit_log")
    assert (logged["actor"], logged["account_id"]) == (str(STAFF), identity.account_id)
    assert logged["details"]["reason"] == "Ticket 4711"


async def test_only_staff_reads_the_evidence_and_that_is_on_record(scene: Scene, call: Call, mint: Mint) -> None:
    await call("POST", PATH, record(file=file(PDF, 'C:\\\\x\\\\"att<est>.pdf')))
    case = (await call("GET", f"{PATH}/{CASE}")).json()
    (line,) = case["history"]
    assert (line["statement"], line["file_name"]) == ("Attestation of the institute, seen.", "attest.pdf")
    path = f"{PATH}/{CASE}/evidence/{line['evidence_id']}"
    answer = await call("GET", path)
    assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment;")
    stranger = await scene.app.http.get(path, headers=mint.person(new_id()))
    assert stranger.status_code == 403
    actions = [row["action"] for row in await scene.fetch("SELECT action FROM audit_log ORDER BY id")]
    assert actions == ["support-recorded-recognition", "support-read-evidence"]


async def test_what_was_recorded_is_withdrawn_with_a_reason(scene: Scene, call: Call, identity: Identity) -> None:
    await call("POST", PATH, record())
    path = f"{PATH}/{CASE}/withdraw"
    assert (await call("POST", path, {"kind": "ipi", "statement": "no"})).status_code == 422
    assert (await call("POST", path, {"kind": "ipi", "statement": "The paper was forged."})).status_code == 204
    assert (await call("POST", path, {"kind": "ipi", "statement": "The paper was forged."})).status_code == 409
    assert (await scene.get(identity.account_id))["recognitions"][0]["state"] == "lapsed"
    lapsed = (await scene.published())[-1]
    assert (lapsed["type"], lapsed["source"], lapsed["held_elsewhere"]) == ("RecognitionLapsed", "support", False)
    assert lapsed["cause"] == "withdrawn-by-support"


async def test_a_registry_and_support_vouch_for_the_same_side_by_side(
    scene: Scene, call: Call, identity: Identity
) -> None:
    identity.account_id = account_id = await scene.linked(held("ipi"))
    await call("POST", PATH, record())
    await scene.hear(EidUnlinked(account_id=account_id, version=4, unlinked_at=datetime.now(UTC)))
    (shown,) = (await scene.get(account_id))["recognitions"]
    assert (shown["source"], shown["state"]) == ("support", "valid")
    lapsed = (await scene.published())[-1]
    assert (lapsed["source"], lapsed["held_elsewhere"]) == ("professions", True)


async def test_what_support_recorded_goes_along_when_accounts_become_one(
    scene: Scene, call: Call, identity: Identity
) -> None:
    await call("POST", PATH, record())
    into = new_id()
    await scene.hear(AccountsMerged(account_id=into, merged_account_id=identity.account_id, version=7))
    await scene.work()
    fetched = (await scene.published())[-1]
    assert (fetched["type"], fetched["account_id"]) == ("RecognitionsFetched", str(into))
    assert [one["source"] for one in fetched["recognitions"]] == ["support"]
    assert len((await scene.get(into, "/api/recognitions/history"))["lines"]) == 1


async def test_nothing_of_it_stays_of_someone_who_was_erased(scene: Scene, call: Call, identity: Identity) -> None:
    await call("POST", PATH, record(file=file(PDF)))
    await scene.hear(AccountErased(account_id=identity.account_id, version=9, erased_at=datetime.now(UTC)))
    for table in ("subject", "recognition", "recognition_change", "evidence"):
        assert await scene.fetch(f"SELECT FROM {table}") == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "invented"}, "kind"),
        ({"statement": "short"}, "statement"),
        ({"number": "9" * 61}, "number"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"valid_from": "2099-01-02", "valid_until": "2099-01-01"}, "valid_until"),
        ({"valid_from": "2099-01-01"}, "valid_from"),
        ({"file": file(b"<html>")}, "file"),
        ({"file": file(PDF + b" " * 2_100_000)}, "file"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_at_its_field(call: Call, more: dict[str, Any], field: str) -> None:
    answer = await call("POST", PATH, record(**more))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_without_an_open_case_nothing_is_seen_or_done(call: Call, identity: Identity) -> None:
    identity.is_open = False
    for method, path, body in (("GET", f"{PATH}/{CASE}", None), ("POST", PATH, record())):
        answer = await call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "case-ended")
    assert (await call("GET", f"{PATH}/{CASE}", staff="")).status_code == 403
