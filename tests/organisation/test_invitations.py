"""O13: inviting by mail, accepting, declining; who may, how often, and what is left of it."""

from datetime import UTC, datetime, timedelta

import pytest

from services.organisation.invitations.rules import addressee_id
from shared.client import ServiceUnavailable
from shared.events.identity import AccountsMerged, ErasureStarted
from tests.organisation.inviting import Inviting
from tests.organisation.scenes import CONTACT

BRAM = "bram@new.example"


async def test_an_invitation_goes_out_sealed_and_its_token_is_kept_as_a_hash(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada, "Agence du Parc")
    invitation_id = await inviting.invite(organisation_id, ada, BRAM, manager=True)
    token = await inviting.token()
    (invited,) = await inviting.scene.published("EmployeeInvited")
    assert (invited["invitation_id"], invited["manager"], invited["invited_by"]) == (invitation_id, True, str(ada.id))
    (command,) = await inviting.scene.published("SendInvitation")
    assert (command["key"], command["language"], command["organisation_name"]) == (
        invitation_id,
        "nl",
        "Agence du Parc",
    )
    assert await inviting.opened(command, "email") == BRAM
    everything = str(await inviting.scene.published())
    assert BRAM not in everything
    assert token not in everything + str(await inviting.run("SELECT array_agg(i::text) FROM invitation i"))


async def test_nobody_is_asked_whether_the_address_has_an_account(inviting: Inviting) -> None:
    ada = inviting.someone()
    inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada)
    await inviting.mailed(organisation_id, ada, BRAM)
    await inviting.mailed(organisation_id, ada, "nobody@new.example")
    assert inviting.identity.asked == ["PUT /internal/data-keys"] * 2


async def test_whoever_has_the_address_accepts_and_belongs_there_at_once(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada, "Agence du Parc")
    await inviting.scene.is_called(ada, "Ada", "Weg")
    token = await inviting.mailed(organisation_id, ada, manager=True)
    offer = await bram.post("/api/invitations/look-up", {"token": token}, expect=200)
    assert (offer["organisation"]["name"], offer["invited_by_name"], offer["is_yours"]) == (
        "Agence du Parc",
        "Ada Weg",
        True,
    )
    before = len(await inviting.scene.published())
    assert (await inviting.accept(bram, token))["organisation_id"] == organisation_id
    ended, added = (await inviting.scene.published())[before:]
    assert (ended["type"], ended["outcome"], ended["account_id"]) == ("InvitationEnded", "accepted", str(bram.id))
    assert (added["type"], added["added_by"], added["manager"]) == ("EmployeeAdded", str(ada.id), True)
    assert added["version"] == ended["version"] + 1
    assert (await bram.get(f"/api/organisations/{organisation_id}"))["manager"]
    assert (await inviting.accept(bram, token, expect=409))["code"] == "invitation-over"
    await inviting.work()
    (command,) = await inviting.scene.published("SendInvitation")
    assert await inviting.opened(command, "token") is None


async def test_the_link_alone_lets_nobody_in(inviting: Inviting) -> None:
    ada, other = inviting.someone(), inviting.someone("other@new.example")
    organisation_id = await inviting.scene.organisation(ada)
    token = await inviting.mailed(organisation_id, ada)
    assert (await other.post("/api/invitations/look-up", {"token": token}, expect=200))["is_yours"] is False
    assert (await inviting.accept(other, token, expect=403))["code"] == "invitation-of-another-address"
    await inviting.accept(other, token[:-4] + "AAAA", expect=404)
    await other.get(f"/api/organisations/{organisation_id}", expect=404)
    pending = {**inviting.scene.mint.person(other.id, acr="pending")}
    answer = await other.http.post("/api/invitations/accept", json={"token": token}, headers=pending)
    assert answer.status_code == 403


async def test_only_the_link_in_the_last_mail_works_and_none_goes_out_twice_in_a_minute(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada)
    invitation_id = await inviting.invite(organisation_id, ada)
    first = await inviting.token()
    path = f"/api/organisations/{organisation_id}/invitations/{invitation_id}/send"
    problem = await ada.post(path, expect=429)
    assert problem["code"] == "invitation-sent-just-now"
    assert 0 < problem["params"]["retry_after_s"] <= 61
    await inviting.run("UPDATE invitation SET asked_at = asked_at - interval '2 minutes'")
    await ada.post(path, expect=200)
    second = await inviting.token()
    await inviting.look_up(first, expect=404)
    await inviting.accept(bram, second)
    assert [command["version"] for command in await inviting.scene.published("SendInvitation")] == [1, 2]
    await ada.post(path, expect=409)


async def test_an_outage_of_identity_delays_the_mail_and_sends_one(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    inviting.identity.is_away = True
    await inviting.invite(organisation_id, ada)
    with pytest.raises(ServiceUnavailable):
        await inviting.work()
    assert await inviting.scene.published("SendInvitation") == []
    inviting.identity.is_away = False
    await inviting.run("UPDATE job SET lease = NULL, leased_until = NULL")
    await inviting.token()
    await inviting.work()
    assert len(await inviting.scene.published("SendInvitation")) == 1


async def test_an_organisation_and_a_manager_have_so_many_mails_a_day(inviting: Inviting) -> None:
    ada = inviting.someone()
    first, second = await inviting.scene.organisation(ada), await inviting.scene.organisation(ada)
    colleague = await inviting.scene.employee(first, ada, manager=True)
    for number in range(3):
        await inviting.invite(first, ada, f"one{number}@new.example")
        if number < 2:
            await inviting.invite(second, ada, f"one{number}@new.example")
    path, body = "/api/organisations/{}/invitations", {"email": "more@new.example", "type": "employee"}
    problem = await ada.post(path.format(second), body, expect=429)
    assert (problem["code"], problem["params"]["mails_per_day"]) == ("too-many-invitations", 5)
    await colleague.post(path.format(first), body)
    await colleague.post(path.format(first), {**body, "email": "last@new.example"})
    assert (await colleague.post(path.format(first), {**body, "email": "x@new.example"}, expect=429))["params"]
    assert len(await inviting.states()) == 7


async def test_one_address_has_so_many_mails_a_day_whoever_invites(inviting: Inviting) -> None:
    ada, eve = inviting.someone(), inviting.someone()
    first, second = await inviting.scene.organisation(ada), await inviting.scene.organisation(eve)
    invitation_id = await inviting.invite(first, ada, BRAM)
    await inviting.run("UPDATE invitation_allowance SET mails = 9 WHERE sender = $1", addressee_id(BRAM.upper()))
    await inviting.invite(second, eve, BRAM)
    await inviting.run("UPDATE invitation SET asked_at = asked_at - interval '2 minutes'")
    problem = await ada.post(f"/api/organisations/{first}/invitations/{invitation_id}/send", expect=429)
    assert problem["code"] == "too-many-invitations-there"
    await inviting.invite(first, ada, "other@new.example")


async def test_an_address_has_one_open_invitation_in_an_organisation(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id, elsewhere = await inviting.scene.organisation(ada), await inviting.scene.organisation(ada)
    await inviting.invite(organisation_id, ada, BRAM)
    path, body = f"/api/organisations/{organisation_id}/invitations", {"email": "BRAM@new.example", "type": "employee"}
    assert (await ada.post(path, body, expect=409))["code"] == "invitation-open"
    await inviting.invite(elsewhere, ada, BRAM)
    await inviting.run("UPDATE invitation SET expires_at = now() - interval '1 second'")
    await ada.post(path, body)
    assert await inviting.states() == ["expired", "open", "open"]


async def test_what_was_withdrawn_or_has_expired_cannot_be_accepted(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada)
    invitation_id = await inviting.invite(organisation_id, ada)
    token = await inviting.token()
    path = f"/api/organisations/{organisation_id}/invitations/{invitation_id}"
    await ada.post(f"{path}/withdraw", expect=204)
    assert (await ada.post(f"{path}/withdraw", expect=409))["params"] == {"state": "withdrawn"}
    assert (await inviting.accept(bram, token, expect=409))["params"] == {"state": "withdrawn"}
    late = await inviting.mailed(organisation_id, ada)
    await inviting.run("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE state = 'open'")
    assert (await inviting.look_up(late))["state"] == "expired"
    assert (await inviting.accept(bram, late, expect=409))["params"] == {"state": "expired"}
    await inviting.look_after()
    assert await inviting.states() == ["withdrawn", "expired"]
    assert [event["outcome"] for event in await inviting.scene.published("InvitationEnded")] == ["withdrawn", "expired"]


async def test_it_can_be_declined_by_who_has_the_link(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    token = await inviting.mailed(organisation_id, ada)
    await inviting.scene.peer("gateway").post("/internal/invitations/decline", {"token": token}, expect=204)
    (ended,) = await inviting.scene.published("InvitationEnded")
    assert (ended["outcome"], ended["account_id"], ended["invited_by"]) == ("declined", None, str(ada.id))
    await inviting.scene.peer("gateway").post("/internal/invitations/decline", {"token": token}, expect=409)


async def test_who_manages_no_more_vouches_for_nobody(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada)
    colleague = await inviting.scene.employee(organisation_id, ada, manager=True)
    token = await inviting.mailed(organisation_id, colleague)
    await inviting.invite(organisation_id, ada, "other@new.example")
    await ada.post(f"/api/organisations/{organisation_id}/employees/{colleague.id}/block", expect=204)
    assert (await inviting.accept(bram, token, expect=409))["params"] == {"state": "withdrawn"}
    assert await inviting.states() == ["withdrawn", "open"]
    await inviting.run("UPDATE invitation SET invited_by = $1 WHERE state = 'open'", colleague.id)
    await inviting.look_after()
    assert await inviting.states() == ["withdrawn", "withdrawn"]


async def test_a_closed_organisation_invites_nobody(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    token = await inviting.mailed(await inviting.scene.organisation(ada), ada)
    await inviting.scene.hear(ErasureStarted(account_id=ada.id, version=9, started_at=datetime.now(UTC)))
    assert await inviting.states() == ["withdrawn"]
    await inviting.accept(bram, token, expect=409)


async def test_an_invitation_meets_what_the_person_is_there_already(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    asked, active, blocked = (inviting.someone(f"{name}@new.example") for name in ("asked", "active", "blocked"))
    tokens = [
        await inviting.mailed(organisation_id, ada, f"{name}@new.example") for name in ("asked", "active", "blocked")
    ]
    await asked.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    for person in (active, blocked):
        await inviting.scene.employee(organisation_id, ada, person=person)
    await ada.post(f"/api/organisations/{organisation_id}/employees/{blocked.id}/block", expect=204)
    await inviting.accept(asked, tokens[0])
    await inviting.accept(active, tokens[1])
    assert (await inviting.accept(blocked, tokens[2], expect=403))["code"] == "membership-blocked"
    assert await inviting.states() == ["accepted", "obsolete", "open"]
    await asked.get(f"/api/organisations/{organisation_id}")


async def test_only_managers_invite_and_see_whom(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    member = await inviting.scene.employee(organisation_id, ada)
    invitation_id = await inviting.invite(organisation_id, ada)
    path = f"/api/organisations/{organisation_id}/invitations"
    for person, status in ((member, 403), (inviting.someone(), 404)):
        await person.get(path, expect=status)
        await person.post(path, {"email": "x@new.example", "type": "employee"}, expect=status)
        for action in ("send", "withdraw"):
            await person.post(f"{path}/{invitation_id}/{action}", expect=status)
    elsewhere = await inviting.scene.organisation(ada)
    foreign = f"/api/organisations/{elsewhere}/invitations/{invitation_id}"
    await ada.get(foreign, expect=404)
    await ada.post(f"{foreign}/withdraw", expect=404)


async def test_managers_see_all_invitations_page_by_page(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    for number in range(3):
        await inviting.invite(organisation_id, ada, f"nr{number}@new.example")
    path = f"/api/organisations/{organisation_id}/invitations"
    first = await ada.get(path, limit=2)
    assert [one["email"] for one in first["invitations"]] == ["nr2@new.example", "nr1@new.example"]
    rest = await ada.get(path, limit=2, after=first["next"])
    assert ([one["email"] for one in rest["invitations"]], rest["next"]) == (["nr0@new.example"], None)
    await ada.post(f"{path}/{rest['invitations'][0]['id']}/withdraw", expect=204)
    assert len((await ada.get(path, open=True))["invitations"]) == 2


async def test_an_address_is_forgotten_some_time_after_the_end(inviting: Inviting) -> None:
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    for email in ("old@new.example", "recent@new.example"):
        invitation_id = await inviting.invite(organisation_id, ada, email)
        await ada.post(f"/api/organisations/{organisation_id}/invitations/{invitation_id}/withdraw", expect=204)
    await inviting.run("UPDATE invitation SET ended_at = $1 WHERE email LIKE 'old%'", datetime.now(UTC) - timedelta(31))
    await inviting.look_after()
    assert await inviting.run("SELECT array_agg(email) FROM invitation") == ["recent@new.example"]


async def test_what_one_accepted_is_ones_own_to_read_and_goes_with_the_account(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada, "Agence du Parc")
    await inviting.invite(organisation_id, ada, "other@new.example")
    await inviting.accept(bram, await inviting.mailed(organisation_id, ada))
    found = await inviting.scene.peer("gateway").get(f"/internal/export/{bram.id}")
    assert [(one["organisation"], one["email"]) for one in found["invitations"]] == [("Agence du Parc", BRAM)]
    assert "other@new.example" not in str(await inviting.scene.peer("gateway").get(f"/internal/export/{ada.id}"))
    await inviting.scene.hear(ErasureStarted(account_id=bram.id, version=9, started_at=datetime.now(UTC)))
    assert await inviting.run("SELECT array_agg(email) FROM invitation") == ["other@new.example"]


async def test_what_one_account_offered_stands_when_it_becomes_part_of_another(inviting: Inviting) -> None:
    ada, bram = inviting.someone(), inviting.someone(BRAM)
    organisation_id = await inviting.scene.organisation(ada)
    token = await inviting.mailed(organisation_id, ada)
    into = inviting.someone()
    await inviting.scene.hear(AccountsMerged(account_id=into.id, version=5, merged_account_id=ada.id))
    await inviting.accept(bram, token)
    assert (await inviting.scene.published("EmployeeAdded"))[-1]["added_by"] == str(into.id)
