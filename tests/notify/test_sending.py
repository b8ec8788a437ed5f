"""Mails are claimed, sent over lines to the mail server, tried again, and given up after days."""

from datetime import UTC, datetime, timedelta

from services.notify.mails import queue
from services.notify.mails.pacing import BULK, URGENT, again_after_s, slots
from shared import dead_letters
from shared.events import identity
from shared.kafka import Kafka
from tests.conftest import ClientOf
from tests.notify.scenes import Elsewhere, MailServer, Someone
from tests.support.events import until

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


async def test_a_mail_that_a_server_takes_only_later_arrives_once(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    """Greylisting: the same mail, tried again after a pause."""
    mail_server.answer = "450 4.2.0 greylisted"
    ada = await elsewhere.someone()
    await _password_changed(elsewhere, ada)
    await until(lambda: _has(elsewhere, "attempts = 1 AND lease IS NULL AND last_error = 'smtp-450'"), what="a pause")
    mail_server.answer = "250 OK"
    await _let_time_pass(elsewhere)
    await until(lambda: _has(elsewhere, "state = 'sent'"), what="the mail")
    assert mail_server.recipients == [ada.email]


async def test_a_mail_that_fails_for_days_becomes_a_dead_letter_and_can_be_sent_after_all(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.answer = "450 4.2.0 not now"
    ada = await elsewhere.someone()
    await _password_changed(elsewhere, ada)
    await until(lambda: _has(elsewhere, "attempts = 1 AND lease IS NULL"), what="a first attempt")
    await _let_time_pass(elsewhere, days=6)
    await until(lambda: _has(elsewhere, "state = 'given-up'"), what="the end of trying")
    async with elsewhere.app.at.database.transaction() as db:
        [letter] = await dead_letters.list_letters(db)
        assert (letter.type, letter.reason, letter.error) == ("deliver", "GivenUp", "GivenUp: smtp-450")
        assert ada.email.encode() not in (letter.payload or b"")
        mail_server.answer = "250 OK"
        await dead_letters.replay(db, "notify", letter.id)
    await until(lambda: _has(elsewhere, "state = 'sent'"), what="the mail")
    assert mail_server.recipients == [ada.email]


async def test_a_refused_mail_does_not_cost_the_connection_or_the_next_mail(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.answer = "550 5.1.1 no such mailbox"
    await _password_changed(elsewhere, await elsewhere.someone())
    await until(lambda: _has(elsewhere, "state = 'failed'"), what="the refusal")
    mail_server.answer = "250 OK"
    ada = await elsewhere.someone()
    await _password_changed(elsewhere, ada)
    await until(lambda: _has(elsewhere, "state = 'sent'"), what="the next mail")
    assert mail_server.recipients == [ada.email]


async def test_a_code_is_not_held_up_by_a_server_that_hangs_on_other_mails(
    client_of: ClientOf, kafka: Kafka, mail_server: MailServer
) -> None:
    smtp = f"smtp://127.0.0.1:{mail_server.port}"
    elsewhere = Elsewhere(await client_of("notify", role="all", smtp=smtp, smtp_connections=1))
    mail_server.hangs_on = "password"
    ada = await elsewhere.someone()
    await _password_changed(elsewhere, ada)
    await until(lambda: mail_server.hanging, what="a mail on which the server hangs")
    await elsewhere.code_for(ada)
    await until(lambda: mail_server.subjects_to(ada.email), what="the code")
    assert mail_server.subjects_to(ada.email) == ["Your activation code"]


async def test_a_server_that_hangs_is_left_and_tried_again(
    client_of: ClientOf, kafka: Kafka, mail_server: MailServer
) -> None:
    smtp = f"smtp://127.0.0.1:{mail_server.port}"
    elsewhere = Elsewhere(await client_of("notify", role="all", smtp=smtp, smtp_timeout_s=0.5))
    mail_server.hangs_on = "password"
    await _password_changed(elsewhere, await elsewhere.someone())
    await until(lambda: _has(elsewhere, "attempts = 1 AND last_error = 'connection lost'"), what="the end of waiting")
    mail_server.hangs_on = ""
    await _let_time_pass(elsewhere)
    await until(lambda: _has(elsewhere, "state = 'sent'"), what="the mail")


async def test_what_a_dead_worker_held_is_sent_by_another_and_carries_the_same_message_id(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    """The worst moment to die: the server has the mail, and nothing is written down."""
    await _password_changed(elsewhere, await elsewhere.someone())
    await until(lambda: _has(elsewhere, "state = 'sent'"), what="the mail")
    await _execute(
        elsewhere,
        """UPDATE delivery SET state = 'waiting', ended_at = NULL, lease = gen_random_uuid(),
        leased_until = now() - interval '1 second'""",
    )
    async with elsewhere.app.at.database.transaction() as db:
        assert await queue.release_expired(db) == 1
    await until(lambda: len(mail_server.mails) == 2, what="the second copy")
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1


async def test_two_workers_never_claim_the_same_mail(client_of: ClientOf) -> None:
    elsewhere = Elsewhere(await client_of("notify", smtp="smtp://127.0.0.1:9"))
    for someone in [await elsewhere.someone() for _ in range(6)]:
        await _password_changed(elsewhere, someone)
    database = elsewhere.app.at.database
    async with database.transaction() as one, database.transaction() as other:
        first = await queue.claim(one, limit=4, lease=LEASE)
        second = await queue.claim(other, limit=4, lease=LEASE)
    assert (len(first), len(second)) == (4, 2)
    assert not {x.delivery.delivery_id for x in first} & {x.delivery.delivery_id for x in second}


async def test_codes_are_claimed_first_and_mails_to_very_many_last(client_of: ClientOf) -> None:
    elsewhere = Elsewhere(await client_of("notify", smtp="smtp://127.0.0.1:9"))
    ada, bea = await elsewhere.someone(), await elsewhere.someone()
    await _password_changed(elsewhere, ada)
    await _execute(elsewhere, "UPDATE delivery SET priority = -10")
    await _password_changed(elsewhere, bea)
    await elsewhere.code_for(bea)
    async with elsewhere.app.at.database.transaction() as db:
        claimed = await queue.claim(db, limit=10, lease=LEASE)
    assert [one.priority for one in claimed] == [URGENT, 0, BULK]


async def test_mails_to_one_domain_leave_at_its_pace(
    client_of: ClientOf, kafka: Kafka, mail_server: MailServer
) -> None:
    smtp = f"smtp://127.0.0.1:{mail_server.port}"
    pace = {"smtp_rate_per_domain": 0.01, "smtp_burst_per_domain": 2}
    elsewhere = Elsewhere(await client_of("notify", role="all", smtp=smtp, **pace))
    people = [await elsewhere.someone() for _ in range(4)]
    for someone in people:
        await _password_changed(elsewhere, someone)
    await until(lambda: _has(elsewhere, "has_slot", 2), what="two that wait for their turn")
    await until(lambda: _has(elsewhere, "state = 'sent'", 2), what="two that may leave at once")
    await elsewhere.code_for(people[0])
    await until(lambda: "Your activation code" in mail_server.subjects_to(people[0].email), what="the code")
    await _let_time_pass(elsewhere)
    await until(lambda: _has(elsewhere, "state = 'sent'", 5), what="those that waited")


async def test_a_password_that_the_mail_server_refuses_fails_no_mail(client_of: ClientOf, kafka: Kafka) -> None:
    """It is our mistake: the mails wait for it to be put right."""
    server = MailServer(auth_required=True)
    await server.start()
    try:
        smtp = f"smtp://immo:wrong@127.0.0.1:{server.port}"
        elsewhere = Elsewhere(await client_of("notify", role="all", smtp=smtp))
        await _password_changed(elsewhere, await elsewhere.someone())
        await until(lambda: _has(elsewhere, "state = 'waiting' AND last_error = 'no connection'"), what="an attempt")
    finally:
        await server.stop()


def test_a_domain_gets_a_burst_after_a_rest_and_then_a_steady_pace() -> None:
    times, free_at = slots(NOW - timedelta(hours=1), 5, per_s=2, burst=3, now=NOW)
    assert times == [NOW, NOW, NOW, NOW + timedelta(seconds=0.5), NOW + timedelta(seconds=1)]
    more, _ = slots(free_at, 1, per_s=2, burst=3, now=NOW)
    assert more == [NOW + timedelta(seconds=1.5)]


def test_pauses_grow_and_stay_short_for_codes() -> None:
    assert again_after_s(1, priority=0, is_deferred=True) >= 30
    assert again_after_s(9, priority=0, is_deferred=True) > again_after_s(4, priority=0, is_deferred=True)
    assert again_after_s(30, priority=0, is_deferred=True) <= 3600
    assert again_after_s(30, priority=URGENT, is_deferred=True) <= 30


async def _password_changed(elsewhere: Elsewhere, someone: Someone) -> None:
    await elsewhere.happens(
        identity.PasswordChanged(account_id=someone.id, changed_at=datetime.now(UTC), reason="reset")
    )


async def _let_time_pass(elsewhere: Elsewhere, *, days: int = 0) -> None:
    await _execute(
        elsewhere,
        f"""UPDATE delivery SET run_at = now(), first_due_at = first_due_at - interval '{days} days'
        WHERE state = 'waiting'""",
    )


async def _execute(elsewhere: Elsewhere, statement: str) -> None:
    async with elsewhere.app.at.database.transaction() as db:
        await db.execute(statement)


async def _has(elsewhere: Elsewhere, condition: str, count: int = 1) -> bool:
    async with elsewhere.app.at.database.acquire() as db:
        return await db.fetchval(f"SELECT count(*) FROM delivery WHERE {condition}") == count
