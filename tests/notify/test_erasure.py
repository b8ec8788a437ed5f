"""The last that a person hears: everything else is gone by then, and afterwards so is the address."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notify.erasure.handlers import FAREWELL, export_of
from services.notify.erasure.store import lock_recipient
from services.notify.mails.handlers import record_sent
from shared.events import identity
from shared.events.identity import AccountPurged
from shared.events.organisation import EmployeeRequested
from tests.notify.scenes import Elsewhere, MailServer
from tests.support.events import until

NOW = datetime.now(UTC)


async def fetch(elsewhere: Elsewhere, query: str, *arguments: Any) -> list[Any]:
    async with elsewhere.app.at.database.acquire() as db:
        return await db.fetch(query, *arguments)


async def steps(elsewhere: Elsewhere) -> list[str]:
    """How far everyone has gone who is known here."""
    rows = await fetch(elsewhere, "SELECT is_leaving, is_erased FROM recipient")
    return [("erased" if row["is_erased"] else "leaving" if row["is_leaving"] else "known") for row in rows]


async def test_the_date_and_the_way_back_are_told_in_the_persons_language(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada", language="nl")
    starts_at = datetime(2031, 5, 4, 10, 0, tzinfo=UTC)
    await elsewhere.happens(identity.ErasureScheduled(account_id=ada.id, scheduled_at=NOW, starts_at=starts_at))
    await until(lambda: mail_server.mails, what="the mail")
    text = str(mail_server.mails[0].get_body(("plain",)))
    assert "2031" in text
    assert "/privacy" in text


async def test_held_is_told_once_a_day_however_often_it_is_tried(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone("Ada")
    tries = [identity.ErasureHeld(account_id=ada.id, version=n, held_at=NOW) for n in (3, 4, 5)]
    await elsewhere.happens(*tries, identity.ErasureCancelled(account_id=ada.id, version=6, cancelled_at=NOW))
    await until(lambda: len(mail_server.mails) >= 2, what="two mails")
    rows = await fetch(elsewhere, "SELECT kind FROM delivery ORDER BY kind")
    assert [row["kind"] for row in rows] == ["erasure-cancelled", "erasure-held"]


async def test_from_the_beginning_of_an_erasure_only_the_address_is_left(elsewhere: Elsewhere) -> None:
    ada, bea = await elsewhere.someone("Ada"), await elsewhere.someone("Bea")
    await elsewhere.organisation([ada, bea])
    await elsewhere.happens(identity.ErasureStarted(account_id=ada.id, version=5, started_at=NOW))
    (row,) = await fetch(elsewhere, "SELECT first_name, last_name, email FROM recipient WHERE account_id = $1", ada.id)
    assert (row["first_name"], row["last_name"], bool(row["email"])) == ("", "", True)
    for table in ("delivery", "manager", "access"):
        assert await fetch(elsewhere, f"SELECT FROM {table} WHERE account_id = $1", ada.id) == []
    await elsewhere.happens(identity.PasswordChanged(account_id=ada.id, version=6, changed_at=NOW))
    assert await fetch(elsewhere, "SELECT FROM delivery WHERE account_id = $1", ada.id) == []


async def test_the_last_mail_leaves_and_the_address_with_it(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone("Ada")
    await elsewhere.happens(
        identity.ErasureStarted(account_id=ada.id, version=5, started_at=NOW),
        identity.DataKeyDestroyed(account_id=ada.id, version=6, destroyed_at=NOW),
        identity.DataKeyDestroyed(account_id=ada.id, version=7, destroyed_at=NOW),
    )

    async def is_forgotten() -> bool:
        return await steps(elsewhere) == ["erased"]

    await until(is_forgotten, what="the end")
    (mail,) = mail_server.mails
    html = str(mail.get_body(("html",)))
    assert "Ada" not in html
    assert "/notifications" not in html
    (row,) = await fetch(elsewhere, "SELECT email FROM recipient")
    assert row["email"] == ""
    assert await fetch(elsewhere, "SELECT FROM delivery") == await fetch(elsewhere, "SELECT FROM mail_version") == []


async def test_while_the_mail_server_is_away_the_address_waits_but_not_for_ever(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.answer = "451 later"
    ada = await elsewhere.someone("Ada")
    await elsewhere.happens(
        identity.ErasureStarted(account_id=ada.id, version=5, started_at=NOW),
        identity.DataKeyDestroyed(account_id=ada.id, version=6, destroyed_at=NOW),
    )
    (waiting,) = await fetch(elsewhere, "SELECT kind, state, expires_at FROM delivery")
    assert (waiting["kind"], waiting["state"]) == (FAREWELL, "waiting")
    assert waiting["expires_at"] - NOW > timedelta(days=6)
    await fetch(elsewhere, "UPDATE delivery SET expires_at = now()")

    async def is_forgotten() -> bool:
        await fetch(elsewhere, "UPDATE delivery SET run_at = now() WHERE lease IS NULL")
        return await steps(elsewhere) == ["erased"]

    await until(is_forgotten, within_s=40, what="giving up")
    assert mail_server.mails == []


async def test_ending_the_last_mail_waits_for_who_begins_it_again(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    """The other order would be a deadlock: the mail's row held here, the person's there, and each waiting for the other."""
    mail_server.answer = "451 later"
    ada = await elsewhere.someone("Ada")
    await elsewhere.happens(
        identity.ErasureStarted(account_id=ada.id, version=5, started_at=NOW),
        identity.DataKeyDestroyed(account_id=ada.id, version=6, destroyed_at=NOW),
    )
    (waiting,) = await fetch(elsewhere, "SELECT delivery_id FROM delivery")
    database = elsewhere.app.at.database

    async def end() -> None:
        async with database.transaction() as db:
            await record_sent(db, waiting["delivery_id"], ada.id, FAREWELL, "<1@example.com>", NOW)

    async def waits_for_a_lock() -> bool:
        return bool(
            await fetch(
                elsewhere,
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            )
        )

    async with database.transaction() as db:
        await lock_recipient(db, ada.id)
        ending = asyncio.create_task(end())
        await until(waits_for_a_lock, what="waiting")
        await db.execute("SELECT FROM delivery WHERE delivery_id = $1 FOR UPDATE NOWAIT", waiting["delivery_id"])
    await ending
    assert await steps(elsewhere) == ["erased"]


async def test_someone_whose_address_was_never_known_is_reported_at_once(elsewhere: Elsewhere) -> None:
    ada = await elsewhere.someone("Ada")
    await fetch(elsewhere, "DELETE FROM recipient")
    event = identity.DataKeyDestroyed(account_id=ada.id, version=6, destroyed_at=NOW)
    async with elsewhere.app.at.database.transaction() as db:
        consumer, *_ = elsewhere.app.service.consumers(elsewhere.app.at)
        await consumer.handlers[identity.DataKeyDestroyed](db, event, elsewhere.app.at.keyring)
        (row,) = await db.fetch("SELECT payload FROM outbox WHERE topic = 'identity.reports'")
    assert AccountPurged.model_validate_json(row["payload"]).step == "told"
    assert await steps(elsewhere) == ["erased"]


async def test_one_reads_which_mails_were_sent_and_not_about_whom(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    await elsewhere.happens(
        EmployeeRequested(organisation_id=organisation_id, account_id=bram.id, employee_type="employee", version=90)
    )
    await until(lambda: mail_server.mails, what="the mail")
    async with elsewhere.app.at.database.acquire() as db:
        found = await export_of(db, ada.id)
    assert "employee-requested" in str(found)
    assert str(bram.id) not in str(found)
