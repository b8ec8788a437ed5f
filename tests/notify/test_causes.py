"""A mail says what it was that happened; and nobody is mailed all day by people who can cause it at will."""

import pytest

from services.notify.digests.rules import DIGEST
from services.notify.mails.handlers import QUIET_AFTER
from shared.events.organisation import EmployeeRemoved
from shared.events.recognition import LAPSE_CAUSES, RecognitionLapsed
from tests.notify.scenes import Elsewhere, Someone, added


async def told(elsewhere: Elsewhere, someone: Someone) -> list[str]:
    async with elsewhere.app.at.database.acquire() as db:
        rows = await db.fetch(
            "SELECT kind FROM delivery WHERE account_id = $1 AND kind <> $2 ORDER BY delivery_id", someone.id, DIGEST
        )
    return [row["kind"] for row in rows]


@pytest.mark.parametrize("cause", LAPSE_CAUSES)
async def test_a_lapsed_recognition_blames_whoever_it_was(elsewhere: Elsewhere, cause: str) -> None:
    ada = await elsewhere.someone()
    await elsewhere.happens(RecognitionLapsed(account_id=ada.id, kind="ipi", source="ipi", cause=cause))
    assert await told(elsewhere, ada) == ["recognition-lapsed" if cause == "withdrawn" else f"recognition-{cause}"]


async def test_a_cause_that_is_not_known_yet_is_told_all_the_same(elsewhere: Elsewhere) -> None:
    ada = await elsewhere.someone()
    await elsewhere.happens(RecognitionLapsed(account_id=ada.id, kind="ipi", source="ipi", cause="something-new"))
    assert await told(elsewhere, ada) == ["recognition-lapsed"]


async def test_who_was_in_an_organisation_that_closed_hears_that_and_who_closed_it_knows(elsewhere: Elsewhere) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    organisation_id = await elsewhere.organisation([ada])
    for someone, by in ((bram, ada.id), (ada, ada.id)):
        gone = EmployeeRemoved(organisation_id=organisation_id, account_id=someone.id, removed_by=by)
        await elsewhere.happens(gone.model_copy(update={"reason": "organisation-closed"}))
    assert await told(elsewhere, bram) == ["organisation-closed"]
    assert await told(elsewhere, ada) == []


async def test_support_that_closes_it_tells_the_last_member_that_it_is_closed(elsewhere: Elsewhere) -> None:
    ada, support = await elsewhere.someone("Ada"), await elsewhere.someone("Sam")
    organisation_id = await elsewhere.organisation([ada])
    gone = EmployeeRemoved(
        organisation_id=organisation_id, account_id=ada.id, removed_by=support.id, reason="organisation-closed"
    )
    await elsewhere.happens(gone)
    assert await told(elsewhere, ada) == ["organisation-closed"]


async def test_who_is_added_and_removed_all_day_is_left_in_peace(elsewhere: Elsewhere) -> None:
    ada, bram = await elsewhere.someone("Ada"), await elsewhere.someone("Bram")
    first, second = await elsewhere.organisation([ada], "First"), await elsewhere.organisation([ada], "Second")
    for _ in range(QUIET_AFTER):
        await elsewhere.happens(
            added(first, bram, by=ada), EmployeeRemoved(organisation_id=first, account_id=bram.id, removed_by=ada.id)
        )
    assert len(await told(elsewhere, bram)) == QUIET_AFTER
    await elsewhere.happens(added(second, bram, by=ada))
    assert len(await told(elsewhere, bram)) == QUIET_AFTER + 1, "another organisation is heard"
    async with elsewhere.app.at.database.acquire() as db:
        await db.execute("UPDATE delivery SET created_at = created_at - interval '25 hours'")
    await elsewhere.happens(added(first, bram, by=ada))
    assert len(await told(elsewhere, bram)) == QUIET_AFTER + 2, "and so is the next day"
