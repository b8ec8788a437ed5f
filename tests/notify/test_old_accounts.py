"""What people are told when an old account is attached, and when two accounts become one."""

from datetime import UTC, datetime

from shared.events import identity
from tests.notify.scenes import Elsewhere, MailServer
from tests.support.events import until


async def test_the_owner_is_told_and_the_merged_accounts_address_is_forgotten(
    elsewhere: Elsewhere, mail_server: MailServer
) -> None:
    ada, other = await elsewhere.someone("Ada"), await elsewhere.someone("Ada")
    attached = identity.LegacyAccountAttached(
        account_id=ada.id, version=5, legacy_tool_id="immo-2000", attached_at=datetime.now(UTC)
    )
    await elsewhere.happens(attached, identity.AccountsMerged(account_id=ada.id, version=6, merged_account_id=other.id))

    async def told() -> bool:
        return len(mail_server.subjects_to(ada.email)) == 2

    await until(told, what="both mails")
    assert any("immo-2000" in subject for subject in mail_server.subjects_to(ada.email))
    assert mail_server.subjects_to(other.email) == []
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT email FROM recipient WHERE account_id = $1", other.id) == ""
