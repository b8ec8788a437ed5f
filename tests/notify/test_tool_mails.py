"""Who hears of registrations, requests for a role and tool managers."""

from datetime import date
from typing import Any
from uuid import UUID

from services.notify.mails.naming import named
from shared.events import organisation
from shared.events.catalogue import RoleEntry, ToolPublished, UsageModeEntry
from shared.ids import new_id
from tests.notify.scenes import Elsewhere, Someone

MODE = UsageModeEntry(
    id="agent",
    names={"en": "Agent"},
    descriptions={},
    register_rule="",
    use_rule="",
    roles=(RoleEntry(id="admin", names={"en": "Administrator", "de": "Verwaltung"}),),
)


class Office:
    """A registration of a tool by an organisation with one manager."""

    def __init__(self, elsewhere: Elsewhere, organisation_id: UUID) -> None:
        self.elsewhere = elsewhere
        self.about: dict[str, Any] = {
            "organisation_id": organisation_id,
            "registration_id": new_id(),
            "tool_id": "cadastrefinder",
            "usage_mode": "agent",
        }

    async def happens(self, kind: type[organisation.RegistrationEvent], **fields: Any) -> None:
        await self.elsewhere.happens(kind(**self.about, **fields))

    async def told(self, kind: str) -> set[UUID]:
        async with self.elsewhere.app.at.database.acquire() as db:
            rows = await db.fetch("SELECT account_id FROM delivery WHERE kind = $1", kind)
        return {row["account_id"] for row in rows}


async def office(elsewhere: Elsewhere) -> tuple[Office, Someone, Someone, Someone]:
    manager, tool_manager, member = [await elsewhere.someone(name) for name in ("Ada", "Bram", "Cleo")]
    found = Office(elsewhere, await elsewhere.organisation([manager]))
    await elsewhere.happens(
        ToolPublished(
            tool_id="cadastrefinder",
            names={"en": "CadastreFinder"},
            descriptions={},
            sign_in_acr="eid",
            start_url="https://c.example",
            support_email="help@c.example",
            colours={},
            terms_version="1",
            usage_modes=(MODE,),
        )
    )
    await found.happens(organisation.ToolManagerAppointed, account_id=tool_manager.id, appointed_by=manager.id)
    return found, manager, tool_manager, member


async def test_managers_and_tool_managers_hear_of_a_request_and_the_person_of_a_refusal(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, member = await office(elsewhere)
    assert await tool.told("tool-manager-appointed") == {tool_manager.id}
    await tool.happens(organisation.RoleRequested, account_id=member.id, role="user")
    assert await tool.told("role-requested") == {manager.id, tool_manager.id}
    answered: dict[str, Any] = {"account_id": member.id, "role": "user", "answered_by": manager.id}
    await tool.happens(organisation.RoleRequestEnded, **answered, outcome="granted")
    assert await tool.told("role-refused") == set()
    await tool.happens(organisation.RoleRequestEnded, **answered, outcome="refused")
    assert await tool.told("role-refused") == {member.id}


async def test_who_asks_is_not_asked(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, _ = await office(elsewhere)
    await tool.happens(organisation.RoleRequested, account_id=tool_manager.id, role="user")
    assert await tool.told("role-requested") == {manager.id}


async def test_a_dismissed_tool_manager_hears_it_and_no_requests_any_more(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, member = await office(elsewhere)
    await tool.happens(organisation.ToolManagerDismissed, account_id=tool_manager.id, dismissed_by=manager.id)
    assert await tool.told("tool-manager-dismissed") == {tool_manager.id}
    await tool.happens(organisation.RoleRequested, account_id=member.id, role="user")
    assert await tool.told("role-requested") == {manager.id}


async def test_a_dismissal_that_nobody_decided_is_not_told_by_itself(elsewhere: Elsewhere) -> None:
    tool, _, tool_manager, _ = await office(elsewhere)
    await tool.happens(organisation.ToolManagerDismissed, account_id=tool_manager.id)
    assert await tool.told("tool-manager-dismissed") == set()


async def test_a_suspension_reaches_whose_recognition_it_was_and_who_manages_the_tool(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, member = await office(elsewhere)
    lender = await elsewhere.someone("Dirk")
    mandate: dict[str, Any] = {"mandated_account_id": lender.id, "mandated_recognition": "ipi"}
    await tool.happens(organisation.MandateChanged, **mandate, changed_by=manager.id)
    assert await tool.told("mandate-given") == {lender.id}
    await tool.happens(organisation.AccessGranted, account_id=member.id, role="user", granted_by=manager.id)
    await tool.happens(organisation.RegistrationSuspended, reason="mandate-lapsed")
    assert await tool.told("registration-suspended") == {manager.id, tool_manager.id, member.id, lender.id}


async def test_who_works_in_an_organisation_that_is_off_the_list_hears_that(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, _ = await office(elsewhere)
    await tool.happens(organisation.RegistrationSuspended, reason="organisation-not-listed")
    assert await tool.told("registration-not-listed") == {manager.id, tool_manager.id}
    assert await tool.told("registration-suspended") == set()


async def test_another_role_is_one_mail_that_names_it(elsewhere: Elsewhere) -> None:
    tool, manager, _, member = await office(elsewhere)
    about: dict[str, Any] = {"account_id": member.id}
    await tool.happens(organisation.AccessGranted, **about, role="user", granted_by=manager.id)
    await tool.happens(organisation.AccessWithdrawn, **about, role="user", reason="role-withdrawn", becomes="admin")
    await tool.happens(organisation.AccessGranted, **about, role="admin", granted_by=manager.id, was="user")
    assert await tool.told("access-withdrawn") == set()
    assert await tool.told("access-changed") == {member.id}
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM delivery WHERE kind = 'access-granted'") == 1
        params = await db.fetchval("SELECT params FROM delivery WHERE kind = 'access-changed'")
        assert (await named(db, params, "de"))["role"] == "Verwaltung"
        assert (await named(db, {**params, "role": "unheard-of"}, "de"))["role"] == "unheard-of"


async def test_who_manages_a_tool_without_a_role_in_it_hears_that_it_ended(elsewhere: Elsewhere) -> None:
    tool, manager, tool_manager, _ = await office(elsewhere)
    about: dict[str, Any] = {"account_id": tool_manager.id, "reason": "registration-ended"}
    await tool.happens(organisation.ToolManagerDismissed, **about)
    await tool.happens(organisation.AccessWithdrawn, **about, role="user")
    await tool.happens(organisation.RegistrationEnded, ended_by=manager.id)
    assert await tool.told("registration-ended") == {tool_manager.id}
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM delivery WHERE kind = 'registration-ended'") == 1


async def test_managers_hear_of_new_terms_before_they_are_needed(elsewhere: Elsewhere) -> None:
    tool, manager, _, _ = await office(elsewhere)
    announced = organisation.TermsAnnounced(
        organisation_id=tool.about["organisation_id"],
        tool_id="cadastrefinder",
        terms_version="2",
        required_from=date(2026, 3, 1),
    )
    await elsewhere.happens(announced, announced.model_copy(update={"is_reminder": True}))
    assert await tool.told("terms-announced") == await tool.told("terms-reminder") == {manager.id}


async def test_each_who_had_access_hears_once_that_a_registration_ended(elsewhere: Elsewhere) -> None:
    tool, manager, _, member = await office(elsewhere)
    other = await elsewhere.someone("Emma")
    await elsewhere.happens(
        organisation.ManagerAppointed(
            organisation_id=tool.about["organisation_id"], account_id=other.id, appointed_by=manager.id
        )
    )
    for person in (member, other):
        await tool.happens(organisation.AccessWithdrawn, account_id=person.id, role="user", reason="registration-ended")
    await tool.happens(organisation.RegistrationEnded, ended_by=manager.id)
    assert await tool.told("registration-ended") == {member.id, other.id}
    async with elsewhere.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM delivery WHERE kind = 'registration-ended'") == 2
        assert await db.fetchval("SELECT count(*) FROM tool_manager") == 0
