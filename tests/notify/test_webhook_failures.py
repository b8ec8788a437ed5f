"""Receivers of webhooks that fail: tried again in order, for days, and never anybody's burden but their own."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.webhooks import sender
from services.notify.webhooks.jobs import tell_job
from services.notify.webhooks.sender import WebhookSender
from shared.ids import new_id
from shared.job_store import Job
from tests.conftest import ClientOf
from tests.notify.scenes import MailServer
from tests.notify.webhook_scenes import (
    TOOL,
    Happening,
    Identity,
    Receiver,
    names,
    none_waits,
    sending,
    status,
    told,
)
from tests.support.events import until
from tests.support.mint import Mint


async def _are(happening: Happening, statement: str, count: int) -> bool:
    return len(await happening.fetch(statement)) == count


async def test_one_organisation_that_fails_keeps_its_order_and_holds_no_other_back(
    at_rest: Happening, receiver: Receiver
) -> None:
    webhook = await at_rest.webhook(receiver.url, types=["immoconnect.organisation.OrganisationChanged.v1"])
    poor, fine = await at_rest.registered(), await at_rest.registered()
    receiver.answer = lambda call: (
        status(500, b"broken") if call.organisation == str(poor.organisation_id) else Receiver.OK
    )
    async with sending(at_rest):
        await names(at_rest, poor.organisation_id, "p1", "p2", "p3")
        await names(at_rest, fine.organisation_id, "f1", "f2")
        await until(lambda: {"f1", "f2"} <= set(told(receiver)), what="the other organisation")
        assert {name for name in told(receiver) if name.startswith("p")} == {"p1"}
        waiting = "SELECT FROM webhook_delivery WHERE state = 'waiting'"
        await until(lambda: _are(at_rest, waiting, 3), what="what was answered to be written down")
        assert (await at_rest.shown(webhook))["waiting"] == 3
        [first] = [one for one in await at_rest.deliveries(webhook) if one["attempts"] and one["state"] == "waiting"]
        assert (first["status"], first["answer"]) == (500, "broken")
        receiver.answer = Receiver.OK
        await at_rest.due_now()
        await until(lambda: none_waits(at_rest), what="all")
    *again, first, second, third = [name for name in told(receiver) if name.startswith("p")]
    assert (set(again), first, second, third) == ({"p1"}, "p1", "p2", "p3")


async def test_what_was_being_sent_when_a_worker_died_is_sent_by_another_in_order(
    at_rest: Happening, receiver: Receiver
) -> None:
    await at_rest.webhook(receiver.url)
    used = await at_rest.registered()
    await names(at_rest, used.organisation_id, "a", "b")
    receiver.holds.clear()
    dying = asyncio.create_task(
        WebhookSender(at_rest.app.at.database, at_rest.app.at.own.webhooks.outside).run(asyncio.Event())
    )
    await until(lambda: receiver.calls, what="a call")
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    receiver.holds.set()
    async with sending(at_rest):
        await at_rest.execute("UPDATE webhook_endpoint SET leased_until = now() - interval '1 second', next_at = now()")
        await until(lambda: none_waits(at_rest), what="all")
    first, *rest = receiver.calls
    assert first.id == rest[0].id
    assert [call.event["data"].get("name") for call in rest] == [None, "a", "b"]


async def test_a_slow_address_holds_no_other_back(at_rest: Happening, receiver: Receiver) -> None:
    slow = Receiver()
    await slow.start()
    slow.holds.clear()
    await at_rest.webhook(slow.url)
    await at_rest.webhook(receiver.url)
    async with sending(at_rest):
        for _ in range(20):
            await at_rest.registered()
        await until(lambda: len(receiver.calls) == 20, what="the other address")
        assert 1 <= len(slow.calls) <= sender.CONNECTIONS_EACH
        await slow.stop()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"nonsense\r\n\r\n", "the answer cannot be read"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "the answer cannot be read"),
        (b"", "the answer cannot be read"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", ""),
        (status(404, b"\x00\xff" * 5000), ""),
    ],
)
async def test_whatever_it_answers_but_yes_is_no(
    at_rest: Happening, receiver: Receiver, answer: bytes, error: str
) -> None:
    receiver.answer = answer
    webhook = await at_rest.webhook(receiver.url)
    await at_rest.registered()
    async with sending(at_rest):
        await until(
            lambda: at_rest.fetch("SELECT FROM webhook_delivery WHERE attempts > 0"),
            what="an attempt",
        )
    [logged] = await at_rest.deliveries(webhook)
    assert (logged["state"], logged["error"]) == ("waiting", error)
    assert len(logged["answer"]) <= 500
    assert (await at_rest.shown(webhook))["state"] == "failing"


async def test_a_dead_address_is_called_once_in_a_while_until_it_answers(
    at_rest: Happening, receiver: Receiver
) -> None:
    receiver.answer = status(503)
    webhook = await at_rest.webhook(receiver.url)
    for _ in range(30):
        await at_rest.registered()
    async with sending(at_rest):
        await until(
            lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE paused_until > now() AND lease IS NULL"),
            what="a pause",
        )
        called = len(receiver.calls)
        assert called < 30
        await at_rest.due_now()
        await until(lambda: len(receiver.calls) > called, what="another try")
        await until(
            lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE paused_until > now() AND lease IS NULL"),
            what="a pause",
        )
        assert len(receiver.calls) == called + 1
        receiver.answer = Receiver.OK
        await at_rest.due_now()
        await until(lambda: none_waits(at_rest), what="all")
    assert (await at_rest.shown(webhook))["state"] == "on"


async def test_retry_after_is_kept_to(at_rest: Happening, receiver: Receiver) -> None:
    receiver.answer = status(429, more="retry-after: 1800\r\n")
    webhook = await at_rest.webhook(receiver.url)
    await at_rest.registered()
    async with sending(at_rest):
        await until(
            lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE paused_until IS NOT NULL"), what="a pause"
        )
    until_then = datetime.fromisoformat((await at_rest.shown(webhook))["paused_until"])
    assert timedelta(minutes=20) < until_then - datetime.now(UTC) <= timedelta(minutes=30)


async def test_after_days_it_is_switched_off_told_and_resumes_without_a_gap(
    client_of: ClientOf, mint: Mint, identity: Identity, receiver: Receiver
) -> None:
    mails = MailServer()
    await mails.start()
    app = await client_of("notify", peers={"identity": identity}, smtp=f"smtp://127.0.0.1:{mails.port}")
    happening = Happening(app, mint)
    await happening.tool()
    receiver.answer = status(500, b"out of order")
    webhook = await happening.webhook(receiver.url)
    used = await happening.registered()
    async with sending(happening):
        await until(lambda: happening.fetch("SELECT FROM webhook_endpoint WHERE failures = 1"), what="a failure")
        await happening.execute("UPDATE webhook_endpoint SET failing_since = now() - interval '6 days'")
        await happening.due_now()
        await until(lambda: happening.fetch("SELECT FROM webhook_endpoint WHERE off_at IS NOT NULL"), what="the end")
        await names(happening, used.organisation_id, "meanwhile")
        assert (await happening.shown(webhook))["off_reason"] == "failing"
        [job] = await happening.fetch("SELECT payload FROM job WHERE kind = 'webhook-off'")
        await tell_job(app.at)(Job(new_id(), "webhook-off", None, job["payload"], {}, 1, 0, new_id()))
        [mail] = mails.mails
        assert (mail["To"], mail["Subject"]) == (
            f"support@{TOOL}.example",
            "Un webhook de Cadastrefinder a été désactivé",
        )
        assert "HTTP 500" in str(mail.get_body(("plain",)))
        receiver.answer = Receiver.OK
        receiver.calls.clear()
        path = f"/api/events/webhooks/{webhook['id']}/enable"
        await app.http.post(path, json={}, headers=happening.as_tool())
        await until(lambda: len(receiver.calls) == 2, what="all that was missed")
    assert told(receiver) == ["", "meanwhile"]
    await mails.stop()


async def test_gone_is_the_end_at_once(at_rest: Happening, receiver: Receiver) -> None:
    receiver.answer = status(410)
    webhook = await at_rest.webhook(receiver.url)
    await at_rest.registered()
    async with sending(at_rest):
        await until(lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE off_reason = 'gone'"), what="the end")
    await at_rest.registered()
    assert len(receiver.calls) == 1
    assert (await at_rest.shown(webhook))["off_reason"] == "gone"


async def test_what_failed_for_days_lets_the_next_one_pass(at_rest: Happening, receiver: Receiver) -> None:
    webhook = await at_rest.webhook(receiver.url)
    used = await at_rest.registered()
    receiver.answer = lambda call: Receiver.OK if "name" in call.event["data"] else status(400)
    await names(at_rest, used.organisation_id, "next")
    await at_rest.execute("UPDATE webhook_delivery SET first_due_at = now() - interval '6 days' WHERE cursor = 1")
    async with sending(at_rest):
        await until(lambda: none_waits(at_rest), what="all")
    states = {one["event"]["cursor"]: one["state"] for one in await at_rest.deliveries(webhook)}
    assert states == {"1": "failed", "2": "delivered"}
