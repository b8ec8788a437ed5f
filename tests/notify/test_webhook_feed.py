"""Tools read their events from a cursor on: nobody else's, none left out, at once or as they come."""

import asyncio
from typing import Any

import pytest

from services.notify.webhooks import api
from services.notify.webhooks.feed import Reader, start_of
from services.notify.webhooks.log_store import Feed
from services.notify.webhooks.numbering import prune
from services.notify.webhooks.problems import CursorGone, CursorInvalid
from shared.ids import new_id
from shared.tokens import Tool
from tests.notify.webhook_scenes import TOOL, Happening, Identity, granted
from tests.support.mint import Mint

PATH = "/api/events"


async def read(happening: Happening, **query: Any) -> dict[str, Any]:
    answer = await happening.app.http.get(PATH, params=query, headers=happening.as_tool())
    return {"status": answer.status_code, **answer.json()}


async def test_pages_follow_each_other_without_a_gap(at_rest: Happening) -> None:
    for _ in range(5):
        await at_rest.registered()
        await at_rest.registered("romi")
    first = await read(at_rest, limit=2)
    second = await read(at_rest, limit=2, after=first["next"])
    third = await read(at_rest, limit=2, after=second["next"])
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    events = [*first["events"], *second["events"], *third["events"]]
    assert [event["cursor"] for event in events] == ["1", "2", "3", "4", "5"]
    assert (await read(at_rest, after=third["next"]))["events"] == []
    assert (await read(at_rest, after="latest"))["next"] == third["next"]
    assert await read(at_rest) != await read(at_rest, after="2")


async def test_types_are_chosen_and_what_is_passed_over_is_passed(at_rest: Happening) -> None:
    used = await at_rest.registered()
    await at_rest.happens(granted(used, new_id()))
    await at_rest.registered()
    page = await read(at_rest, types="immoconnect.organisation.AccessGranted.v1")
    assert [event["type"] for event in page["events"]] == ["immoconnect.organisation.AccessGranted.v1"]
    assert page["next"] == "3"
    assert (await read(at_rest, types="nonsense"))["code"] == "event-type-unknown"


async def test_a_cursor_older_than_the_log_is_told_so_and_where_to_go_on(at_rest: Happening) -> None:
    for _ in range(3):
        await at_rest.registered()
    await at_rest.execute("UPDATE tool_event SET logged_at = now() - interval '31 days' WHERE cursor <= 2")
    await prune(at_rest.app.at.database)
    page = await read(at_rest, after="1")
    assert (page["status"], page["code"], page["params"]) == (410, "cursor-gone", {"oldest": 2})
    assert [event["cursor"] for event in (await read(at_rest, after="2"))["events"]] == ["3"]
    assert [event["cursor"] for event in (await read(at_rest))["events"]] == ["3"]
    for wrong in ("4", "-1", "x", "9" * 25):
        assert (await read(at_rest, after=wrong))["status"] == 422


def test_where_one_begins() -> None:
    kept = Feed(last_cursor=9, pruned_through=4)
    assert [start_of(kept, after) for after in (None, "latest", "4", "9")] == [4, 9, 4, 9]
    with pytest.raises(CursorGone):
        start_of(kept, "3")
    with pytest.raises(CursorInvalid):
        start_of(kept, "10")


async def test_who_waits_gets_the_next_event_as_it_comes(at_rest: Happening) -> None:
    waiting = asyncio.create_task(read(at_rest, wait=20))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await at_rest.registered("romi")
    await at_rest.registered()
    assert len((await asyncio.wait_for(waiting, 15))["events"]) == 1


async def test_a_stream_goes_on_where_it_was_left_beats_and_ends(at_rest: Happening) -> None:
    await at_rest.registered()
    caller = Tool("finder", TOOL, frozenset({"events"}))
    reader = Reader(at_rest.app.at.database, at_rest.app.at.own, caller)
    clock = asyncio.get_running_loop().time
    pieces: list[bytes] = []

    async def follow(after: int, seconds: float) -> None:
        async for piece in reader.follow(after, limit=10, beat_s=0.2, until=clock() + seconds, now=clock):
            pieces.append(piece)

    following = asyncio.create_task(follow(0, 3.0))
    await at_rest.registered()
    await following
    sent = [piece for piece in pieces if piece.startswith(b"id: ") and b"data: " in piece]
    assert [piece.split(b"\n")[0] for piece in sent] == [b"id: 1", b"id: 2"]
    assert b"event: immoconnect.organisation.ToolRegistered.v1\n" in sent[0]
    assert b": beat\n\n" in pieces
    pieces.clear()
    await follow(1, 0.5)
    assert [piece for piece in pieces if b"data: " in piece] == sent[1:]


async def test_a_stream_is_sent_as_such_from_the_last_event_on(
    at_rest: Happening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "STREAM_S", 0.5)
    await at_rest.registered()
    await at_rest.registered()
    headers = {**at_rest.as_tool(), "last-event-id": "1"}
    answer = await at_rest.app.http.get(f"{PATH}/stream", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "id: 2\n" in answer.text
    assert "id: 1\n" not in answer.text
    wrong = await at_rest.app.http.get(f"{PATH}/stream", headers={**headers, "last-event-id": "7"})
    assert wrong.status_code == 422


async def test_people_are_named_as_the_tools_sector_knows_them(at_rest: Happening, identity: Identity) -> None:
    identity.pairwise["finder"] = {}
    ada = new_id()
    await at_rest.happens(granted(await at_rest.registered(), ada))
    answer = await at_rest.app.http.get(PATH, headers=at_rest.as_tool(sector="finder.example"))
    assert answer.json()["events"][1]["data"]["sub"] == identity.pairwise["finder"][str(ada)]
    assert str(ada) not in answer.text
    assert str(ada) in (await at_rest.app.http.get(PATH, headers=at_rest.as_tool())).text


async def test_the_scope_is_needed_and_calls_are_counted(at_rest: Happening, mint: Mint) -> None:
    answer = await at_rest.app.http.get(PATH, headers=mint.tool("finder", tool_id=TOOL, scope="charges"))
    assert answer.json()["code"] == "scope-missing"
    own = at_rest.app.at.own
    for _ in range(500):
        try:
            own.calls.take("finder")
        except Exception:
            break
    assert (await read(at_rest))["status"] == 429


async def refused(happening: Happening, body: dict[str, Any]) -> str:
    answer = await happening.app.http.post(f"{PATH}/webhooks", json=body, headers=happening.as_tool())
    return answer.json()["code"]


async def test_a_webhook_is_registered_once_within_limits_by_a_client_of_the_tool(
    at_rest: Happening, identity: Identity
) -> None:
    url = "https://tool.example/hook"
    webhook = await at_rest.webhook(url, description="Ours")
    assert webhook["secret"].startswith("whsec_")
    assert "secret" not in await at_rest.shown(webhook)
    [row] = await at_rest.fetch("SELECT secret FROM webhook_endpoint")
    assert row["secret"].startswith("sealed.v1.")
    assert await refused(at_rest, {"url": url}) == "webhook-exists"
    assert await refused(at_rest, {"url": "https://10.0.0.1/"}) == "webhook-address-refused"
    assert await refused(at_rest, {"url": url + "2", "types": ["x"]}) == "event-type-unknown"
    identity.clients["finder"] = "romi"
    at_rest.app.at.own.webhooks.outside.subjects._clients.clear()
    assert await refused(at_rest, {"url": url + "3"}) == "client-not-of-tool"


async def test_nobody_sees_or_changes_the_webhook_of_another_tool(at_rest: Happening) -> None:
    webhook = await at_rest.webhook("https://tool.example/hook")
    other, path = at_rest.as_tool("other", "romi"), f"{PATH}/webhooks/{webhook['id']}"
    http = at_rest.app.http
    since = {"since": "2031-01-01T00:00:00Z"}
    answers = [
        await http.get(path, headers=other),
        await http.put(path, json={"url": "https://evil.example/"}, headers=other),
        await http.delete(path, headers=other),
        await http.post(f"{path}/secret", headers=other),
        await http.post(f"{path}/test", headers=other),
        await http.post(f"{path}/disable", headers=other),
        await http.post(f"{path}/enable", json={}, headers=other),
        await http.post(f"{path}/replay", json=since, headers=other),
        await http.get(f"{path}/deliveries", headers=other),
        await http.get(f"{path}/deliveries/1", headers=other),
    ]
    assert {answer.json()["code"] for answer in answers} == {"webhook-unknown"}
    assert (await http.get(f"{PATH}/webhooks", headers=other)).json() == []


async def test_the_operator_and_the_staff_reach_every_webhook_and_what_they_do_is_kept(
    at_rest: Happening, mint: Mint
) -> None:
    operator, http = mint.peer("operator", "notify"), at_rest.app.http
    body = {"tool_id": TOOL, "client_id": "finder", "url": "https://tool.example/hook"}
    made = (await http.post("/internal/webhooks", json=body, headers=operator)).json()["webhook"]
    staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
    desk = f"/api/webhooks-desk/{TOOL}/{made['id']}"
    assert (await http.post(f"{desk}/disable", json={"reason": "short"}, headers=staff)).status_code == 422
    assert (await http.post(f"{desk}/disable", json={"reason": "asked by telephone"}, headers=staff)).status_code == 204
    assert (await http.get(desk, headers=staff)).json()["off_reason"] == "asked"
    assert (await http.get(f"/api/webhooks-desk/romi/{made['id']}", headers=staff)).status_code == 404
    assert (await http.post(f"{desk}/enable", json={"reason": "mended, they say"}, headers=staff)).json() == {
        "count": 0
    }
    rows = await at_rest.fetch("SELECT actor, action, reason FROM webhook_audit ORDER BY id")
    assert [(row["action"], row["reason"]) for row in rows] == [
        ("register", ""),
        ("disable", "asked by telephone"),
        ("enable", "mended, they say"),
    ]
    assert (await http.get(desk, headers=mint.person(new_id(), acr="mfa"))).status_code == 403
