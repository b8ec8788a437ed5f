"""T3: terms are versioned; a new version asks again, and from its day on nobody works under the older one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.organisation.tools.terms import enforce_terms
from services.organisation.tools.terms_notices import announce_terms
from shared.formats import BRUSSELS
from tests.organisation.scenes import Scene, Someone, texts, usage_mode

FREE = usage_mode("agent", "", "")
UNDER_IPI = usage_mode("agent", "ipi", "ipi")


def new_terms(*, in_days: int | None = None) -> dict[str, Any]:
    day = None if in_days is None else datetime.now(BRUSSELS).date() + timedelta(days=in_days)
    return {"version": "2026-2", "texts": texts("Be kinder."), "required_from": str(day) if day else None}


def path(organisation_id: str) -> str:
    return f"/api/organisations/{organisation_id}/tools/cadastrefinder/terms"


async def registered(scene: Scene, *modes: dict[str, Any]) -> tuple[Someone, str]:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.holds(founder, "ipi")
    await scene.tool(*modes)
    for mode in modes:
        await scene.register(organisation_id, founder, usage_mode=mode["id"])
    return founder, organisation_id


async def test_new_terms_without_a_day_ask_and_stop_nobody(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, FREE)
    assert not (await founder.get(path(organisation_id)))["is_behind"]
    await scene.tool(FREE, terms=new_terms())
    await enforce_terms(scene.app.at.database, now=datetime.now(UTC) + timedelta(days=400))
    shown = await founder.get(path(organisation_id))
    assert shown["is_behind"]
    assert (shown["accepted"]["version"], shown["present"]["version"]) == ("2026-1", "2026-2")
    assert shown["accepted"]["text"] == "Be kind. (en)"
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_a_manager_accepts_for_all_registrations_and_it_is_kept_who_did(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, FREE, usage_mode("guest", "", ""))
    await scene.is_called(founder, "Nora", "Peeters")
    await scene.tool(FREE, usage_mode("guest", "", ""), terms=new_terms())
    await founder.post(path(organisation_id), {"terms_version": "2026-2"}, expect=204)
    await founder.post(path(organisation_id), {"terms_version": "2026-2"}, expect=204)
    accepted = await scene.published("TermsAccepted")
    assert {(event["usage_mode"], event["terms_version"]) for event in accepted} == {
        ("agent", "2026-2"),
        ("guest", "2026-2"),
    }
    assert len(accepted) == 2
    shown = await founder.get(path(organisation_id))
    assert (shown["is_behind"], shown["accepted"]["version"], shown["accepted"]["name"]) == (
        False,
        "2026-2",
        "Nora Peeters",
    )


async def test_from_their_day_on_nobody_works_under_older_terms_until_a_manager_accepts(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, UNDER_IPI)
    await scene.tool(UNDER_IPI, terms=new_terms(in_days=3))
    await enforce_terms(scene.app.at.database, now=datetime.now(UTC))
    assert (await scene.may_start(founder, organisation_id))["allowed"]
    for _ in range(2):
        await enforce_terms(scene.app.at.database, now=datetime.now(UTC) + timedelta(days=4))
    (suspended,) = await scene.published("RegistrationSuspended")
    assert suspended["reason"] == "terms-outdated"
    decision = await scene.may_start(founder, organisation_id)
    assert (decision["allowed"], decision["suspended_reason"]) == (False, "terms-outdated")
    await founder.post(path(organisation_id), {"terms_version": "2026-2"}, expect=204)
    assert len(await scene.published("RegistrationResumed")) == 1
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_managers_are_told_when_terms_come_and_once_more_some_days_before(scene: Scene) -> None:
    _, organisation_id = await registered(scene, FREE, usage_mode("guest", "", ""))
    other, elsewhere = await registered(scene, FREE, usage_mode("guest", "", ""))
    await scene.tool(FREE, usage_mode("guest", "", ""), terms=new_terms(in_days=30))
    now = datetime.now(UTC)
    for days in (0, 1, 24, 25, 29, 31):
        await announce_terms(scene.app.at.database, now=now + timedelta(days=days))
        if days == 1:
            await other.post(path(elsewhere), {"terms_version": "2026-2"}, expect=204)
    told = await scene.published("TermsAnnounced")
    assert [event["is_reminder"] for event in told if event["organisation_id"] == organisation_id] == [False, True]
    assert [event["is_reminder"] for event in told if event["organisation_id"] == elsewhere] == [False]
    assert {event["terms_version"] for event in told} == {"2026-2"}


async def test_terms_that_come_shortly_before_their_day_are_told_once(scene: Scene) -> None:
    await registered(scene, FREE)
    await scene.tool(FREE, terms=new_terms(in_days=3))
    for days in (0, 1, 2):
        await announce_terms(scene.app.at.database, now=datetime.now(UTC) + timedelta(days=days))
    assert [event["is_reminder"] for event in await scene.published("TermsAnnounced")] == [False]


async def test_another_day_is_told_anew_and_terms_without_a_day_are_not(scene: Scene) -> None:
    await registered(scene, FREE)
    now = datetime.now(UTC)
    for terms in (new_terms(), new_terms(in_days=30), new_terms(in_days=40)):
        await scene.tool(FREE, terms=terms)
        await announce_terms(scene.app.at.database, now=now)
    assert len(await scene.published("TermsAnnounced")) == 2


async def test_where_nobody_is_mandated_terms_count_too(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, FREE)
    await scene.tool(FREE, terms=new_terms(in_days=0))
    await enforce_terms(scene.app.at.database, now=datetime.now(UTC))
    assert not (await scene.may_start(founder, organisation_id))["allowed"]
    await founder.post(path(organisation_id), {"terms_version": "2026-2"}, expect=204)
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_accepting_terms_does_not_make_up_for_a_recognition(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, UNDER_IPI)
    await scene.tool(UNDER_IPI, terms=new_terms(in_days=0))
    await enforce_terms(scene.app.at.database, now=datetime.now(UTC))
    await scene.holds(founder)
    await founder.post(path(organisation_id), {"terms_version": "2026-2"}, expect=204)
    assert [event["reason"] for event in await scene.published("RegistrationSuspended")][-1] == "mandate-lapsed"
    await scene.holds(founder, "ipi")
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_registering_in_another_way_accepts_for_what_stands_already(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, FREE)
    modes = (FREE, usage_mode("guest", "", ""))
    await scene.tool(*modes, terms=new_terms(in_days=0))
    await enforce_terms(scene.app.at.database, now=datetime.now(UTC))
    body = {"tool_id": "cadastrefinder", "usage_mode": "guest", "terms_version": "2026-2"}
    await founder.post(f"/api/organisations/{organisation_id}/registrations", body)
    assert not (await founder.get(path(organisation_id)))["is_behind"]
    assert (await scene.may_start(founder, organisation_id))["allowed"]


async def test_only_a_manager_accepts_and_only_what_they_have_read(scene: Scene) -> None:
    founder, organisation_id = await registered(scene, FREE)
    member = await scene.employee(organisation_id, founder)
    await scene.tool(FREE, terms=new_terms())
    await member.post(path(organisation_id), {"terms_version": "2026-2"}, expect=403)
    await scene.someone().post(path(organisation_id), {"terms_version": "2026-2"}, expect=404)
    problem = await founder.post(path(organisation_id), {"terms_version": "2026-1"}, expect=409)
    assert problem["code"] == "terms-outdated"
    other = scene.someone()
    elsewhere = await scene.organisation(other)
    await other.post(path(elsewhere), {"terms_version": "2026-2"}, expect=404)
