"""Who signs in where, and by what: the person is told."""

from datetime import UTC, datetime

from shared.events import identity
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, MailServer
from tests.support.events import until


async def test_new_devices_and_second_factors_are_told(elsewhere: Elsewhere, mail_server: MailServer) -> None:
    ada, now = await elsewhere.someone(), datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    for browser, system in (("Firefox", "Windows"), ("", "Linux")):
        await elsewhere.happens(
            identity.NewDeviceSignedIn(
                account_id=ada.id, session_id=new_id(), browser=browser, system=system, signed_in_at=now
            )
        )
    for kind in ("passkey", "totp"):
        await elsewhere.happens(
            identity.SecondFactorAdded(account_id=ada.id, kind=kind, added_at=now),
            identity.SecondFactorRemoved(account_id=ada.id, kind=kind, remaining=0, removed_at=now),
        )
    await elsewhere.happens(
        identity.RecoveryCodesMade(account_id=ada.id, made_at=now),
        identity.RecoveryCodeUsed(account_id=ada.id, codes_left=2, used_at=now),
    )

    async def all_sent() -> bool:
        return len(mail_server.mails) == 8

    await until(all_sent, what="eight mails")
    told = mail_server.subjects_to(ada.email)
    assert "Somebody signed in on an unknown device" in told
    assert "A recovery code of yours was used" in told
    texts = [mail.get_body(("plain",)).get_content() for mail in mail_server.mails]  # pyright: ignore[reportOptionalMemberAccess]
    assert any("with Firefox, under Windows" in text and "/devices" in text for text in texts)
    assert any("Codes that are left: 2." in text for text in texts)
