"""Two accounts of one person become one in identity: what opens nothing any more, what goes over, and what is refused."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.identity.accounts.handlers import get_account
from services.identity.accounts.merging import merge
from services.identity.accounts.problems import AccountNotFound, AccountsUnmergeable, EidsOfDifferentPeople
from services.identity.erasure.store import destroy_data_key
from shared.events.identity import AccountCreated, AccountsMerged, ProfileChanged
from shared.ids import new_id
from tests.identity.old_accounts import OLD_PASSWORD, Desk, line
from tests.identity.world import Someone, World


async def merged(world: World, into: Any, gone: Any) -> None:
    async with world.app.at.database.transaction() as db:
        await merge(
            db,
            into=into,
            merged=gone,
            master=world.app.at.own.master,
            now=datetime.now(UTC),
            actor="account:support",
            reason="called us",
        )


async def with_card(world: World, person: Someone, last_name: str = "Peeters") -> None:
    await world.run(
        """
        INSERT INTO eid_link (account_id, number_hash, hash_key_id, certificate_sha256, linked_at, renewed_at)
        VALUES ($1, $2, 'k', 'c', now(), now())
        """,
        person.account_id,
        new_id().bytes,
    )
    await world.run("UPDATE account SET last_name = $2 WHERE id = $1", person.account_id, last_name)


async def test_the_merged_account_opens_nothing_any_more_and_its_name_is_free(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await merged(world, into.account_id, gone.account_id)
    assert (await gone.refresh()).json()["code"] == "session-ended"
    assert (await gone.sign_in()).json()["code"] == "credentials-wrong"
    assert (await into.refresh()).status_code == 200
    (event,) = await world.events(AccountsMerged)
    assert (event.account_id, event.merged_account_id) == (into.account_id, gone.account_id)
    await world.someone(username=gone.form["username"], email=gone.form["email"])


async def test_it_stands_in_the_audit_log_with_who_and_why(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await merged(world, into.account_id, gone.account_id)
    found = await world.run(
        """
        SELECT actor || ' ' || p.reason || ' ' || (details->>'merged_account_id')
        FROM audit_log AS l JOIN audit_private AS p ON p.audit_id = l.id WHERE action = 'accounts-merged'
        """
    )
    assert found == f"account:support called us {gone.account_id}"


async def test_card_and_names_on_it_go_over(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await with_card(world, gone)
    await merged(world, into.account_id, gone.account_id)
    async with world.app.at.database.acquire() as db:
        account = await get_account(db, into.account_id)
    assert (account.is_eid_linked, account.last_name) == (True, "Peeters")
    changed = (await world.events(ProfileChanged))[-1]
    assert await world.unseal(changed.last_name, "last_name") == "Peeters"


async def test_old_accounts_go_over_with_what_they_were_called(world: World) -> None:
    desk, into, gone = Desk(world), await world.someone(), await world.someone()
    await desk.import_lines(line(1))
    await gone.api("POST", "/api/old-accounts", json={"identifier": "lien.claes1", "password": OLD_PASSWORD})
    await merged(world, into.account_id, gone.account_id)
    answer = await into.api("GET", "/api/old-accounts")
    assert [one["username"] for one in answer.json()["old_accounts"]] == ["lien.claes1"]


async def test_what_was_sealed_for_the_merged_account_stays_readable_until_the_person_is_erased(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    created = next(event for event in await world.events(AccountCreated) if event.account_id == gone.account_id)
    await merged(world, into.account_id, gone.account_id)
    assert await world.unseal(created.email, "email") == gone.form["email"]
    async with world.app.at.database.transaction() as db:
        await destroy_data_key(db, into.account_id, now=datetime.now(UTC))
    world.app.at.keyring.forget(gone.account_id)
    assert await world.unseal(created.email, "email") is None


async def test_cards_of_two_people_are_never_merged(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await with_card(world, into)
    await with_card(world, gone)
    with pytest.raises(EidsOfDifferentPeople):
        await merged(world, into.account_id, gone.account_id)


async def test_an_account_with_itself_a_pending_one_or_none_is_refused(world: World) -> None:
    person, pending = await world.someone(), await world.sign_up()
    for other, problem in (
        (person.account_id, AccountsUnmergeable),
        (pending.account_id, AccountsUnmergeable),
        (new_id(), AccountNotFound),
    ):
        with pytest.raises(problem):
            await merged(world, person.account_id, other)


async def test_each_into_the_other_at_once_leaves_one(world: World) -> None:
    one, other = await world.someone(), await world.someone()
    outcomes = await asyncio.gather(
        merged(world, one.account_id, other.account_id),
        merged(world, other.account_id, one.account_id),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [AccountNotFound]
    assert await world.run("SELECT count(*) FROM account") == 1


async def test_nobody_who_is_about_to_be_erased_is_merged(world: World) -> None:
    """Neither way: the wish would be forgotten, or two accounts would go where one was asked for."""
    leaving, other = await world.someone(), await world.someone()
    await world.run(
        "INSERT INTO erasure (account_id, state, requested_at, next_at) VALUES ($1, 'scheduled', now(), now())",
        leaving.account_id,
    )
    for into, gone in ((leaving, other), (other, leaving)):
        with pytest.raises(AccountsUnmergeable):
            await merged(world, into.account_id, gone.account_id)
    await world.run("UPDATE erasure SET state = 'requested'")
    await merged(world, other.account_id, leaving.account_id)


async def test_that_sessions_ended_by_a_merger_is_not_said_to_be_the_persons_doing(world: World) -> None:
    into, gone = await world.someone(), await world.someone()
    await merged(world, into.account_id, gone.account_id)
    assert await world.run("SELECT actor FROM audit_log WHERE action = 'other-sessions-ended'") == "account:support"
