"""What is chosen, gathered or lost before it leaves: with a real database and a mail server."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notify.digests.rules import DIGEST
from services.notify.preferences.handlers import choose
from shared.events import identity, organisation, wallet
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, MailServer, Someone, added, requested
from tests.support.events import until

REQUESTS = 50


async def fetch(elsewhere: Elsewhere, query: str, *arguments: Any) -> list[Any]:
    async with elsewhere.app.at.database.acquire() as db:
        return await db.fetch(query, *arguments)


async def chosen(elsewhere: Elsewhere, someone: Someone, choice: str, *topics: str, about: UUID | None = None) -> None:
    async with elsewhere.app.at.database.transaction() as db:
        await choose(db, someone.id, about, dict.fromkeys(topics, choice))  # type: ignore[arg-type]


async def settled(elsewhere: Elsewhere, someone: Someone, expected: dict[str, int]) -> None:
    """Until the deliveries to this person are in these states. Digests are counted apart."""

    async def are_so() -> bool:
        rows = await fetch(
            elsewhere,
            "SELECT CASE kind WHEN $2 THEN 'digest ' ELSE '' END || state AS state, count(*) AS count "
            "FROM delivery WHERE account_id = $1 GROUP BY 1",
            someone.id,
            DIGEST,
        )
        return {row["state"]: row["count"] for row in rows} == expected

    await until(are_so, what=str(expected), within_s=60)


async def time_passes(elsewhere: Elsewhere, someone: Someone) -> None:
    """The digest of this person is due."""
    await fetch(elsewhere, "UPDATE delivery SET run_at = now() WHERE account_id = $1 AND kind = $2", someone.id, DIGEST)


async def ask_to_join(elsewhere: Elsewhere, organisation_ids: Sequence[UUID], count: int) -> None:
    bram = await elsewhere.someone("Bram", "Wouters")
    for at in range(count):
        await elsewhere.happens(requested(organisation_ids[at % len(organisation_ids)], bram))


def text_of(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


async def test_fifty_requests_in_ten_organisations_are_two_mails_without_a_choice(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada", language="de")
    organisations = [await elsewhere.organisation([ada], f"Büro {at}") for at in range(10)]
    await ask_to_join(elsewhere, organisations, REQUESTS)
    await settled(elsewhere, ada, {"sent": 1, "gathered": REQUESTS - 1, "digest waiting": 1})
    await time_passes(elsewhere, ada)
    await settled(elsewhere, ada, {"sent": REQUESTS, "digest sent": 1})
    _, digest = mail_server.mails
    text = text_of(digest)
    assert f"{REQUESTS - 1}" in str(digest["Subject"])
    assert all(f"Büro {at}" in text for at in range(10))
    assert text.count("/confirm") == REQUESTS - 1
    assert "Wouters" in text


async def test_who_chose_a_digest_gets_one_mail_and_sees_everything_on_the_site_at_once(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada", language="nl")
    organisations = [await elsewhere.organisation([ada], f"Kantoor {at}") for at in range(2)]
    await chosen(elsewhere, ada, "daily", "colleagues")
    await ask_to_join(elsewhere, organisations, 4)
    await settled(elsewhere, ada, {"gathered": 4, "digest waiting": 1})
    [digest] = await fetch(elsewhere, "SELECT run_at FROM delivery WHERE kind = $1", DIGEST)
    assert digest["run_at"] > datetime.now(UTC)
    assert mail_server.mails == []
    await time_passes(elsewhere, ada)
    await settled(elsewhere, ada, {"sent": 4, "digest sent": 1})
    assert len(mail_server.mails) == 1
    assert mail_server.mails[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_what_is_only_for_the_site_is_never_mailed_and_a_choice_for_one_organisation_counts_there(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada")
    quiet, loud = await elsewhere.organisation([ada], "Quiet"), await elsewhere.organisation([ada], "Loud")
    await chosen(elsewhere, ada, "site", "colleagues", about=quiet)
    await ask_to_join(elsewhere, [quiet, loud], 2)
    await settled(elsewhere, ada, {"on-site": 1, "sent": 1})
    assert [str(mail["Subject"]) for mail in mail_server.mails] == ["Bram Wouters asks to join Loud"]


async def test_security_and_codes_come_at_once_whatever_was_chosen(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada = await elsewhere.someone("Ada")
    changed = identity.PasswordChanged(account_id=ada.id, changed_at=datetime.now(UTC), reason="reset")
    for code in ("K7M2PX", "P4Q8RS", "T2V6WX"):
        await elsewhere.code_for(ada, code, ttl=timedelta(minutes=15 + len(mail_server.mails)))
        await elsewhere.happens(changed)
    await until(lambda: len(mail_server.mails) == 6, what="six mails", within_s=60)
    assert await fetch(elsewhere, "SELECT FROM delivery WHERE kind = $1 OR state = 'gathered'", DIGEST) == []


@pytest.mark.parametrize("is_gathered", [False, True])
async def test_who_stopped_being_a_manager_before_it_left_gets_nothing(
    elsewhere: Elsewhere, mail_server: MailServer, is_gathered: bool
) -> None:
    ada, bea = await elsewhere.someone("Ada"), await elsewhere.someone("Bea")
    organisation_id = await elsewhere.organisation([ada, bea])
    if is_gathered:
        await chosen(elsewhere, bea, "hourly", "colleagues")
    else:
        await mail_server.stop()
    await ask_to_join(elsewhere, [organisation_id], 1)
    dismissed = organisation.ManagerDismissed(
        organisation_id=organisation_id, account_id=bea.id, dismissed_by=bea.id, stays=True
    )
    if is_gathered:
        await settled(elsewhere, bea, {"sent": 1, "gathered": 1, "digest waiting": 1})
    await elsewhere.happens(dismissed)
    if is_gathered:
        await time_passes(elsewhere, bea)
        await settled(elsewhere, bea, {"sent": 1, "withdrawn": 1, "digest withdrawn": 1})
    else:
        await mail_server.start()
        await settled(elsewhere, bea, {"sent": 1, "withdrawn": 1})
    assert mail_server.subjects_to(bea.email) == ["You were added to Lindeman Vastgoed"]
    await until(lambda: mail_server.subjects_to(ada.email), what="the mail to who still manages")


async def test_who_asked_for_it_hears_though_they_manage_nothing(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    await elsewhere.happens(
        wallet.WalletToppedUp(
            wallet_id=organisation_id,
            amount_cents=5000,
            balance_cents=5000,
            top_up_id=new_id(),
            requested_by=bram.id,
        )
    )
    await until(lambda: len(mail_server.mails) == 2, what="both mails", within_s=60)


async def test_a_digest_killed_half_way_is_sent_once(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    """The server took it and the answer was lost: the second copy has the same Message-ID, and what it is about ends once."""
    ada = await elsewhere.someone("Ada")
    organisation_id = await elsewhere.organisation([ada])
    await chosen(elsewhere, ada, "hourly", "colleagues")
    await ask_to_join(elsewhere, [organisation_id], 3)
    await settled(elsewhere, ada, {"gathered": 3, "digest waiting": 1})
    mail_server.dies_after_taking = 1
    await time_passes(elsewhere, ada)
    await until(lambda: mail_server.mails, what="the first copy", within_s=60)
    await ask_to_join(elsewhere, [organisation_id], 1)
    await settled(elsewhere, ada, {"sent": 3, "gathered": 1, "digest sent": 1, "digest waiting": 1})
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
    assert len({text_of(mail) for mail in mail_server.mails}) == 1, "what came meanwhile is in the next one"


async def test_many_at_the_same_time_have_one_first(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisations = [await elsewhere.organisation([ada], f"Office {at}") for at in range(8)]
    await asyncio.gather(*(elsewhere.happens(requested(one, bram)) for one in organisations))
    await settled(elsewhere, ada, {"sent": 1, "gathered": 7, "digest waiting": 1})


async def test_what_was_gathered_goes_with_who_is_erased(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada = await elsewhere.someone("Ada")
    organisation_id = await elsewhere.organisation([ada])
    await chosen(elsewhere, ada, "daily", "colleagues")
    await ask_to_join(elsewhere, [organisation_id], 2)
    await settled(elsewhere, ada, {"gathered": 2, "digest waiting": 1})
    await elsewhere.happens(identity.ErasureStarted(account_id=ada.id, version=90, started_at=datetime.now(UTC)))
    for table in ("delivery", "mail_preference", "mail_burst"):
        assert await fetch(elsewhere, f"SELECT FROM {table} WHERE account_id = $1", ada.id) == []


async def test_one_thing_alone_reads_as_a_mail_of_its_own(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bea = await elsewhere.someone("Ada"), await elsewhere.someone("Bea")
    organisation_id = await elsewhere.organisation([ada])
    await chosen(elsewhere, bea, "hourly", "membership")
    await elsewhere.happens(added(organisation_id, bea, by=ada))
    await settled(elsewhere, bea, {"gathered": 1, "digest waiting": 1})
    await time_passes(elsewhere, bea)
    await settled(elsewhere, bea, {"sent": 1, "digest sent": 1})
    assert mail_server.subjects_to(bea.email) == ["You were added to Lindeman Vastgoed"]
