"""Webhooks against a real receiver: signed, in order, once in effect, and only what was asked for."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from services.notify.webhooks import sender
from shared.ids import new_id
from tests.notify.webhook_scenes import (
    Happening,
    Identity,
    Receiver,
    granted,
    none_waits,
    renamed,
    sending,
)
from tests.support.events import until


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
