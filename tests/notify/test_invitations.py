"""The mail that invites somebody who may have no account, and what the manager hears of the answer."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.events.notify import SendInvitation
from shared.events.organisation import InvitationEnded
from shared.ids import new_id
from shared.kafka import Kafka
from tests.notify.scenes import Elsewhere, MailServer, Someone
from tests.support.events import read_topic, until
from tests.support.mint import DataKeys

TOKEN = "b3Blbi1zZXNhbWUtb3Blbi1zZXNhbWU"


async def invited(elsewhere: Elsewhere, manager: Someone, email: str = "bram@new.example") -> SendInvitation:
    invitation_id, organisation_id = new_id(), await elsewhere.organisation([manager])
    seal = await elsewhere.sealer(invitation_id)
    return SendInvitation(
        invitation_id=invitation_id,
        organisation_id=organisation_id,
        organisation_name="Lindeman Vastgoed",
        invited_by=manager.id,
        email=seal("email", email),
        token=seal("token", TOKEN),
        language="nl",
        expires_at=datetime.now(UTC) + timedelta(days=14),
    )


async def state_of(elsewhere: Elsewhere, command: SendInvitation) -> tuple[object, ...]:
    async with elsewhere.app.at.database.acquire() as db:
        row = await db.fetchrow(
            "SELECT state, sealed_email, sealed_code FROM delivery WHERE account_id = $1", command.invitation_id
        )
    return tuple(row) if row else ()


async def test_an_invitation_goes_to_its_address_in_its_language_and_leaves_neither_behind(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    command = await invited(elsewhere, await elsewhere.someone("Ada", "Lindeman"))
    await elsewhere.happens(command)
    await until(lambda: _is(elsewhere, command, "sent"), what="the mail")
    (mail,) = mail_server.mails
    assert (mail["To"], mail["Subject"]) == ("bram@new.example", "Lindeman Vastgoed nodigt u uit op Immo-Connect")
    text = mail.get_body(("plain",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    assert "Ada Lindeman" in text
    assert f"/invitations/{TOKEN}" in text
    assert "/notifications" not in text
    assert await state_of(elsewhere, command) == ("sent", None, None)
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'notify.events'") == 0


async def test_an_invitation_that_ended_takes_its_mail_along(
    elsewhere: Elsewhere, mail_server: MailServer, data_keys: DataKeys
) -> None:
    command = await invited(elsewhere, await elsewhere.someone())
    mail_server.answer = "451 later"
    await elsewhere.happens(command)
    data_keys.erase(command.invitation_id)
    elsewhere.app.at.keyring.forget(command.invitation_id)
    mail_server.answer = "250 OK"
    await until(lambda: _is(elsewhere, command, "expired", "sent"), what="the end of the delivery")
    assert await state_of(elsewhere, command) == ("expired", None, None)
    assert mail_server.mails == []


async def test_an_invitation_that_is_refused_for_good_comes_back_to_who_invited(
    elsewhere: Elsewhere, mail_server: MailServer, kafka: Kafka
) -> None:
    ada = await elsewhere.someone("Ada", "Lindeman")
    command = await invited(elsewhere, ada)
    mail_server.answer = "550 no such user"
    await elsewhere.happens(command)
    await until(lambda: _is(elsewhere, command, "failed"), what="the refusal")
    async with elsewhere.app.at.database.acquire() as db:
        told = await db.fetchval("SELECT account_id FROM delivery WHERE kind = 'invitation-refused'")
    await until(lambda: _refusals(kafka), what="the event")
    (refused,) = await _refusals(kafka)
    assert told == ada.id
    assert (refused["invitation_id"], refused["version"], refused["reason"]) == (
        str(command.invitation_id),
        elsewhere.versions[command.key],
        "smtp-550",
    )
    assert "bram@new.example" not in str(refused)


async def test_an_address_that_is_none_comes_back_too(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    command = await invited(elsewhere, await elsewhere.someone(), "bram@new.example, all@new.example")
    await elsewhere.happens(command)
    await until(lambda: _is(elsewhere, command, "failed"), what="the refusal")
    assert mail_server.mails == []


async def test_who_invited_hears_the_answer(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram", "Wouters")
    organisation_id = await elsewhere.organisation([ada])
    for outcome in ("accepted", "declined", "expired", "withdrawn"):
        await elsewhere.happens(
            InvitationEnded(
                organisation_id=organisation_id,
                invitation_id=new_id(),
                outcome=outcome,
                account_id=bram.id if outcome == "accepted" else None,
                invited_by=ada.id,
            )
        )
    await until(lambda: _has_mails(mail_server, 2), what="two mails")
    assert sorted(mail_server.subjects_to(ada.email)) == [
        "Bram Wouters accepted your invitation",
        "Your invitation to Lindeman Vastgoed was declined",
    ]


async def _is(elsewhere: Elsewhere, command: SendInvitation, *states: str) -> bool:
    return (await state_of(elsewhere, command))[:1] in [(state,) for state in states]


async def _refusals(kafka: Kafka) -> list[dict[str, Any]]:
    return [
        json.loads(message.payload)
        for message in await read_topic(kafka, "notify.events")
        if message.headers["ce_type"] == "immoconnect.notify.InvitationMailRefused.v1"
    ]


async def _has_mails(mail_server: MailServer, count: int) -> bool:
    return len(mail_server.mails) >= count
