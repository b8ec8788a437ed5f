"""The one place that says who may use what as what."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from pydantic_core import to_jsonable_python

from services.organisation.decisions.rules import Facts, decide
from services.organisation.employees.rules import State
from services.organisation.tools.needs import Circumstances
from shared import authzen
from shared.ids import new_id
from tests.organisation.scenes import Scene, Someone

EVALUATION, EVALUATIONS = "/api/access/v1/evaluation", "/api/access/v1/evaluations"


def facts(**changes: object) -> Facts:
    usual: dict[str, object] = {
        "organisation_id": new_id(),
        "enterprise_number": "0123456749",
        "organisation_name": "Agence du Parc",
        "is_closed": False,
        "employee_state": State.ACTIVE,
        "registration_state": "active",
        "suspended_reason": None,
        "role_held": "user",
        "register_rule": "ipi",
        "use_rule": "ipi or fs323",
        "circumstances": Circumstances(frozenset({"ipi", "private"})),
    }
    return Facts(**{**usual, **changes})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({}, ()),
        ({"employee_state": None}, ("not-an-employee",)),
        ({"employee_state": State.REMOVED}, ("not-an-employee",)),
        ({"employee_state": State.REQUESTED}, ("awaiting-confirmation",)),
        ({"employee_state": State.BLOCKED}, ("employee-blocked",)),
        ({"registration_state": None}, ("not-registered",)),
        ({"registration_state": "suspended"}, ("registration-suspended",)),
        ({"role_held": None}, ("role-not-held",)),
        ({"role_held": "admin"}, ("role-not-held",)),
        ({"circumstances": Circumstances(frozenset({"cib"}))}, ("recognition-missing",)),
        ({"is_closed": True}, ("organisation-closed",)),
        ({"use_rule": "", "circumstances": Circumstances()}, ()),
        ({"use_rule": "manager"}, ("recognition-missing",)),
        ({"use_rule": "manager", "circumstances": Circumstances(is_manager=True)}, ()),
    ],
)
def test_each_reason_against(changes: dict[str, object], reasons: tuple[str, ...]) -> None:
    assert decide(facts(**changes), role="user").reasons == reasons


def test_a_tool_learns_of_the_recognitions_that_it_asks_about() -> None:
    assert decide(facts(), role="user").recognitions == ("ipi",)


def test_only_the_one_combination_is_allowed() -> None:
    allowed = [
        combination
        for combination in product(
            (None, *State), (None, "active", "suspended"), (None, "user", "admin"), (True, False)
        )
        if decide(
            facts(
                employee_state=combination[0],
                registration_state=combination[1],
                role_held=combination[2],
                circumstances=Circumstances(frozenset({"fs323"} if combination[3] else ())),
            ),
            role="user",
        ).allowed
    ]
    assert allowed == [(State.ACTIVE, "active", "user", True)]


async def test_an_unknown_organisation_is_one_that_one_does_not_belong_to(scene: Scene) -> None:
    decision = await scene.may_start(scene.someone(), str(new_id()))
    assert (decision["allowed"], decision["reasons"]) == (False, ["not-an-employee"])


async def test_what_has_expired_by_date_does_not_count_before_anyone_says_so(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(organisation_id, founder)
    async with scene.app.at.database.acquire() as db:
        await db.execute("UPDATE recognition_held SET valid_until = current_date - 2")
    assert (await scene.may_start(founder, organisation_id))["reasons"] == ["recognition-missing"]


async def test_only_services_ask_about_every_tool(scene: Scene) -> None:
    body = question(scene.someone(), str(new_id()))
    await scene.someone().post(authzen.EVALUATION, body, expect=401)
    await scene.peer("wallet").post(authzen.EVALUATION, body, expect=403)
    await scene.peer("identity").post(authzen.EVALUATION, body, expect=200)


async def test_a_tool_asks_about_itself_only(scene: Scene) -> None:
    body = question(scene.someone(), str(new_id()))
    assert (await scene.tool_client("cadastrefinder", "charges").post(EVALUATION, body, expect=403))["code"]
    other = await scene.tool_client("cibweb", "decisions").post(EVALUATION, body, expect=403)
    assert other["code"] == "another-tool"
    await scene.someone().post(EVALUATION, body, expect=403)


async def test_a_tool_hears_yes_with_the_quality_and_no_with_the_reasons(scene: Scene) -> None:
    founder, organisation_id = await registered(scene)
    ask = scene.tool_client("cadastrefinder", "decisions")
    yes = await ask.post(EVALUATION, question(founder, organisation_id), expect=200)
    assert yes["decision"]
    assert yes["context"]["quality"]["recognitions"] == ["ipi"]
    no = await ask.post(EVALUATION, question(founder, organisation_id, role="admin"), expect=200)
    assert (no["decision"], no["context"]["reasons"], no["context"]["quality"]) == (False, ["role-not-held"], None)
    assert no["context"]["reason_user"] == {"en": "You do not have this role."}


async def test_a_tool_learns_nothing_of_an_organisation_that_has_not_registered_it(scene: Scene) -> None:
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    ask = scene.tool_client("cadastrefinder", "decisions")
    of_member = await ask.post(EVALUATION, question(founder, organisation_id), expect=200)
    of_stranger = await ask.post(EVALUATION, question(scene.someone(), organisation_id), expect=200)
    of_nowhere = await ask.post(EVALUATION, question(founder, str(new_id())), expect=200)
    assert of_member == of_stranger == of_nowhere
    assert of_member["context"]["reasons"] == ["not-registered"]


async def test_many_are_answered_at_once_in_their_order(scene: Scene) -> None:
    founder, organisation_id = await registered(scene)
    ask = scene.tool_client("cadastrefinder", "decisions")
    common = question(founder, organisation_id)
    others = [
        {},
        {"context": {**common["context"], "role": "admin"}},
        {"subject": {"type": "account", "id": str(new_id())}},
    ]
    answer = await ask.post(EVALUATIONS, {**common, "evaluations": others}, expect=200)
    assert [one["decision"] for one in answer["evaluations"]] == [True, False, False]
    assert [one["context"]["reasons"] for one in answer["evaluations"]][1:] == [["role-not-held"], ["not-an-employee"]]
    alone = await ask.post(EVALUATIONS, common, expect=200)
    assert alone["evaluations"] == answer["evaluations"][:1]


@pytest.mark.parametrize(
    ("semantic", "decisions"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
async def test_it_stops_where_the_semantic_says(scene: Scene, semantic: str, decisions: list[bool]) -> None:
    founder, organisation_id = await registered(scene)
    common = question(founder, organisation_id)
    others = [{}, {"context": {**common["context"], "role": "admin"}}, {}]
    body = {**common, "evaluations": others, "options": {"evaluations_semantic": semantic}}
    answer = await scene.tool_client("cadastrefinder", "decisions").post(EVALUATIONS, body, expect=200)
    assert [one["decision"] for one in answer["evaluations"]] == decisions


async def test_a_question_that_lacks_something_is_refused_with_its_place(scene: Scene) -> None:
    body = {**question(scene.someone(), str(new_id())), "evaluations": [{}, {"subject": {"type": "robot", "id": "x"}}]}
    answer = await scene.tool_client("cadastrefinder", "decisions").post(EVALUATIONS, body, expect=422)
    assert {error["field"] for error in answer["errors"]} == {"evaluations.1.subject.type", "evaluations.1.subject.id"}


async def test_the_metadata_say_where_to_ask(scene: Scene) -> None:
    found = await scene.someone().get("/.well-known/authzen-configuration", expect=200)
    assert found["access_evaluation_endpoint"] == found["policy_decision_point"] + EVALUATION
    assert found["access_evaluations_endpoint"] == found["policy_decision_point"] + EVALUATIONS


def question(person: Someone, organisation_id: str, *, role: str = "user") -> dict[str, Any]:
    return to_jsonable_python(authzen.may_start(person.id, "cadastrefinder", UUID(organisation_id), "agent", role))


async def registered(scene: Scene) -> tuple[Someone, str]:
    """Someone who may start the tool, and as which organisation."""
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool()
    await scene.holds(founder, "ipi")
    await scene.register(organisation_id, founder)
    return founder, organisation_id
