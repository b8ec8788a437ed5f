"""T4: the access page of many, and of several people at once."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.organisation.people.handlers import replace_held
from services.organisation.people.store import Held
from services.organisation.registrations.page_store import Wanted, access_page
from shared.ids import new_id
from tests.organisation.scenes import Scene, Someone
from tests.organisation.test_access import office


class Page:
    """The access page of a registration, as one person sees it."""

    def __init__(self, organisation_id: str, registration_id: str) -> None:
        self.path = f"/api/organisations/{organisation_id}/registrations/{registration_id}/access"

    async def names(self, who: Someone, **query: Any) -> list[str]:
        return [one["name"] for one in (await who.get(self.path, **query))["employees"]]

    async def roles(self, who: Someone) -> dict[str, str | None]:
        return {one["account_id"]: one["role"] for one in (await who.get(self.path))["employees"]}

    async def save(self, who: Someone, *changes: dict[str, Any], expect: int = 200) -> Any:
        return await who.put(self.path, {"changes": list(changes)}, expect=expect)


def change(person: Someone, role: str | None, **was: str | None) -> dict[str, Any]:
    return {"account_id": str(person.id), "role": role, **was}


async def four(scene: Scene) -> tuple[Page, Someone, list[Someone]]:
    """A page with Anna who manages, Bart, Celine and Émile."""
    organisation_id, founder, registration_id, bart = await office(scene)
    people = [bart, *[await scene.employee(organisation_id, founder) for _ in range(2)]]
    for person, name in zip([founder, *people], ("Anna Aerts", "Bart Bos", "Celine Claes", "Émile Dïaz"), strict=True):
        await scene.is_called(person, *name.split())
    return Page(organisation_id, registration_id), founder, people


async def test_the_page_is_searched_sorted_and_filtered(scene: Scene) -> None:
    page, founder, (bart, _, _) = await four(scene)
    await page.save(founder, change(bart, "admin"))
    assert await page.names(founder) == ["Anna Aerts", "Bart Bos", "Celine Claes", "Émile Dïaz"]
    assert await page.names(founder, sort="-name", limit=2) == ["Émile Dïaz", "Celine Claes"]
    assert await page.names(founder, offset=2, limit=1) == ["Celine Claes"]
    assert await page.names(founder, sort="access") == ["Bart Bos", "Anna Aerts", "Celine Claes", "Émile Dïaz"]
    assert await page.names(founder, q="diaz EMI") == ["Émile Dïaz"]
    assert await page.names(founder, q="100%") == []
    assert await page.names(founder, filter="with") == ["Anna Aerts", "Bart Bos"]
    assert await page.names(founder, filter="insufficient") == ["Bart Bos"]
    assert await page.names(founder, filter="without", only=[str(bart.id)]) == []
    found = await founder.get(page.path, filter="without", limit=1)
    assert (found["total"], len(found["employees"])) == (2, 1)


async def test_a_recognition_says_until_when(scene: Scene) -> None:
    page, founder, (bart, _, _) = await four(scene)
    today = date.today()
    until = today + timedelta(days=90)
    async with scene.app.at.database.transaction() as db:
        held = [Held("fs323", "a", until), Held("fs323", "b", today), Held("ipi", "a", today - timedelta(days=9))]
        await replace_held(db, bart.id, held, version=2**60, today=today)
    (row,) = (await founder.get(page.path, q="bart"))["employees"]
    assert (row["held"], row["until"]) == (["fs323"], {"fs323": until.isoformat()})


async def test_who_was_faster_is_not_undone_unseen(scene: Scene) -> None:
    page, founder, (bart, celine, _) = await four(scene)
    await page.save(founder, change(bart, "admin", was=None))
    late = [change(bart, "user", was=None), change(celine, "user", was=None)]
    problem = await page.save(founder, *late, expect=409)
    assert problem["code"] == "access-changed-meanwhile"
    assert problem["params"]["changes"] == [{"account_id": str(bart.id), "role": "admin"}]
    assert (await page.roles(founder))[str(celine.id)] is None
    saved = await page.save(founder, change(bart, "admin", was=None), change(celine, "user", was=None))
    assert saved == {"access": 1, "tool_managers": 0}


async def test_two_managers_who_save_at_once_see_each_other(scene: Scene) -> None:
    page, founder, (bart, celine, _) = await four(scene)
    other = await scene.employee(page.path.split("/")[3], founder, manager=True)
    for _ in range(4):
        was = (await page.roles(founder))[str(bart.id)]
        one, another = [role for role in (None, "user", "admin") if role != was]
        bodies = [
            {"changes": [change(bart, one, was=was), change(celine, None)]},
            {"changes": [change(celine, None), change(bart, another, was=was)]},
        ]
        answers = await asyncio.gather(
            *(
                who.http.request("PUT", page.path, json=body, headers=who.headers)
                for who, body in zip((founder, other), bodies, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


@pytest.mark.parametrize("action", ["remove", "block"])
async def test_who_goes_while_access_is_given_has_none(scene: Scene, action: str) -> None:
    organisation_id, founder, registration_id, _ = await office(scene)
    page = Page(organisation_id, registration_id)
    for _ in range(4):
        person = await scene.employee(organisation_id, founder)
        await scene.holds(person, "ipi")
        leaving = f"/api/organisations/{organisation_id}/employees/{person.id}/{action}"
        given, _ = await asyncio.gather(
            person.http.put(page.path, json={"changes": [change(person, "user")]}, headers=founder.headers),
            founder.post(leaving, expect=204),
        )
        assert given.status_code in (200, 404, 409)
        assert not (await scene.may_start(person, organisation_id))["allowed"]


async def test_a_registration_that_ends_while_access_is_given_leaves_none(scene: Scene) -> None:
    for _ in range(3):
        organisation_id, founder, registration_id, member = await office(scene)
        page = Page(organisation_id, registration_id)
        given, _ = await asyncio.gather(
            founder.http.put(page.path, json={"changes": [change(member, "user")]}, headers=founder.headers),
            founder.post(page.path.replace("/access", "/end"), expect=204),
        )
        assert given.status_code in (200, 404)
        async with scene.app.at.database.acquire() as db:
            assert await db.fetchval("SELECT count(*) FROM access WHERE registration_id = $1", registration_id) == 0


async def test_a_page_of_many_reads_what_it_shows(scene: Scene) -> None:
    """The order by name is that of an index: nobody is sorted, and nobody's recognitions are read who is not shown."""
    organisation_id, founder, registration_id, _ = await office(scene)
    async with scene.app.at.database.transaction() as db:
        await db.execute(
            """
            WITH people AS (
                INSERT INTO person (account_id, first_name, last_name, version)
                SELECT gen_random_uuid(), 'Someone', 'Number ' || n, 1 FROM generate_series(1, 1500) AS n RETURNING account_id)
            INSERT INTO employee (organisation_id, account_id, type, email, state, since)
            SELECT $1, account_id, 'employee', 'e@e.example', 'active', now() FROM people
            """,
            organisation_id,
        )
    page = Page(organisation_id, registration_id)
    found = await founder.get(page.path, offset=1000, limit=50)
    assert (len(found["employees"]), found["total"]) == (50, 1502)
    async with scene.app.at.database.transaction() as db:
        await db.execute("ANALYZE employee; ANALYZE access; ANALYZE tool_manager")
        found: list[Any] = []
        with db.query_logger(lambda record: found.append((record.query, record.args))):
            about = (UUID(organisation_id), UUID(registration_id), Wanted())
            await access_page(db, *about, kinds=["ipi"], today=date.today())
            await db.fetchval("SELECT 1")
        query, arguments = next(one for one in found if "LATERAL" in one[0])
        plan = "\n".join(row[0] for row in await db.fetch("EXPLAIN " + query, *arguments))
    assert "Sort" not in plan
    assert "employee_by_name" in plan


async def test_what_nobody_may_ask_is_refused(scene: Scene) -> None:
    page, founder, _ = await four(scene)
    await founder.get(page.path, limit=1000, expect=422)
    await founder.get(page.path, sort="height", expect=422)
    changes = [{"account_id": str(new_id()), "role": None} for _ in range(501)]
    await founder.put(page.path, {"changes": changes}, expect=422)
