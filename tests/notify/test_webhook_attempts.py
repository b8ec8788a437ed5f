"""The log of deliveries keeps what came of each call, and no more than it needs."""

from datetime import UTC, datetime, timedelta

from services.notify.webhooks.attempt_store import MAX_KEPT
from services.notify.webhooks.numbering import prune
from shared.ids import new_id
from tests.notify.webhook_scenes import TOOL, Happening, Receiver, none_waits, sending, status
from tests.support.events import until
from tests.support.mint import Mint


async def _fails(at_rest: Happening, receiver: Receiver, times: int) -> None:
    """Of one delivery, each call as soon as the one before is written down."""

    async def again() -> bool:
        rows = await at_rest.fetch("SELECT attempts FROM webhook_delivery")
        if rows and rows[0]["attempts"] >= times:
            return True
        await at_rest.due_now()
        return False

    await until(again, what=f"{times} calls")


async def test_each_call_of_a_delivery_is_kept_with_its_time_duration_and_outcome(
    at_rest: Happening, receiver: Receiver, mint: Mint
) -> None:
    webhook = await at_rest.webhook(receiver.url)
    receiver.answer = lambda call: (
        status(500 + len(receiver.calls), b"Ada Lovelace owes us") if len(receiver.calls) < 3 else b""
    )
    began = datetime.now(UTC)
    async with sending(at_rest):
        await at_rest.registered()
        await _fails(at_rest, receiver, 3)
        receiver.answer = Receiver.OK
        await at_rest.due_now()
        await until(lambda: none_waits(at_rest), what="the last call")
    [delivery] = await at_rest.deliveries(webhook)
    *missed, taken = delivery["calls"]
    assert [call["status"] for call in missed[:2]] == [501, 502]
    assert (missed[2]["status"], missed[2]["error"]) == (None, "the answer cannot be read")
    assert (taken["status"], taken["error"], delivery["state"]) == (204, "", "delivered")
    assert delivery["attempts"] == len(delivery["calls"])
    moments = [datetime.fromisoformat(call["at"]) for call in delivery["calls"]]
    assert moments == sorted(moments)
    assert began <= moments[0] <= moments[-1] <= datetime.now(UTC)
    assert all(call["duration_ms"] >= 0 for call in delivery["calls"])
    assert "Ada" not in str(delivery["calls"])
    staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
    desk = f"/api/webhooks-desk/{TOOL}/{webhook['id']}/deliveries/{delivery['id']}"
    assert (await at_rest.app.http.get(desk, headers=staff)).json()["calls"] == delivery["calls"]


async def test_a_delivery_taken_at_once_leaves_nothing_but_itself(at_rest: Happening, receiver: Receiver) -> None:
    webhook = await at_rest.webhook(receiver.url)
    async with sending(at_rest):
        await at_rest.registered()
        await until(lambda: none_waits(at_rest), what="the call")
    [delivery] = await at_rest.deliveries(webhook)
    assert [call["status"] for call in delivery["calls"]] == [204]
    assert await at_rest.fetch("SELECT FROM webhook_attempt") == []


async def test_a_delivery_that_fails_for_ever_keeps_its_last_calls_only(at_rest: Happening, receiver: Receiver) -> None:
    webhook = await at_rest.webhook(receiver.url)
    receiver.answer = lambda call: status(520 + len(receiver.calls))
    async with sending(at_rest):
        await at_rest.registered()
        await _fails(at_rest, receiver, MAX_KEPT + 3)
    [delivery] = await at_rest.deliveries(webhook)
    first, *_, last = [call["status"] for call in delivery["calls"]]
    assert len(delivery["calls"]) == MAX_KEPT
    assert last - first == MAX_KEPT - 1
    assert last == 520 + delivery["attempts"]


async def test_calls_go_with_their_delivery(at_rest: Happening, receiver: Receiver) -> None:
    await at_rest.webhook(receiver.url)
    receiver.answer = status(500)
    async with sending(at_rest):
        await at_rest.registered()
        await _fails(at_rest, receiver, 2)
    await prune(at_rest.app.at.database)
    assert len(await at_rest.fetch("SELECT FROM webhook_attempt")) >= 2
    await at_rest.execute("UPDATE webhook_delivery SET created_at = $1", datetime.now(UTC) - timedelta(days=31))
    await prune(at_rest.app.at.database)
    assert await at_rest.fetch("SELECT FROM webhook_attempt") == []


async def test_a_test_that_is_not_taken_shows_its_one_call(at_rest: Happening, receiver: Receiver) -> None:
    webhook = await at_rest.webhook(receiver.url)
    receiver.answer = status(418)
    path = f"/api/events/webhooks/{webhook['id']}/test"
    tried = (await at_rest.app.http.post(path, headers=at_rest.as_tool())).json()
    assert [call["status"] for call in tried["calls"]] == [418]
    assert (await at_rest.deliveries(webhook))[0]["calls"] == tried["calls"]
