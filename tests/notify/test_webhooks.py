"""Webhooks against a real receiver: signed, in order, again after failures, and never anybody's burden but their own."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from services.notify.webhooks import sender
from services.notify.webhooks.jobs import tell_job
from services.notify.webhooks.sender import WebhookSender
from shared.ids import new_id
from shared.job_store import Job
from tests.conftest import ClientOf
from tests.notify.scenes import MailServer
from tests.notify.webhook_scenes import TOOL, Happening, Identity, Receiver, granted, renamed, status
from tests.support.events import running, until
from tests.support.mint import Mint


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    await found.start()
    yield found
    await found.stop()


@pytest_asyncio.fixture
async def identity() -> Identity:
    return Identity()


@pytest_asyncio.fixture
async def at_rest(client_of: ClientOf, mint: Mint, identity: Identity) -> Happening:
    return Happening(await client_of("notify", peers={"identity": identity}), mint)


def sending(happening: Happening) -> Any:
    return running(WebhookSender(happening.app.at.database, happening.app.at.own.webhooks.outside).run)


async def names(happening: Happening, organisation_id: Any, *new: str) -> None:
    for name in new:
        await happening.happens(renamed(organisation_id, name))


async def none_waits(happening: Happening) -> bool:
    return not await happening.fetch("SELECT FROM webhook_delivery WHERE state = 'waiting'")


def told(receiver: Receiver) -> list[str]:
    return [call.event["data"].get("name", "") for call in receiver.calls]


async def test_a_receiver_verifies_with_the_standard_library_and_knows_a_repetition(
    at_rest: Happening, receiver: Receiver
) -> None:
    webhook = await at_rest.webhook(receiver.url)
    used, ada = await at_rest.registered(), new_id()
    await at_rest.happens(granted(used, ada))
    async with sending(at_rest):
        await until(lambda: len(receiver.calls) == 2, what="two calls")
    for call in receiver.calls:
        event = Webhook(webhook["secret"]).verify(call.body, call.headers)
        assert event["id"] == call.id
        assert call.headers["content-type"] == "application/cloudevents+json"
    assert event["data"]["sub"] == str(ada)
    assert (event["type"], event["subject"]) == (
        "immoconnect.organisation.AccessGranted.v1",
        str(used.organisation_id),
    )
    receiver.calls.clear()
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    path = f"/api/events/webhooks/{webhook['id']}/replay"
    answer = await at_rest.app.http.post(path, json={"since": since}, headers=at_rest.as_tool())
    assert answer.json() == {"count": 2}
    async with sending(at_rest):
        await until(lambda: len(receiver.calls) == 2, what="both again")
    assert receiver.calls[1].id == event["id"]


async def test_for_a_day_both_secrets_sign(at_rest: Happening, receiver: Receiver) -> None:
    webhook = await at_rest.webhook(receiver.url)
    path = f"/api/events/webhooks/{webhook['id']}/secret"
    new = (await at_rest.app.http.post(path, headers=at_rest.as_tool())).json()["secret"]
    await at_rest.registered()
    async with sending(at_rest):
        await until(lambda: receiver.calls, what="a call")
    for secret in (webhook["secret"], new):
        Webhook(secret).verify(receiver.calls[0].body, receiver.calls[0].headers)
    await at_rest.execute("UPDATE webhook_endpoint SET old_secret_until = now() - interval '1 second'")
    await at_rest.registered()
    async with sending(at_rest):
        await until(lambda: len(receiver.calls) == 2, what="a call")
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(webhook["secret"]).verify(receiver.calls[1].body, receiver.calls[1].headers)


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
        assert [name for name in told(receiver) if name.startswith("p")] == ["p1"]
        shown = await at_rest.shown(webhook)
        assert shown["waiting"] == 3
        [first] = [one for one in await at_rest.deliveries(webhook) if one["attempts"] and one["state"] == "waiting"]
        assert (first["status"], first["answer"]) == (500, "broken")
        receiver.answer = Receiver.OK
        await at_rest.due_now()
        await until(lambda: none_waits(at_rest), what="all")
    assert [name for name in told(receiver) if name.startswith("p")] == ["p1", "p1", "p2", "p3"]


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
            "A webhook of Cadastrefinder was switched off",
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


async def test_a_sector_knows_people_by_its_own_subject_and_waits_while_nobody_can_tell(
    at_rest: Happening, receiver: Receiver, identity: Identity
) -> None:
    identity.pairwise["finder"] = {}
    await at_rest.webhook(receiver.url)
    identity.is_away = True
    ada = new_id()
    await at_rest.happens(granted(await at_rest.registered(), ada))
    async with sending(at_rest):
        await until(lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE next_at > now()"), what="waiting")
        assert not [call for call in receiver.calls if "sub" in call.event["data"]]
        identity.is_away = False
        await at_rest.due_now()
        await until(lambda: len(receiver.calls) == 2, what="both")
    sub = receiver.calls[1].event["data"]["sub"]
    assert sub == identity.pairwise["finder"][str(ada)] != str(ada)
    assert str(ada).encode() not in b"".join(call.body for call in receiver.calls)


async def test_a_client_that_was_switched_off_is_told_nothing(
    at_rest: Happening, receiver: Receiver, identity: Identity
) -> None:
    await at_rest.webhook(receiver.url)
    del identity.clients["finder"]
    at_rest.app.at.own.webhooks.outside.subjects._clients.clear()
    await at_rest.registered()
    async with sending(at_rest):
        await until(lambda: at_rest.fetch("SELECT FROM webhook_endpoint WHERE next_at > now()"), what="waiting")
    assert receiver.calls == []


async def test_only_the_types_asked_for_are_sent_and_none_of_another_tool(
    at_rest: Happening, receiver: Receiver
) -> None:
    await at_rest.webhook(receiver.url, types=["immoconnect.organisation.AccessGranted.v1"])
    await at_rest.registered("romi")
    await at_rest.happens(granted(await at_rest.registered(), new_id()))
    async with sending(at_rest):
        await until(lambda: none_waits(at_rest), what="all")
    assert [call.event["type"] for call in receiver.calls] == ["immoconnect.organisation.AccessGranted.v1"]


async def test_connections_are_used_again(at_rest: Happening, receiver: Receiver) -> None:
    await at_rest.webhook(receiver.url)
    for _ in range(40):
        await at_rest.registered()
    async with sending(at_rest):
        await until(lambda: none_waits(at_rest), what="all")
    used = defaultdict(int)
    for call in receiver.calls:
        used[call.connection] += 1
    assert len(receiver.calls) == 40
    assert receiver.connections <= sender.CONNECTIONS_EACH


async def test_two_workers_share_the_work_and_keep_the_order(at_rest: Happening, receiver: Receiver) -> None:
    await at_rest.webhook(receiver.url, types=["immoconnect.organisation.OrganisationChanged.v1"])
    used = [await at_rest.registered() for _ in range(3)]
    async with sending(at_rest), sending(at_rest):
        for n in range(10):
            for one in used:
                await at_rest.happens(renamed(one.organisation_id, str(n)))
        await until(lambda: none_waits(at_rest), what="all")
    for one in used:
        mine = [call for call in receiver.calls if call.organisation == str(one.organisation_id)]
        assert [call.event["data"]["name"] for call in mine] == [str(n) for n in range(10)]


async def test_deleting_one_forgets_its_log_and_the_key_of_its_secrets(
    at_rest: Happening, receiver: Receiver, identity: Identity
) -> None:
    webhook = await at_rest.webhook(receiver.url)
    await at_rest.registered()
    path = f"/api/events/webhooks/{webhook['id']}"
    assert (await at_rest.app.http.delete(path, headers=at_rest.as_tool())).status_code == 204
    assert identity.forgotten == [webhook["id"]]
    assert await at_rest.fetch("SELECT FROM webhook_delivery") == []
