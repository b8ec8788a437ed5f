"""The one place that says who may use what as what."""

from itertools import product

import pytest

from services.organisation.decisions.rules import Facts, decide
from services.organisation.employees.rules import State
from services.organisation.tools.needs import Circumstances
from shared.ids import new_id
from tests.organisation.scenes import Scene


def facts(**changes: object) -> Facts:
    usual: dict[str, object] = {
        "organisation_id": new_id(),
        "enterprise_number": "0123456749",
        "organisation_name": "Agence du Parc",
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


async def test_only_services_ask(scene: Scene) -> None:
    body = {
        "account_id": str(new_id()),
        "tool_id": "t",
        "organisation_id": str(new_id()),
        "usage_mode": "m",
        "role": "r",
    }
    await scene.someone().post("/internal/decisions", body, expect=401)
    await scene.peer("wallet").post("/internal/decisions", body, expect=403)
    await scene.peer("identity").post("/internal/decisions", body, expect=200)
