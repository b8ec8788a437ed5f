"""Mails that come back: believed where they are ours, counted once, and what follows for who does not get them."""

import logging
import mailbox
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.notify.bounces import handlers, store
from services.notify.bounces.folders import ASIDE
from services.notify.bounces.reports import NoReport
from services.notify.bounces.return_paths import ReturnPaths
from services.notify.erasure.handlers import erase, export_of
from services.notify.mails.handlers import tell
from services.notify.preferences.store import choices_of
from shared.events import identity
from shared.ids import new_id
from shared.kafka import Kafka
from tests.conftest import ClientOf
from tests.notify.returned import OURS, report
from tests.notify.scenes import Elsewhere, MailServer, Someone
from tests.support.events import until

BOUNCES = "bounces@immo-connect.example"
SECRET = "of-the-mail-server-and-nobody-else-0123456789"


@pytest_asyncio.fixture
async def quiet(client_of: ClientOf, tmp_path: Path) -> Elsewhere:
    """Without workers: nothing is sent, and everything can be looked at. The mailbox of reports is looked into by hand."""
    mailbox.Maildir(tmp_path / "reports", create=True)
    settings = {"bounces": tmp_path / "reports", "bounce_address": BOUNCES, "bounce_secret": SECRET}
    return Elsewhere(await client_of("notify", **settings))


def at(elsewhere: Elsewhere) -> Any:
    return elsewhere.app.at


async def sent(elsewhere: Elsewhere, someone: Someone, kind: str = "welcome") -> UUID:
    """A mail of this kind that has left, by its id."""
    async with at(elsewhere).database.transaction() as db:
        await tell(db, [someone.id], kind, f"test:{new_id()}", {})
        return await db.fetchval(
            """
            UPDATE delivery SET state = 'sent', ended_at = now(), attempts = 1
            WHERE account_id = $1 AND attempts = 0 RETURNING delivery_id
            """,
            someone.id,
        )


async def comes_back(elsewhere: Elsewhere, name: str, someone: Someone, delivery_id: UUID, *, to: str = OURS) -> str:
    raw = report(name, email=someone.email, message_id=f"{delivery_id}@immo-connect.example", to=to)
    return await at(elsewhere).own.inspector.take(raw)


async def is_marked(elsewhere: Elsewhere, someone: Someone) -> bool:
    async with at(elsewhere).database.acquire() as db:
        return await store.undeliverable_since(db, someone.id) is not None


async def published(elsewhere: Elsewhere) -> list[str]:
    """Of addresses, in their order."""
    async with at(elsewhere).database.acquire() as db:
        rows = await db.fetch("SELECT headers FROM outbox WHERE topic = 'notify.events' ORDER BY id")
    types = [str(row["headers"]).split("immoconnect.notify.")[1].split(".v1")[0] for row in rows]
    return [one for one in types if one.startswith("Address")]


async def choices(elsewhere: Elsewhere, someone: Someone) -> set[str]:
    async with at(elsewhere).database.acquire() as db:
        return set((await choices_of(db, [someone.id])).values())


@pytest.mark.parametrize(
    "name", ["postfix-unknown-user", "exchange-not-found", "gmail-no-such-user", "exim-headers-only"]
)
async def test_a_hard_failure_marks_the_address_once_and_another_address_clears_it(quiet: Elsewhere, name: str) -> None:
    ada = await quiet.someone("Ada")
    delivery_id = await sent(quiet, ada)
    outcomes = [await comes_back(quiet, name, ada, delivery_id) for _ in range(2)]
    assert outcomes == ["marked", "known"]
    assert await is_marked(quiet, ada)
    seal = await quiet.sealer(ada.id)
    changed = identity.EmailAddressChanged(
        account_id=ada.id, email=seal("email", "ada@elsewhere.example"), previous_email=None
    )
    await quiet.happens(changed)
    assert not await is_marked(quiet, ada)
    assert await published(quiet) == ["AddressBounced", "AddressRestored"]


async def test_a_forged_report_silences_nobody(quiet: Elsewhere) -> None:
    ada, eve = await quiet.someone("Ada"), await quiet.someone("Eve")
    of_eve = await sent(quiet, eve)
    # About a mail that we never sent; one to Eve, with Ada's address in the report; with a token that is not ours.
    assert await comes_back(quiet, "postfix-unknown-user", ada, new_id()) == "not-ours"
    assert await comes_back(quiet, "postfix-unknown-user", ada, of_eve) == "other-address"
    guessed = ReturnPaths(BOUNCES, bytes(32)).of(await sent(quiet, ada), ada.email)
    assert guessed is not None
    assert await comes_back(quiet, "postfix-unknown-user", ada, new_id(), to=guessed) == "not-ours"
    assert await comes_back(quiet, "complaint", ada, new_id(), to=BOUNCES) == "not-ours"
    assert not await is_marked(quiet, ada)
    assert await choices(quiet, ada) == set()


async def test_a_report_about_an_address_of_before_marks_nothing(quiet: Elsewhere) -> None:
    ada = await quiet.someone("Ada")
    delivery_id = await sent(quiet, ada)
    path = at(quiet).own.return_paths.of(delivery_id, ada.email)
    async with at(quiet).database.transaction() as db:
        await db.execute("UPDATE recipient SET email = 'ada@new.example'")
    assert await comes_back(quiet, "postfix-unknown-user", ada, delivery_id, to=path) == "other-address"
    assert not await is_marked(quiet, ada)


async def test_a_token_proves_a_failure_behind_a_forwarded_address_which_is_not_hard(quiet: Elsewhere) -> None:
    ada, behind = await quiet.someone("Ada"), Someone(new_id(), "Ada", "", "ada@behind.example", "en")
    delivery_id = await sent(quiet, ada)
    path = at(quiet).own.return_paths.of(delivery_id, ada.email)
    assert await comes_back(quiet, "gmail-no-such-user", behind, delivery_id, to=path) == "counted"
    assert not await is_marked(quiet, ada)


async def test_soft_failures_mark_after_days_and_blocked_or_late_mails_never(quiet: Elsewhere) -> None:
    ada, now = await quiet.someone("Ada"), datetime.now(UTC)
    for name, outcome in {"postfix-blocked": "policy", "postfix-delayed": "no-failure"}.items():
        assert await comes_back(quiet, name, ada, await sent(quiet, ada)) == outcome
    for day in range(4):
        assert await comes_back(quiet, "postfix-mailbox-full", ada, await sent(quiet, ada)) == "counted"
        async with at(quiet).database.transaction() as db:
            await db.execute(
                "UPDATE bounce SET bounced_at = $1 WHERE bounced_at > $2", now - timedelta(days=9 - day), now
            )
    assert not await is_marked(quiet, ada)
    assert await comes_back(quiet, "postfix-mailbox-full", ada, await sent(quiet, ada)) == "marked"
    async with at(quiet).database.transaction() as db:
        assert await handlers.trust_again(db, ada.id, now=now)
        assert not await handlers.trust_again(db, ada.id, now=now)
    assert await comes_back(quiet, "postfix-mailbox-full", ada, await sent(quiet, ada)) == "counted"


async def test_a_complaint_stops_what_one_can_do_without_and_nothing_else(quiet: Elsewhere) -> None:
    ada = await quiet.someone("Ada")
    delivery_id = await sent(quiet, ada)
    assert [await comes_back(quiet, "complaint", ada, delivery_id) for _ in range(2)] == ["stopped", "known"]
    assert await choices(quiet, ada) == {"site"}
    assert not await is_marked(quiet, ada)


async def test_what_came_back_is_in_the_export_and_erased_with_the_person(quiet: Elsewhere) -> None:
    ada = await quiet.someone("Ada")
    await comes_back(quiet, "postfix-unknown-user", ada, await sent(quiet, ada))
    async with at(quiet).database.transaction() as db:
        found: Any = await export_of(db, ada.id)
        assert [(one["sort"], one["status"]) for one in found["returned"]] == [("hard", "5.1.1")]
        assert found["recipient"]["undeliverable_since"] is not None
        await erase(db, ada.id)
        assert await db.fetchval("SELECT count(*) FROM bounce") == 0
    assert not await is_marked(quiet, ada)


async def test_a_mailbox_is_emptied_counted_once_and_what_cannot_be_read_is_put_aside(
    quiet: Elsewhere, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit and before a mail is taken out, the same mail is there again, and counts no second time."""
    ada = await quiet.someone("Ada")
    delivery_id = await sent(quiet, ada)
    message_id = f"{delivery_id}@immo-connect.example"
    box = mailbox.Maildir(tmp_path / "reports")
    inspector = at(quiet).own.inspector
    add(box, ["postfix-unknown-user", "postfix-unknown-user", "answer", "out-of-office"], ada, message_id)
    box.add(b"\x00\xff no mail at all")
    with monkeypatch.context() as killed:
        killed.setattr("services.notify.bounces.folders.Held.take_out", _die)
        with pytest.raises(RuntimeError):
            await inspector.look()
    assert len(box) == 5
    caplog.set_level(logging.INFO)
    await inspector.look()
    assert len(box) == 0
    assert len(list((tmp_path / "reports" / ASIDE).glob("*.eml"))) in (2, 3)
    assert await is_marked(quiet, ada)
    assert await published(quiet) == ["AddressBounced"]
    assert ada.email not in caplog.text


async def test_mbox_files_are_read_and_emptied_too(client_of: ClientOf, tmp_path: Path) -> None:
    elsewhere = Elsewhere(await client_of("notify", bounces=tmp_path))
    ada = await elsewhere.someone("Ada")
    delivery_id = await sent(elsewhere, ada)
    add(
        mailbox.mbox(tmp_path / "bounces"), ["answer", "gmail-no-such-user"], ada, f"{delivery_id}@immo-connect.example"
    )
    await at(elsewhere).own.inspector.look()
    assert await is_marked(elsewhere, ada)
    assert (tmp_path / "bounces").read_bytes() == b""
    assert not (tmp_path / "bounces.lock").exists()


async def test_a_mail_server_posts_reports_with_its_secret(quiet: Elsewhere) -> None:
    ada = await quiet.someone("Ada")
    delivery_id = await sent(quiet, ada)
    raw = report("postfix-unknown-user", email=ada.email, message_id=f"{delivery_id}@immo-connect.example")
    http = quiet.app.http
    for wrong in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer "}):
        assert (await http.post("/mail-reports", content=raw, headers=wrong)).status_code == 401
    assert not await is_marked(quiet, ada)
    right = {"authorization": f"Bearer {SECRET}"}
    assert (await http.post("/mail-reports", content=raw, headers=right)).json() == {"outcome": "marked"}
    assert (await http.post("/mail-reports", content=raw, headers=right)).json() == {"outcome": "known"}
    assert (await http.post("/mail-reports", content=b"hello", headers=right)).status_code == 422


async def test_without_a_secret_there_is_nothing_to_post_to(client_of: ClientOf) -> None:
    app = await client_of("notify")
    assert (await app.http.post("/mail-reports", content=b"x")).status_code == 404
    with pytest.raises(NoReport):
        await app.at.own.inspector.take(b"x")


async def test_a_marked_address_gets_codes_only_and_says_so_in_the_delivery(
    client_of: ClientOf, kafka: Kafka, mail_server: MailServer
) -> None:
    smtp = f"smtp://127.0.0.1:{mail_server.port}"
    elsewhere = Elsewhere(await client_of("notify", role="all", smtp=smtp, bounce_address=BOUNCES))
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    mail_server.answer = "550 5.1.1 no such mailbox"
    await elsewhere.happens(identity.PasswordChanged(account_id=ada.id, changed_at=datetime.now(UTC)))
    await until(lambda: is_marked(elsewhere, ada), what="the mark")
    mail_server.answer = "250 OK"
    await elsewhere.happens(identity.PasswordChanged(account_id=ada.id, changed_at=datetime.now(UTC)))
    await elsewhere.happens(identity.PasswordChanged(account_id=bram.id, changed_at=datetime.now(UTC)))
    await elsewhere.code_for(ada)
    await until(lambda: len(mail_server.mails) == 2, what="a code and Bram's mail")
    await until(lambda: _states(elsewhere, ada, ["failed", "sent", "undeliverable-address"]), what="all to have ended")
    assert sorted(mail_server.recipients) == sorted([ada.email, bram.email])
    assert all(sender.startswith("bounces+") for sender in mail_server.senders)
    assert len(set(mail_server.senders)) == 2
    async with at(elsewhere).database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM dead_letter") == 0


def add(box: mailbox.Mailbox[Any], names: Sequence[str], someone: Someone, message_id: str) -> None:
    for name in names:
        box.add(report(name, email=someone.email, message_id=message_id))
    box.flush()


def _die(held: object) -> None:
    raise RuntimeError("killed")


async def _states(elsewhere: Elsewhere, someone: Someone, wanted: list[str]) -> bool:
    async with at(elsewhere).database.acquire() as db:
        rows = await db.fetch("SELECT state FROM delivery WHERE account_id = $1", someone.id)
    return sorted(row["state"] for row in rows) == wanted
