"""The staff registers, changes the secret of, and removes webhooks of a tool, each under a reason that is kept."""

from typing import Any

import pytest

from services.notify.webhooks.facts import TYPES
from shared.ids import new_id
from tests.notify.webhook_scenes import TOOL, Happening, Headers, Identity
from tests.support.mint import Mint

DESK = f"/api/webhooks-desk/{TOOL}"
REASON = {"reason": "asked for in a letter"}
WISH: dict[str, Any] = {
    "url": "https://tool.example/hook", "client_id": "finder", "description": "Ours", "language": "nl", **REASON,
    "types": ["immoconnect.organisation.AccessGranted.v1"],
}  # fmt: skip


@pytest.fixture
def staff(mint: Mint) -> Headers:
    return mint.person(new_id(), acr="mfa", claims={"staff": "support"})


async def test_what_the_staff_registers_is_the_tools_and_its_secret_is_told_once(
    at_rest: Happening, staff: Headers
) -> None:
    made = await at_rest.app.http.post(DESK, json=WISH, headers=staff)
    assert made.status_code == 201
    webhook, secret = made.json()["webhook"], made.json()["secret"]
    assert secret.startswith("whsec_")
    assert (webhook["tool_id"], webhook["client_id"], webhook["types"]) == (TOOL, "finder", WISH["types"])
    assert (await at_rest.shown(webhook))["url"] == WISH["url"]
    assert secret not in (await at_rest.app.http.get(DESK, headers=staff)).text
    [row] = await at_rest.fetch("SELECT language, created_by FROM webhook_endpoint")
    assert row["language"] == "nl"
    [kept] = await at_rest.fetch("SELECT actor, action, reason FROM webhook_audit")
    assert (kept["actor"], kept["action"], kept["reason"]) == (row["created_by"], "register", REASON["reason"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://tool.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"types": ["immoconnect.x.Nothing.v1"]}, "types"),
        ({"client_id": "other"}, "client_id"),
        ({"client_id": "nobody"}, "client_id"),
        ({"reason": "short"}, "reason"),
    ],
)
async def test_what_cannot_be_registered_is_told_at_its_field_in_the_readers_language(
    at_rest: Happening, identity: Identity, staff: Headers, change: dict[str, Any], field: str
) -> None:
    said: set[str] = set()
    for language in ("fr", "nl", "en", "de"):
        headers = {**staff, "accept-language": language}
        answer = await at_rest.app.http.post(DESK, json=WISH | change, headers=headers)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["field"] == field
        said.add(error["detail"])
    assert len(said) == 4
    assert await at_rest.fetch("SELECT FROM webhook_endpoint") == []


async def test_a_new_secret_is_told_once_and_a_removed_webhook_is_gone(at_rest: Happening, staff: Headers) -> None:
    http = at_rest.app.http
    made = (await http.post(DESK, json=WISH, headers=staff)).json()
    path = f"{DESK}/{made['webhook']['id']}"
    changed = (await http.post(f"{path}/secret", json=REASON, headers=staff)).json()
    assert changed["secret"] not in ("", made["secret"])
    assert (await http.get(path, headers=staff)).json()["old_secret_until"] == changed["old_secret_until"]
    assert (await http.post(f"{path}/remove", json={"reason": ""}, headers=staff)).status_code == 422
    assert (await http.post(f"{path}/remove", json=REASON, headers=staff)).status_code == 204
    assert (await http.get(path, headers=staff)).json()["code"] == "webhook-unknown"
    rows = await at_rest.fetch("SELECT action, reason FROM webhook_audit ORDER BY id")
    assert [tuple(row) for row in rows] == [(action, REASON["reason"]) for action in ("register", "rotate", "delete")]


async def test_a_desk_reaches_its_own_tool_only_and_nobody_else_reaches_a_desk(
    at_rest: Happening, staff: Headers, mint: Mint
) -> None:
    http = at_rest.app.http
    made = (await http.post(DESK, json=WISH, headers=staff)).json()["webhook"]
    for action in ("secret", "remove"):
        other = await http.post(f"/api/webhooks-desk/romi/{made['id']}/{action}", json=REASON, headers=staff)
        assert other.json()["code"] == "webhook-unknown"
    for headers in ({}, mint.person(new_id(), acr="mfa"), at_rest.as_tool()):
        for path, body in (
            (DESK, WISH),
            (f"{DESK}/{made['id']}/secret", REASON),
            (f"{DESK}/{made['id']}/remove", REASON),
        ):
            assert (await http.post(path, json=body, headers=headers)).status_code in (401, 403)
    assert len(await at_rest.fetch("SELECT FROM webhook_audit")) == 1


async def test_the_desk_knows_every_kind_of_event(at_rest: Happening, staff: Headers) -> None:
    assert (await at_rest.app.http.get(f"{DESK}/kinds", headers=staff)).json() == sorted(TYPES)
