"""A registration ends with all that hangs on it, and the tool may be registered afresh. And under whose recognition it stands."""

from datetime import UTC, datetime

from services.organisation.organisations.store import lock_organisations
from services.organisation.registrations.handlers import end_registration
from tests.organisation.scenes import Scene, Someone, usage_mode
from tests.organisation.test_access import office


async def busy(scene: Scene) -> tuple[str, str, Someone, Someone, Someone]:
    """Organisation, registration, its manager, an employee with access who manages the tool, and one who asks for it."""
    organisation_id, founder, registration_id, member = await office(scene)
    asking = await scene.employee(organisation_id, founder)
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}"
    changes = [{"account_id": str(member.id), "role": "user"}]
    managers = [{"account_id": str(member.id), "is_tool_manager": True}]
    await founder.put(f"{path}/access", {"changes": changes, "tool_managers": managers})
    await asking.post(f"{path}/requests", {"role": "user"}, expect=200)
    return organisation_id, registration_id, founder, member, asking


async def test_the_page_before_says_what_will_be_lost(scene: Scene) -> None:
    organisation_id, registration_id, founder, _, _ = await busy(scene)
    lost = await founder.get(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end")
    assert (lost["people"], lost["tool_managers"], lost["requests"]) == (2, 1, 1)


async def test_an_ended_registration_takes_everything_with_it(scene: Scene) -> None:
    organisation_id, registration_id, founder, member, asking = await busy(scene)
    before = len(await scene.published())
    await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
    happened = (await scene.published())[before:]
    assert [event["type"] for event in happened] == [
        "RoleRequestEnded",
        "ToolManagerDismissed",
        "AccessWithdrawn",
        "AccessWithdrawn",
        "RegistrationEnded",
    ]
    assert happened[0]["outcome"] == "obsolete"
    assert {event["account_id"] for event in happened[2:4]} == {str(founder.id), str(member.id)}
    assert {event["reason"] for event in happened[2:]} == {"registration-ended"}
    assert happened[-1]["ended_by"] == str(founder.id)
    for person in (founder, member, asking):
        assert (await scene.may_start(person, organisation_id))["reasons"] == ["not-registered"]
    await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=404)


async def test_what_it_was_stays_on_record(scene: Scene) -> None:
    organisation_id, registration_id, founder, _, _ = await busy(scene)
    await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
    async with scene.app.at.database.acquire() as db:
        (row,) = await db.fetch("SELECT actor, origin, details FROM audit_log WHERE action = 'end-registration'")
    assert row["actor"] == str(founder.id)
    assert row["origin"].startswith("session ")
    assert row["details"] == {
        "registration_id": registration_id,
        "tool_id": "cadastrefinder",
        "usage_mode": "agent",
        "terms_version": "2026-1",
        "reason": "registration-ended",
        "people": 2,
    }


async def test_the_tool_may_be_registered_afresh(scene: Scene) -> None:
    organisation_id, registration_id, founder, member, _ = await busy(scene)
    await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
    again = await scene.register(organisation_id, founder)
    assert again != registration_id
    assert (await scene.may_start(founder, organisation_id))["allowed"]
    assert (await scene.may_start(member, organisation_id))["reasons"][0] == "role-not-held"


async def test_the_platform_ends_it_with_a_reason_of_its_own(scene: Scene) -> None:
    organisation_id, registration_id, _, _, _ = await busy(scene)
    async with scene.app.at.database.transaction() as db:
        await lock_organisations(db, [organisation_id])  # type: ignore[list-item]
        await end_registration(
            db,
            organisation_id,  # type: ignore[arg-type]
            registration_id,  # type: ignore[arg-type]
            reason="organisation-closed",
            by=None,
            now=datetime.now(UTC),
        )
    (ended,) = await scene.published("RegistrationEnded")
    assert (ended["reason"], ended["ended_by"]) == ("organisation-closed", None)


async def test_ending_takes_as_few_statements_for_many_as_for_few(scene: Scene) -> None:
    few, many = await statements_to_end(scene, 2), await statements_to_end(scene, 300)
    assert few == many <= 15


async def statements_to_end(scene: Scene, count: int) -> int:
    organisation_id, _, registration_id, _ = await office(scene)
    statements: list[str] = []
    async with scene.app.at.database.transaction() as db:
        await db.execute(
            """
            WITH people AS (
                INSERT INTO employee (organisation_id, account_id, type, email, state, since)
                SELECT $1, gen_random_uuid(), 'employee', 'e@e.example', 'active', now() FROM generate_series(1, $3::integer)
                RETURNING account_id)
            INSERT INTO access (registration_id, account_id, organisation_id, tool_id, usage_mode, role, usable, granted_by, granted_at)
            SELECT $2, account_id, $1, 'cadastrefinder', 'agent', 'user', true, account_id, now() FROM people
            """,
            organisation_id,
            registration_id,
            count,
        )
        await lock_organisations(db, [organisation_id])  # type: ignore[list-item]
        with db.query_logger(lambda record: statements.append(record.query)):
            about = {"reason": "registration-ended", "by": None, "now": datetime.now(UTC)}
            await end_registration(db, organisation_id, registration_id, **about)  # type: ignore[arg-type]
    return sum(not any(word in statement for word in ("typeinfo", "set_config")) for statement in statements)


async def test_a_manager_sees_under_whose_recognition_it_could_stand(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    lender = await scene.employee(organisation_id, founder)
    await scene.is_called(founder, "Zoe", "Zwart")
    await scene.is_called(lender, "Ann", "Aa")
    await scene.holds(lender, "ipi")
    await scene.holds(member, "fs323")
    path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/mandate"
    page = await founder.get(path)
    assert page["mandated_account_id"] == str(founder.id)
    assert [(one["name"], one["recognition"]) for one in page["alternatives"]] == [
        ("Ann Aa", "ipi"),
        ("Zoe Zwart", "ipi"),
    ]
    await founder.put(path, {"account_id": str(lender.id)}, expect=204)
    assert (await founder.get(path))["mandated_account_id"] == str(lender.id)
    await member.get(path, expect=403)


async def test_who_is_about_to_go_is_told_what_stands_on_them(scene: Scene) -> None:
    organisation_id, founder, registration_id, member = await office(scene)
    path = f"/api/organisations/{organisation_id}/registrations/mandates"
    (mandate,) = await founder.get(f"{path}/{founder.id}")
    assert (mandate["registration_id"], mandate["others"]) == (registration_id, 0)
    await scene.holds(member, "ipi")
    (mandate,) = await founder.get(f"{path}/{founder.id}")
    assert mandate["others"] == 1
    assert await member.get(f"{path}/{member.id}") == []
    await member.get(f"{path}/{founder.id}", expect=403)


async def test_a_mandate_of_nobody_needs_none(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(usage_mode("visitor", "", ""))
    registration_id = await scene.register(organisation_id, founder, usage_mode="visitor")
    page = await founder.get(f"/api/organisations/{organisation_id}/registrations/{registration_id}/mandate")
    assert (page["mandated_account_id"], page["alternatives"]) == (None, [])


async def test_managers_see_what_ended_when_and_why_until_it_is_registered_again(scene: Scene) -> None:
    organisation_id, registration_id, founder, member, _ = await busy(scene)
    await scene.is_called(founder, "Nora", "Peeters")
    path = f"/api/organisations/{organisation_id}/ended-registrations"
    assert await founder.get(path) == []
    for _ in range(2):
        await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
        (ended,) = await founder.get(path)
        assert (ended["tool_name"], ended["usage_mode"]) == ("CadastreFinder (en)", "agent")
        assert (ended["reason"], ended["by"], ended["by_name"]) == ("registration-ended", "person", "Nora Peeters")
        assert ended["can_register"]
        registration_id = await scene.register(organisation_id, founder)
        assert await founder.get(path) == []
    await member.get(path, expect=403)


async def test_what_is_offered_no_longer_is_shown_and_cannot_be_registered(scene: Scene) -> None:
    organisation_id, registration_id, founder, _, _ = await busy(scene)
    await founder.post(f"/api/organisations/{organisation_id}/registrations/{registration_id}/end", expect=204)
    await scene.tool(state="retired")
    (ended,) = await founder.get(f"/api/organisations/{organisation_id}/ended-registrations")
    assert not ended["can_register"]
