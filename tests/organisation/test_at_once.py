"""What must hold when several people, or people and events, come at the same moment."""

import asyncio
from datetime import datetime
from itertools import combinations_with_replacement
from typing import Any

import asyncpg
import pytest

from services.organisation.people.handlers import replace_held
from services.organisation.people.store import Held
from shared.db import constraint_of
from shared.formats import BRUSSELS
from shared.ids import new_id
from tests.organisation.scenes import ADDRESS, CONTACT, Scene, Someone, enterprise_number, usage_mode

IPI = [Held("ipi", "demo")]


async def status_of(person: Someone, path: str, body: Any = None, method: str = "POST") -> int:
    return (await person.http.request(method, path, json=body, headers=person.headers)).status_code


def path_to(organisation_id: str, person: Someone, action: str) -> str:
    return f"/api/organisations/{organisation_id}/employees/{person.id}/{action}"


async def two_managers(scene: Scene) -> tuple[str, Someone, Someone]:
    first = scene.someone()
    organisation_id = await scene.organisation(first)
    return organisation_id, first, await scene.employee(organisation_id, first, manager=True)


LOSING = ("block", "remove", "dismiss")
TO_ONESELF = ("remove", "dismiss")
AT_ONCE = [
    *((("other", one), ("other", two)) for one, two in combinations_with_replacement(LOSING, 2)),
    *((("self", one), ("self", two)) for one, two in combinations_with_replacement(TO_ONESELF, 2)),
    *((("self", one), ("other", two)) for one in TO_ONESELF for two in LOSING),
]


async def test_whatever_two_managers_do_at_once_leaves_one(scene: Scene) -> None:
    """Every pair of actions by which managers end each other's management, or their own, on connections of their own."""
    for (whom_first, first_action), (whom_second, second_action) in AT_ONCE:
        for _ in range(2):
            organisation_id, first, second = await two_managers(scene)
            targets = (second if whom_first == "other" else first, first if whom_second == "other" else second)
            statuses = await asyncio.gather(
                status_of(first, path_to(organisation_id, targets[0], first_action)),
                status_of(second, path_to(organisation_id, targets[1], second_action)),
            )
            said = (whom_first, first_action, whom_second, second_action, statuses)
            assert 204 in statuses, said
            assert set(statuses) <= {204, 403, 404, 409}, said
            assert await managers(scene, organisation_id) == 1, said


async def test_the_database_keeps_a_manager_even_from_code_that_forgot_to_lock(scene: Scene) -> None:
    organisation_id, first, second = await two_managers(scene)

    async def dismiss(person: Someone, go: asyncio.Barrier) -> str | None:
        try:
            async with scene.app.at.database.transaction() as db:
                await db.fetchval("SELECT 1")
                await go.wait()
                await db.execute(
                    "UPDATE employee SET manager = false WHERE organisation_id = $1 AND account_id = $2",
                    organisation_id,
                    person.id,
                )
                await asyncio.sleep(0.02)
        except asyncpg.IntegrityConstraintViolationError as error:
            return constraint_of(error)
        return None

    go = asyncio.Barrier(2)
    outcomes = await asyncio.gather(dismiss(first, go), dismiss(second, go))
    assert set(outcomes) == {None, "employee_last_manager"}
    assert await managers(scene, organisation_id) == 1


async def test_the_last_manager_cannot_even_be_deleted(scene: Scene) -> None:
    organisation_id = await scene.organisation(scene.someone())
    async with scene.app.at.database.acquire() as db:
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute("DELETE FROM employee WHERE organisation_id = $1", organisation_id)


async def test_one_of_many_creators_gets_the_number(scene: Scene) -> None:
    body = {
        "enterprise_number": enterprise_number(555),
        "name": "Wanted",
        "address": ADDRESS,
        "email": "info@agence.example",
        "employee": {**CONTACT, "type": "head"},
    }
    people = [scene.someone() for _ in range(5)]
    statuses = await asyncio.gather(*(status_of(person, "/api/organisations", body) for person in people))
    assert sorted(statuses) == [201, 409, 409, 409, 409]


async def test_one_of_two_confirmations_counts(scene: Scene) -> None:
    organisation_id, first, second = await two_managers(scene)
    newcomer = scene.someone()
    await newcomer.post(f"/api/organisations/{organisation_id}/requests", CONTACT)
    body = {**CONTACT, "manager": False}
    path = path_to(organisation_id, newcomer, "confirm")
    statuses = await asyncio.gather(status_of(first, path, body), status_of(second, path, body))
    assert sorted(statuses) == [204, 409]
    assert [event["account_id"] for event in await scene.published("EmployeeConfirmed")].count(str(newcomer.id)) == 1


async def test_a_registration_never_outlives_the_recognition_that_lapsed_meanwhile(scene: Scene) -> None:
    await scene.tool()
    body = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1"}
    for _ in range(8):
        founder = scene.someone()
        organisation_id = await scene.organisation(founder)
        await scene.holds(founder, "ipi")
        path = f"/api/organisations/{organisation_id}/registrations"
        status, _ = await asyncio.gather(status_of(founder, path, body), scene.holds(founder))
        assert status in (201, 409)
        states = await registration_states(scene, organisation_id)
        assert states == (["suspended"] if status == 201 else [])


async def test_events_of_an_organisation_carry_its_versions_in_order(scene: Scene) -> None:
    organisation_id, first, second = await two_managers(scene)
    people = [scene.someone() for _ in range(6)]
    requests = f"/api/organisations/{organisation_id}/requests"
    await asyncio.gather(*(person.post(requests, CONTACT) for person in people))
    body = {**CONTACT, "manager": False}
    await asyncio.gather(
        *(
            status_of(manager, path_to(organisation_id, person, "confirm"), body)
            for person in people
            for manager in (first, second)
        )
    )
    versions = [event["version"] for event in await scene.published() if event["key"] == organisation_id]
    assert versions == list(range(1, len(versions) + 1))


async def test_a_lapse_takes_as_few_statements_for_many_dependants_as_for_few(scene: Scene) -> None:
    await scene.tool()
    few, many = await lapse_counting(scene, 4), await lapse_counting(scene, 500)
    assert few == many <= 15


async def lapse_counting(scene: Scene, count: int) -> int:
    """How many statements it takes when someone on whom so many organisations depend loses everything."""
    person = scene.someone()
    await scene.holds(person, "ipi")
    await many_registrations(scene, person, count)
    before = len(await scene.published())
    statements: list[str] = []
    async with scene.app.at.database.transaction() as db:
        with db.query_logger(lambda record: statements.append(record.query)):
            await replace_held(db, person.id, [], version=new_id().int >> 80, today=datetime.now(BRUSSELS).date())
    suspended = (await scene.published())[before:]
    assert {event["type"] for event in suspended} == {"RegistrationSuspended"}
    assert len(suspended) == len({event["organisation_id"] for event in suspended}) == count
    of_the_driver = ("typeinfo", "set_config")
    return sum(not any(word in statement for word in of_the_driver) for statement in statements)


async def many_registrations(scene: Scene, person: Someone, count: int) -> None:
    """So many organisations in which this person is the mandated manager."""
    async with scene.app.at.database.transaction() as db:
        await db.execute(
            """
            INSERT INTO organisation (id, enterprise_number, name, street, postal_code, city, country, email, created_by, created_at)
            SELECT gen_random_uuid(), lpad(n::text, 8, '0') || lpad((97 - n % 97)::text, 2, '0'),
                   'Many', 's', 'p', 'c', 'BE', 'e', $1, now()
            FROM generate_series($3 + 1, $3 + $2::integer) AS n
            """,
            person.id,
            count,
            await db.fetchval("SELECT count(*)::integer FROM organisation"),
        )
        await db.execute(
            """
            INSERT INTO employee (organisation_id, account_id, type, email, state, manager, since)
            SELECT id, $1, 'head', 'e', 'active', true, now() FROM organisation WHERE created_by = $1
            """,
            person.id,
        )
        await db.execute(
            """
            INSERT INTO registration (id, organisation_id, tool_id, usage_mode, mandated_account_id, mandated_recognition,
                                      terms_version, registered_by, registered_at)
            SELECT gen_random_uuid(), id, 'cadastrefinder', 'agent', $1, 'ipi', '2026-1', $1, now()
            FROM organisation WHERE created_by = $1
            """,
            person.id,
        )


async def managers(scene: Scene, organisation_id: str) -> int:
    async with scene.app.at.database.acquire() as db:
        return await db.fetchval(
            "SELECT count(*) FROM employee WHERE organisation_id = $1 AND manager AND state = 'active'", organisation_id
        )


async def registration_states(scene: Scene, organisation_id: str) -> list[str]:
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT state FROM registration WHERE organisation_id = $1", organisation_id)
    return [row["state"] for row in rows]


async def test_a_request_that_crosses_with_events_runs_again(scene: Scene) -> None:
    """Events of several people in one batch can meet a request that locks the same people in the other order."""
    founder = scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.tool(usage_mode("agent", "", "ipi or fs323"))
    registration_id = await scene.register(organisation_id, founder)
    low, high = sorted([await scene.employee(organisation_id, founder) for _ in range(2)], key=lambda one: one.id)
    await scene.holds(low)
    await scene.holds(high)
    is_locked = asyncio.Event()

    async def batch() -> None:
        async with scene.app.at.database.transaction() as db:
            await replace_held(db, high.id, IPI, version=2**60, today=datetime.now(BRUSSELS).date())
            is_locked.set()
            await asyncio.sleep(0.3)
            await replace_held(db, low.id, IPI, version=2**60, today=datetime.now(BRUSSELS).date())

    async def events() -> None:
        try:
            await batch()
        except asyncpg.DeadlockDetectedError:
            await batch()  # as the consumer's runner does

    running = asyncio.create_task(events())
    await is_locked.wait()
    await scene.give(organisation_id, founder, registration_id, low, high)
    await running
    for person in (low, high):
        assert (await scene.may_start(person, organisation_id))["allowed"]
    assert await usable(scene, registration_id) == {str(founder.id): False, str(low.id): True, str(high.id): True}


async def usable(scene: Scene, registration_id: str) -> dict[str, bool]:
    async with scene.app.at.database.acquire() as db:
        rows = await db.fetch("SELECT account_id, usable FROM access WHERE registration_id = $1", registration_id)
    return {str(row["account_id"]): row["usable"] for row in rows}
