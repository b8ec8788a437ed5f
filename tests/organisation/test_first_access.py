"""O7, O13: an invitation carries what whoever accepts may use at once; and one that was refused goes to another address."""

from datetime import UTC, datetime
from typing import Any

from shared.events.notify import InvitationMailRefused
from tests.organisation.inviting import Inviting
from tests.organisation.scenes import Someone, usage_mode

BRAM = "bram@new.example"
FREE = usage_mode("agent", "", "")


async def office(inviting: Inviting) -> tuple[Someone, str, str]:
    """A manager, their organisation, and what it has registered."""
    ada = inviting.someone()
    organisation_id = await inviting.scene.organisation(ada)
    await inviting.scene.tool(FREE)
    return ada, organisation_id, await inviting.scene.register(organisation_id, ada)


def wish(registration_id: str, role: str = "admin") -> dict[str, Any]:
    return {"access": [{"registration_id": registration_id, "role": role}]}


def path(organisation_id: str, invitation_id: str = "", action: str = "") -> str:
    one = f"/{invitation_id}" if invitation_id else ""
    return f"/api/organisations/{organisation_id}/invitations{one}{action}"


async def test_whoever_accepts_can_start_at_once_what_they_were_invited_to(inviting: Inviting) -> None:
    ada, organisation_id, registration_id = await office(inviting)
    bram = inviting.someone(BRAM)
    token = await inviting.mailed(organisation_id, ada, BRAM, **wish(registration_id))
    (listed,) = (await ada.get(path(organisation_id)))["invitations"]
    (shown,) = listed["access"]
    assert (shown["tool_name"], shown["role_name"]) == ("CadastreFinder (en)", "admin (en)")
    offer = await bram.post("/api/invitations/look-up", {"token": token}, expect=200)
    assert offer["tools"] == ["CadastreFinder (en)"]
    before = len(await inviting.scene.published())
    await inviting.accept(bram, token)
    happened = (await inviting.scene.published())[before:]
    assert [event["type"] for event in happened] == ["InvitationEnded", "EmployeeAdded", "AccessGranted"]
    assert (happened[-1]["role"], happened[-1]["granted_by"]) == ("admin", str(ada.id))
    assert (await inviting.scene.may_start(bram, organisation_id, role="admin"))["allowed"]
    history = await ada.get(f"/api/organisations/{organisation_id}/history", action="change-access")
    assert history["entries"][0]["actor"]["account_id"] == str(ada.id)


async def test_what_ended_meanwhile_is_left_out_and_the_rest_is_given(inviting: Inviting) -> None:
    ada, organisation_id, registration_id = await office(inviting)
    await inviting.scene.tool(FREE, tool_id="romi")
    other = await inviting.scene.register(organisation_id, ada, "romi")
    bram = inviting.someone(BRAM)
    access = [*wish(registration_id)["access"], *wish(other, "user")["access"]]
    token = await inviting.mailed(organisation_id, ada, BRAM, access=access)
    await ada.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
    assert [one["registration_id"] for one in (await ada.get(path(organisation_id)))["invitations"][0]["access"]] == [
        other
    ]
    await inviting.accept(bram, token)
    assert not (await inviting.scene.may_start(bram, organisation_id, role="admin"))["allowed"]
    assert (await inviting.scene.may_start(bram, organisation_id, tool_id="romi"))["allowed"]


async def test_a_role_that_the_tool_no_longer_has_does_not_keep_anybody_out(inviting: Inviting) -> None:
    ada, organisation_id, registration_id = await office(inviting)
    bram = inviting.someone(BRAM)
    token = await inviting.mailed(organisation_id, ada, BRAM, **wish(registration_id))
    await inviting.run("DELETE FROM access WHERE role = 'admin'")
    await inviting.scene.tool(usage_mode("agent", "", "", "user"))
    assert (await ada.get(path(organisation_id)))["invitations"][0]["access"] == []
    await inviting.accept(bram, token)
    assert (await bram.get(f"/api/organisations/{organisation_id}"))["id"] == organisation_id


async def test_only_what_the_organisation_has_can_be_promised(inviting: Inviting) -> None:
    ada, organisation_id, registration_id = await office(inviting)
    eve = inviting.someone()
    elsewhere = await inviting.scene.organisation(eve)
    body = {"email": BRAM, "type": "employee"}
    problem = await eve.post(path(elsewhere), {**body, **wish(registration_id)}, expect=404)
    assert problem["code"] == "registration-not-found"
    problem = await ada.post(path(organisation_id), {**body, **wish(registration_id, "emperor")}, expect=404)
    assert problem["code"] == "role-not-found"
    assert await inviting.states() == []


async def test_a_mail_that_was_refused_shows_until_another_is_sent(inviting: Inviting) -> None:
    ada, organisation_id, _ = await office(inviting)
    invitation_id = await inviting.invite(organisation_id, ada, BRAM)
    await inviting.token()

    async def refused_at() -> Any:
        return (await ada.get(path(organisation_id, invitation_id)))["refused_at"]

    async def is_refused(mail: int) -> None:
        facts = {"invitation_id": invitation_id, "organisation_id": organisation_id, "version": mail}
        event = {**facts, "reason": "smtp-550", "refused_at": datetime.now(UTC)}
        await inviting.scene.hear(InvitationMailRefused.model_validate(event))

    assert await refused_at() is None
    await is_refused(1)
    assert await refused_at() is not None
    await inviting.run("UPDATE invitation SET asked_at = asked_at - interval '2 minutes'")
    await ada.post(path(organisation_id, invitation_id, "/send"), expect=200)
    assert await refused_at() is None
    await is_refused(1)
    assert await refused_at() is None, "news of an earlier mail"


async def test_a_corrected_address_gets_the_same_invitation_and_the_other_ends(inviting: Inviting) -> None:
    ada, organisation_id, registration_id = await office(inviting)
    bram = inviting.someone(BRAM)
    wrong = await inviting.invite(organisation_id, ada, "bran@new.example", manager=True, **wish(registration_id))
    old = await inviting.token()
    answer = await ada.post(path(organisation_id, wrong, "/address"), {"email": BRAM}, expect=201)
    assert await inviting.states() == ["withdrawn", "open"]
    right = await ada.get(path(organisation_id, answer["invitation_id"]))
    assert (right["email"], right["manager"], right["language"]) == (BRAM, True, "nl")
    assert [one["role"] for one in right["access"]] == ["admin"]
    await inviting.accept(bram, await inviting.token())
    assert (await inviting.look_up(old))["state"] == "withdrawn"
    assert (await inviting.scene.may_start(bram, organisation_id, role="admin"))["allowed"]
    await ada.post(path(organisation_id, wrong, "/address"), {"email": "x@new.example"}, expect=409)
    member = await inviting.scene.employee(organisation_id, ada)
    await member.post(path(organisation_id, wrong, "/address"), {"email": "x@new.example"}, expect=403)
