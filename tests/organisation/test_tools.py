"""T1, T2: the catalogue is data, and changes are followed up."""

from datetime import timedelta
from typing import Any

import pytest

from shared import job_store
from tests.organisation.scenes import LANGUAGES, Scene, texts, tool_entry, usage_mode

PATH = "/internal/tools/cadastrefinder"


async def run_jobs(scene: Scene) -> None:
    """Do what waits, as the worker would."""
    handlers = scene.app.service.jobs(scene.app.at)
    async with scene.app.at.database.transaction() as db:
        jobs = await job_store.claim(db, list(handlers), limit=10, lease=timedelta(seconds=30))
    for job in jobs:
        await handlers[job.kind](job)
        async with scene.app.at.database.transaction() as db:
            await job_store.finish(db, job)


async def test_the_same_entry_again_changes_nothing(scene: Scene) -> None:
    operator = scene.peer("operator")
    published = await operator.put(PATH, tool_entry())
    assert (published["tool_id"], published["version"], published["is_new"]) == ("cadastrefinder", 1, True)
    assert (await operator.put(PATH, tool_entry()))["version"] == 1
    assert (await operator.put(PATH, tool_entry(support_email="new@tool.example")))["version"] == 2
    published = await scene.published()
    assert [(event["type"], event["version"]) for event in published] == [("ToolPublished", 1), ("ToolChanged", 2)]
    assert published[1]["support_email"] == "new@tool.example"
    assert published[1]["key"] == "cadastrefinder"
    assert published[1]["usage_modes"][0]["roles"][0]["id"] == "user"


async def test_everyone_reads_the_catalogue_in_their_language(scene: Scene) -> None:
    await scene.tool()
    for language in LANGUAGES:
        shown = (await scene.app.http.get("/api/tools", params={"lang": language})).json()[0]
        assert shown["name"] == f"CadastreFinder ({language})"
        assert shown["terms"] == {"version": "2026-1", "required_from": None, "text": f"Be kind. ({language})"}
    needs = {
        language: (await scene.app.http.get("/api/tools/cadastrefinder", headers={"accept-language": language})).json()
        for language in LANGUAGES
    }
    assert {language: shown["usage_modes"][0]["use_needs"] for language, shown in needs.items()} == {
        "fr": "numéro IPI ou FS323",
        "nl": "BIV-nummer of FS323",
        "en": "IPI number or FS323",
        "de": "IPI-Nummer oder FS323",
    }


async def test_a_tool_that_is_not_there_is_said_so(scene: Scene) -> None:
    answer = await scene.app.http.get("/api/tools/nothing", headers={"accept-language": "de"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "tool-not-found"


def without(language: str) -> dict[str, str]:
    return {key: text for key, text in texts("x").items() if key != language}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"names": without("de")}, "names", "malformed"),
        ({"start_url": "javascript:alert(1)"}, "start_url", "malformed"),
        ({"start_url": "http://tool.example/"}, "start_url", "malformed"),
        ({"start_url": "https://user@tool.example/"}, "start_url", "malformed"),
        ({"colours": {"main": "red;}"}}, "colours.main", "malformed"),
        ({"sign_in_acr": "pending"}, "", "malformed"),
        ({"usage_modes": []}, "usage_modes", "missing"),
        ({"usage_modes": [usage_mode("a", "ipi or", "")]}, "usage_modes.0.register_rule", "rule-invalid"),
        ({"usage_modes": [usage_mode("a", "", "(ipi")]}, "usage_modes.0.use_rule", "rule-invalid"),
        ({"usage_modes": [usage_mode("a", "", ""), usage_mode("a", "", "")]}, "usage_modes.1.id", "id-twice"),
        ({"usage_modes": [usage_mode("a", "", "", "user", "user")]}, "usage_modes.0.roles.1.id", "id-twice"),
        ({"flavour": "sweet"}, "flavour", "malformed"),
    ],
)
async def test_a_wrong_entry_is_refused_where_it_is_wrong(
    scene: Scene, changes: dict[str, Any], field: str, code: str
) -> None:
    problem = await scene.peer("operator").put(PATH, tool_entry(**changes), expect=422)
    assert (problem["errors"][0]["field"], problem["errors"][0]["code"]) == (field, code)
    assert await scene.published() == []


async def test_only_the_operator_changes_the_catalogue(scene: Scene) -> None:
    await scene.peer("gateway").put(PATH, tool_entry(), expect=403)
    await scene.someone().put(PATH, tool_entry(), expect=401)


async def test_published_terms_keep_their_text(scene: Scene) -> None:
    await scene.tool()
    operator = scene.peer("operator")
    rewritten = {"version": "2026-1", "texts": texts("Be rich.")}
    problem = await operator.put(PATH, tool_entry(terms=rewritten), expect=409)
    assert problem["code"] == "terms-rewritten"
    await operator.put(PATH, tool_entry(terms={**rewritten, "version": "2026-2"}))


async def test_what_is_in_use_cannot_be_taken_away(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    agent, guest = usage_mode("agent", "", ""), usage_mode("guest", "", "")
    await scene.tool(agent, guest)
    await scene.register(organisation_id, founder)
    operator = scene.peer("operator")
    problem = await operator.put(PATH, tool_entry(guest), expect=409)
    assert problem["code"] == "role-in-use"
    problem = await operator.put(PATH, tool_entry(usage_mode("agent", "", "", "admin")), expect=409)
    assert problem["code"] == "role-in-use"
    await operator.put(PATH, tool_entry(usage_mode("agent", "", "", "user")))


async def test_a_stricter_rule_reaches_those_who_use_the_tool(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    member = await scene.employee(organisation_id, founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.holds(member, "fs323")
    registration_id = await scene.register(organisation_id, founder)
    await scene.give(organisation_id, founder, registration_id, member)
    before = len(await scene.published())
    await scene.tool(usage_mode("agent", "ipi and cib", "ipi"))
    await run_jobs(scene)
    changed, suspended, no_access = (await scene.published())[before:]
    assert changed["type"] == "ToolChanged"
    assert (suspended["type"], suspended["reason"]) == ("RegistrationSuspended", "mandate-lapsed")
    assert (no_access["type"], no_access["missing"]) == ("AccessSuspended", [["ipi"]])
    await scene.tool()
    await run_jobs(scene)
    assert (await scene.types())[-3:] == ["ToolChanged", "RegistrationResumed", "AccessResumed"]
    assert (await scene.may_start(member, organisation_id))["allowed"]
