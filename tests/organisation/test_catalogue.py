"""T1: the catalogue's history, the staff's changes, what a change comes to, and tools that are retired."""

from dataclasses import replace
from typing import Any

import pytest

from services.organisation.tools import files
from services.organisation.tools.diff import changes
from services.organisation.tools.rules import Entry
from tests.organisation.scenes import Scene, Someone, texts, tool_entry, usage_mode

PATH = "/internal/tools/cadastrefinder"
REASON = "The provider moved to another address."
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


def staff(scene: Scene) -> Someone:
    person = scene.someone()
    headers = scene.mint.person(person.id, acr="mfa", claims={"staff": "support"})
    return replace(person, headers={**headers, "accept-language": "en"})


def document(**more: Any) -> str:
    return files.written({"cadastrefinder": Entry.model_validate(tool_entry(**more))})


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[str | None, str | None, bool]]:
    found = changes(Entry.model_validate(before), Entry.model_validate(after))
    return {change.path: (change.before, change.after, change.takes_away) for change in found}


def test_a_change_is_told_place_by_place() -> None:
    agent, guest = usage_mode("agent", "ipi", "ipi or fs323"), usage_mode("guest", "", "")
    before, after = (
        tool_entry(agent, guest),
        tool_entry({**agent, "register_rule": "ipi and cib"}, support_email="new@tool.example"),
    )
    found = told(before, after)
    assert found["support_email"] == ("help@cadastrefinder.example", "new@tool.example", False)
    assert found["usage_modes.agent.register_rule"] == ("ipi", "ipi and cib", True)
    assert found["usage_modes.guest.names.fr"] == ("guest (fr)", None, True)
    assert "usage_modes.agent.names.fr" not in found
    assert told(before, before) == {}


@pytest.mark.parametrize(
    ("changed", "path", "takes_away"),
    [
        ({"state": "retired"}, "state", True),
        ({"sign_in_acr": "mfa"}, "sign_in_acr", False),
        ({"logo": SQUARE}, "logo", False),
        ({"details": texts("More")}, "details.en", False),
        ({"terms": {"version": "2", "texts": texts("Other")}}, "terms.version", False),
        ({"terms": {"version": "2", "texts": texts("Other"), "required_from": "2027-01-01"}}, "terms.required_from", True),
        ({"usage_modes": [{**usage_mode("agent", "", "ipi or fs323"), "is_self_service": True}]},
         "usage_modes.agent.is_self_service", False),
        ({"usage_modes": [{**usage_mode("agent", "ipi", "ipi or fs323"), "is_restricted": True}]},
         "usage_modes.agent.is_restricted", True),
        ({"usage_modes": [usage_mode("agent", "", "ipi or fs323")]}, "usage_modes.agent.register_rule", False),
    ],
)  # fmt: skip
def test_what_takes_something_away_is_marked(changed: dict[str, Any], path: str, takes_away: bool) -> None:
    assert told(tool_entry(), {**tool_entry(), **changed})[path][2] is takes_away


async def test_a_dry_run_checks_everything_and_keeps_nothing(scene: Scene) -> None:
    operator = scene.peer("operator")
    tried = await operator.put(f"{PATH}?dry_run=true", tool_entry())
    assert (tried["is_new"], tried["version"]) == (True, 1)
    assert await operator.get("/internal/tools") == []
    assert await scene.published() == []
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(usage_mode("agent", "", ""))
    await scene.register(organisation_id, founder)
    problem = await operator.put(f"{PATH}?dry_run=true", tool_entry(usage_mode("guest", "", "")), expect=409)
    assert problem["code"] == "role-in-use"


async def test_who_looked_at_an_older_version_changes_nothing(scene: Scene) -> None:
    operator = scene.peer("operator")
    await operator.put(f"{PATH}?version=0", tool_entry())
    assert (await operator.put(f"{PATH}?version=0", tool_entry(), expect=409))["code"] == "tool-changed-meanwhile"
    await operator.put(f"{PATH}?version=1", tool_entry(support_email="new@tool.example"))


async def test_the_operator_sees_each_tool_whole_and_who_changed_it(scene: Scene) -> None:
    operator = scene.peer("operator")
    await operator.put(f"{PATH}?by=edition", tool_entry())
    (row,) = await operator.get("/internal/tools")
    assert (row["tool_id"], row["changed_by"], row["organisations"]) == ("cadastrefinder", "edition", 0)
    assert Entry.model_validate(row["entry"]) == Entry.model_validate(tool_entry())


async def test_drawings_are_made_harmless_and_served_by_address(scene: Scene) -> None:
    logo = SQUARE.replace("<path", "<!-- drawn --><path")
    await scene.tool(logo=logo)
    assert (await scene.published())[0]["logo"].count("drawn") == 0
    shown = (await scene.app.http.get("/api/tools/cadastrefinder")).json()
    assert shown["logo"].startswith("http://127.0.0.1:8080/tools/drawings/")
    problem = await scene.peer("operator").put(PATH, tool_entry(logo="<svg onload='x'/>"), expect=422)
    assert (problem["errors"][0]["field"], problem["errors"][0]["code"]) == ("logo", "drawing-refused")


async def test_the_staff_changes_a_tool_under_a_reason_and_the_history_says_so(scene: Scene) -> None:
    await scene.tool()
    someone = staff(scene)
    await scene.is_called(someone, "Nora", "Peeters")
    body = {"document": document(support_email="new@tool.example"), "versions": {"cadastrefinder": 1}}
    tried = await someone.post("/api/catalogue/changes", {**body, "dry_run": True}, expect=200)
    assert [change["path"] for change in tried[0]["changes"]] == ["support_email"]
    assert (await someone.post("/api/catalogue/changes", body, expect=422))["errors"][0]["code"] == "reason-missing"
    done = await someone.post("/api/catalogue/changes", {**body, "reason": REASON}, expect=200)
    assert done[0]["version"] == 2
    newest, first = await someone.get("/api/catalogue/cadastrefinder/versions")
    assert (newest["name"], newest["reason"], newest["version"]) == ("Nora Peeters", REASON, 2)
    assert newest["changes"][0]["after"] == "new@tool.example"
    assert (first["changed_by"], first["changes"]) == ("operator", [])
    older = await someone.get("/api/catalogue/cadastrefinder/document", version=1)
    assert files.read(older["document"], "x", drawing=files.no_drawing) == {
        "cadastrefinder": Entry.model_validate(tool_entry())
    }
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT actor, details FROM audit_log WHERE action = 'change-tool'")
    assert (row["actor"], row["details"]["reason"]) == (str(someone.id), REASON)


async def test_a_document_is_refused_with_the_line_of_what_is_wrong(scene: Scene) -> None:
    text = document().replace("register_rule: ipi", "register_rule: ipi or")
    line = text.splitlines().index("  register_rule: ipi or") + 1
    problem = await staff(scene).post("/api/catalogue/changes", {"document": text, "dry_run": True}, expect=422)
    assert problem["errors"][0]["field"] == f"{line}:cadastrefinder.usage_modes.0.register_rule"
    assert problem["errors"][0]["code"] == "rule-invalid"


async def test_all_tools_of_a_document_change_or_none(scene: Scene) -> None:
    await scene.tool()
    entry = Entry.model_validate(tool_entry())
    text = files.written(
        {"atlas": entry, "cadastrefinder": entry.model_copy(update={"support_email": "new@tool.example"})}
    )
    body = {"document": text, "versions": {"cadastrefinder": 7}, "reason": REASON}
    assert (await staff(scene).post("/api/catalogue/changes", body, expect=409))["code"] == "tool-changed-meanwhile"
    assert [row["tool_id"] for row in await staff(scene).get("/api/catalogue")] == ["cadastrefinder"]


async def test_only_the_staff_sees_the_catalogue_behind_the_catalogue(scene: Scene) -> None:
    await scene.tool()
    for path in ("", "/cadastrefinder", "/cadastrefinder/versions", "/cadastrefinder/document"):
        await scene.someone().get(f"/api/catalogue{path}", expect=403)
    await scene.someone().post("/api/catalogue/changes", {"document": document()}, expect=403)
    shown = await staff(scene).get("/api/catalogue/cadastrefinder")
    assert shown["usage_modes"][0]["use_needs"] == "IPI number or FS323"
    await staff(scene).get("/api/catalogue/nothing", expect=404)


async def test_a_retired_tool_goes_on_for_those_who_have_it_and_for_nobody_else(scene: Scene) -> None:
    founder, other = scene.someone(), scene.someone()
    first, second = await scene.organisation(founder), await scene.organisation(other)
    await scene.tool(usage_mode("agent", "", ""), usage_mode("guest", "", ""))
    await scene.register(first, founder)
    await scene.tool(usage_mode("agent", "", ""), usage_mode("guest", "", ""), state="retired")
    assert (await scene.published())[-1]["state"] == "retired"
    assert (await scene.app.http.get("/api/tools")).json() == []
    assert (await scene.app.http.get("/api/tools/cadastrefinder")).json()["state"] == "retired"
    assert [tool["id"] for tool in await founder.get(f"/api/organisations/{first}/tools")] == ["cadastrefinder"]
    assert await other.get(f"/api/organisations/{second}/tools") == []
    body = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1"}
    problem = await other.post(f"/api/organisations/{second}/registrations", body, expect=409)
    assert problem["code"] == "tool-retired"
    assert (await scene.may_start(founder, first))["allowed"]
    await scene.tool(usage_mode("agent", "", ""), usage_mode("guest", "", ""))
    await scene.register(second, other)
    async with scene.app.at.database.acquire() as db:
        actions = await db.fetch(
            "SELECT action FROM audit_log WHERE action LIKE '%-tool' AND actor = 'operator' ORDER BY id"
        )
    assert [row["action"] for row in actions] == ["publish-tool", "retire-tool", "offer-tool"]
