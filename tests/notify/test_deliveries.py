"""Each mail arrives once, in the recipient's language, whatever happens to the mail server."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.notify.recipients.store import upsert_recipient
from shared.events import identity, organisation, wallet
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, MailServer, added, requested
from tests.support.events import until


async def test_a_code_is_mailed_to_the_address_of_its_command(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone()
    await elsewhere.code_for(ada, "K7M2PX")
    await until(lambda: _count(mail_server, 1), what="the mail")
    (mail,) = mail_server.mails
    assert mail["To"] == ada.email
    assert "K7M 2PX" in mail.get_body(("plain",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_code_and_address_are_forgotten_once_the_mail_is_sent(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    await elsewhere.code_for(await elsewhere.someone())
    await until(lambda: _states(elsewhere, "sent", 1), what="the mail")
    async with elsewhere.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT sealed_email, sealed_code FROM delivery")
    assert row is not None
    assert tuple(row) == (None, None)


async def test_an_expired_code_is_never_mailed(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    await elsewhere.code_for(await elsewhere.someone(), ttl=timedelta(seconds=-1))
    await until(lambda: _states(elsewhere, "expired", 1), what="the end of the delivery")
    assert mail_server.mails == []


async def test_a_changed_address_is_told_at_both(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone()
    seal = await elsewhere.sealer(ada.id)
    email, previous = seal("email", "ada@new.example"), seal("email", ada.email)
    await elsewhere.happens(
        identity.EmailAddressChanged(account_id=ada.id, email=email, previous_email=previous),
        identity.PasswordChanged(account_id=ada.id, changed_at=datetime.now(UTC), reason="reset"),
    )
    await until(lambda: _count(mail_server, 3), what="two mails about the address and one about the password")
    assert mail_server.subjects_to(ada.email) == ["Your account no longer uses this e-mail address"]
    assert sorted(mail_server.subjects_to("ada@new.example")) == [
        "Your e-mail address was changed",
        "Your password was changed",
    ]


async def test_an_address_that_was_never_confirmed_is_replaced_in_silence(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone()
    seal = await elsewhere.sealer(ada.id)
    await elsewhere.happens(identity.EmailAddressChanged(account_id=ada.id, email=seal("email", "ada@new.example")))
    await elsewhere.happens(identity.AccountActivated(account_id=ada.id, activated_at=datetime.now(UTC)))
    await until(lambda: _count(mail_server, 1), what="the welcome")
    assert mail_server.recipients == ["ada@new.example"]


async def test_every_manager_hears_of_a_request_each_in_their_own_language(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada", language="en")
    chloe = await elsewhere.someone("Chloé", language="fr")
    dirk = await elsewhere.someone("Dirk", language="nl")
    bram = await elsewhere.someone("Bram", "Wouters", "de")
    organisation_id = await elsewhere.organisation([ada, chloe, dirk])
    await elsewhere.happens(requested(organisation_id, bram))
    await until(lambda: _count(mail_server, 5), what="two mails about being added and three about the request")
    assert "Bram Wouters asks to join Lindeman Vastgoed" in mail_server.subjects_to(ada.email)
    assert "Bram Wouters demande à rejoindre Lindeman Vastgoed" in mail_server.subjects_to(chloe.email)
    assert "Bram Wouters vraagt om zich bij Lindeman Vastgoed aan te sluiten" in mail_server.subjects_to(dirk.email)
    assert mail_server.subjects_to(bram.email) == []


async def test_a_blocked_manager_hears_nothing_until_activated(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bea, bram = [await elsewhere.someone(name) for name in ("Ada", "Bea", "Bram")]
    organisation_id = await elsewhere.organisation([ada, bea])
    of_bea = {"organisation_id": organisation_id, "account_id": bea.id}
    await elsewhere.happens(
        organisation.EmployeeBlocked(**of_bea, blocked_by=ada.id),
        requested(organisation_id, bram),
        organisation.EmployeeActivated(**of_bea, activated_by=ada.id),
    )
    await until(lambda: _count(mail_server, 4), what="added, blocked, requested, activated")
    assert sorted(mail_server.subjects_to(bea.email)) == [
        "Welcome back at Lindeman Vastgoed",
        "You were added to Lindeman Vastgoed",
        "Your access to Lindeman Vastgoed is blocked",
    ]


async def test_the_same_event_twice_mails_once(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    await elsewhere.happens(requested(organisation_id, bram))
    elsewhere.versions[str(organisation_id)] -= 1
    await elsewhere.happens(requested(organisation_id, bram))
    await until(lambda: _states(elsewhere, "sent", 1), what="the mail")
    assert len(mail_server.mails) == 1


async def test_mails_wait_while_the_server_refuses_and_arrive_once_afterwards(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.answer = "451 4.3.2 later"
    ada = await elsewhere.someone()
    await elsewhere.code_for(ada)
    await until(lambda: _attempts(elsewhere, 2), what="a second attempt", within_s=20)
    assert await _states(elsewhere, "waiting", 1)
    mail_server.answer = "250 OK"
    await until(lambda: _states(elsewhere, "sent", 1), what="the mail", within_s=30)
    assert mail_server.recipients == [ada.email]


async def test_a_mail_server_that_comes_back_gets_what_waited(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    await mail_server.stop()
    ada = await elsewhere.someone()
    await elsewhere.code_for(ada)
    await until(lambda: _attempts(elsewhere, 1), what="an attempt")
    await mail_server.start()
    await until(lambda: _states(elsewhere, "sent", 1), what="the mail", within_s=30)
    assert mail_server.recipients == [ada.email]


async def test_a_second_copy_after_a_lost_answer_has_the_same_message_id(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.dies_after_taking = 1
    await elsewhere.code_for(await elsewhere.someone())
    await until(lambda: _states(elsewhere, "sent", 1), what="the mail", within_s=30)
    assert len(mail_server.mails) == 2
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1


async def test_a_refusal_for_good_is_reported_and_not_tried_again(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    mail_server.answer = "550 5.1.1 no such mailbox"
    await elsewhere.code_for(await elsewhere.someone())
    await until(lambda: _states(elsewhere, "failed", 1), what="the failure")
    assert mail_server.mails == []


async def test_names_of_people_cannot_write_headers(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone("Ada")
    rogue = await elsewhere.someone("Eve\r\nBcc: all@example.com\r\n", "X")
    organisation_id = await elsewhere.organisation([ada])
    await elsewhere.happens(requested(organisation_id, rogue))
    await until(lambda: _count(mail_server, 1), what="the mail")
    (mail,) = mail_server.mails
    assert mail["Bcc"] is None
    assert mail_server.recipients == [ada.email]
    assert "Eve Bcc: all@example.com" in str(mail["Subject"])


async def test_names_of_people_are_text_in_html(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, rogue = await elsewhere.someone("Ada"), await elsewhere.someone("<img src=x>", "Y")
    await elsewhere.happens(requested(await elsewhere.organisation([ada]), rogue))
    await until(lambda: _count(mail_server, 1), what="the mail")
    html = mail_server.mails[0].get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()


async def test_an_erased_person_leaves_nothing_behind(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    mail_server.answer = "451 later"
    ada, bea = await elsewhere.someone("Ada"), await elsewhere.someone("Bea")
    organisation_id = await elsewhere.organisation([bea, ada])
    await elsewhere.happens(
        identity.AccountErased(account_id=ada.id, erased_at=datetime.now(UTC)),
        requested(organisation_id, await elsewhere.someone("Bram")),
    )
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM delivery WHERE account_id = $1", ada.id) == 0
        kept = await db.fetchrow("SELECT first_name, last_name, email FROM recipient WHERE account_id = $1", ada.id)
    assert kept is not None
    assert tuple(kept) == ("", "", "")


async def test_a_late_event_about_an_erased_person_brings_nothing_back(elsewhere: Elsewhere) -> None:
    ada = await elsewhere.someone("Ada")
    seal = await elsewhere.sealer(ada.id)
    changed = identity.ProfileChanged(
        account_id=ada.id, first_name=seal("first_name", "Ada"), last_name=seal("last_name", "L"), language="fr"
    )
    erased = identity.AccountErased(account_id=ada.id, erased_at=datetime.now(UTC))
    await elsewhere.happens(erased, changed)
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT first_name FROM recipient WHERE account_id = $1", ada.id) == ""


async def test_a_low_balance_is_told_to_all_managers(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, chloe = await elsewhere.someone("Ada", language="en"), await elsewhere.someone("Chloé", language="fr")
    organisation_id = await elsewhere.organisation([ada, chloe])
    await elsewhere.happens(wallet.BalanceLow(wallet_id=organisation_id, balance_cents=402, threshold_cents=1000))
    await until(lambda: _count(mail_server, 3), what="two about the balance, one about being added")
    (french,) = [mail for mail in mail_server.mails if "presque vide" in str(mail["Subject"])]
    text = french.get_body(("plain",))
    assert text is not None
    assert "4,02\xa0€" in text.get_content()


async def test_who_was_not_told_is_the_one_who_did_it(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    await elsewhere.happens(
        organisation.EmployeeRemoved(organisation_id=organisation_id, account_id=bram.id, removed_by=bram.id),
        added(organisation_id, bram, by=ada),
    )
    await until(lambda: _count(mail_server, 1), what="the mail about being added")
    assert mail_server.subjects_to(bram.email) == ["You were added to Lindeman Vastgoed"]


async def test_a_person_who_is_announced_after_what_concerns_them_is_mailed(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    """Topics are read side by side: after an outage the order between them is anyone's."""
    late = await elsewhere.someone()
    async with elsewhere.app.at.database.transaction() as db:
        known = dict(await db.fetchrow("DELETE FROM recipient RETURNING first_name, last_name, email"))
    await elsewhere.happens(identity.PasswordChanged(account_id=late.id, changed_at=datetime.now(UTC)))
    await until(lambda: _attempts(elsewhere, 1), what="a first try without address")
    async with elsewhere.app.at.database.transaction() as db:
        await upsert_recipient(db, late.id, version=1, language="en", **known)
    await until(lambda: _count(mail_server, 1), what="the mail")
    assert mail_server.subjects_to(late.email) == ["Your password was changed"]


async def test_a_person_whose_address_never_comes_ends_as_a_failure_not_as_a_loop(elsewhere: Elsewhere) -> None:
    await elsewhere.happens(identity.PasswordChanged(account_id=new_id(), changed_at=datetime.now(UTC)))
    async with elsewhere.app.at.database.transaction() as db:
        await db.execute("UPDATE delivery SET created_at = now() - interval '2 hours'")
    await until(lambda: _states(elsewhere, "failed", 1), what="the failure")


async def test_access_that_cannot_be_used_yet_is_not_announced_as_usable(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada, bram = await elsewhere.someone(), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    about = {
        "organisation_id": organisation_id,
        "registration_id": new_id(),
        "tool_id": "cadastrefinder",
        "usage_mode": "agent",
        "account_id": bram.id,
        "role": "user",
    }
    await elsewhere.happens(organisation.AccessGranted(**about, granted_by=ada.id, usable=False))
    await until(lambda: _count(mail_server, 1), what="the mail about what is missing")
    await elsewhere.happens(organisation.AccessResumed(**about))
    await until(lambda: _count(mail_server, 2), what="the mail about the access")
    first, second = mail_server.subjects_to(bram.email)
    assert first.startswith("You cannot use")
    assert second.startswith("You can now use")


async def test_the_trace_of_the_cause_goes_on_to_the_mail_server(
    elsewhere: Elsewhere, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    ada = await elsewhere.someone()
    with provider.get_tracer("test").start_as_current_span("the request") as request:
        await elsewhere.code_for(ada)
    await until(lambda: _count(mail_server, 1), what="the mail")
    await until(lambda: any(span.name == "smtp send" for span in spans.get_finished_spans()), what="the span")
    [sending] = [span for span in spans.get_finished_spans() if span.name == "smtp send"]
    assert sending.context.trace_id == request.get_span_context().trace_id
    assert dict(sending.attributes or {}) == {"mail.kind": "code-activation"}


async def _count(mail_server: MailServer, count: int) -> bool:
    return len(mail_server.mails) >= count


async def _states(elsewhere: Elsewhere, state: str, count: int) -> bool:
    async with elsewhere.app.at.database.acquire() as db:
        return await db.fetchval("SELECT count(*) FROM delivery WHERE state = $1", state) == count


async def _attempts(elsewhere: Elsewhere, count: int) -> bool:
    async with elsewhere.app.at.database.acquire() as db:
        return (await db.fetchval("SELECT max(attempts) FROM delivery") or 0) >= count
