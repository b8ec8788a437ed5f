"""O6: the list of employees: searched, sorted, filtered, a page at a time, and as a file."""

import asyncio
import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.organisation.employees.listing import Cursor, CursorInvalid, Listing, Sort, Which, page_of, statement
from services.organisation.employees.rules import State
from shared.csv_files import BYTE_ORDER_MARK
from shared.ids import new_id
from tests.organisation.scenes import CONTACT, Scene, Someone

MANY = 5_000
PAGE = 50
WHICH: tuple[Which, ...] = ("all", "awaiting", "managers", "blocked")
SORTS: tuple[Sort, ...] = ("name", "state", "since")


class Team:
    """An agency with a few employees of every state."""

    def __init__(self, scene: Scene, organisation_id: str, founder: Someone) -> None:
        self.scene, self.organisation_id, self.founder = scene, organisation_id, founder
        self.path = f"/api/organisations/{organisation_id}/employees"

    async def names(self, **query: Any) -> list[str]:
        return [one["name"] for one in (await self.founder.get(self.path, **query))["employees"]]


@pytest_asyncio.fixture
async def team(scene: Scene) -> Team:
    founder, waiting = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    await scene.is_called(founder, "Zoë", "Maes")
    zoe = await scene.employee(organisation_id, founder)
    await scene.is_called(zoe, "Élodie", "Ångström")
    second = await scene.employee(organisation_id, founder, manager=True)
    await scene.is_called(second, "Bob", "de Smet_100%")
    blocked = await scene.employee(organisation_id, founder)
    await scene.is_called(blocked, "Jan", "Adam")
    await founder.post(f"/api/organisations/{organisation_id}/employees/{blocked.id}/block", expect=204)
    await waiting.post(f"/api/organisations/{organisation_id}/requests", {**CONTACT, "email": "Waiting@agence.example"})
    return Team(scene, organisation_id, founder)


async def test_the_list_is_sorted_filtered_and_searched(team: Team) -> None:
    everyone = ["Jan Adam", "Élodie Ångström", "Bob de Smet_100%", "Zoë Maes", ""]
    assert await team.names() == everyone
    assert await team.names(sort="state") == ["", "Élodie Ångström", "Bob de Smet_100%", "Zoë Maes", "Jan Adam"]
    assert (await team.names(sort="since"))[0] == ""
    assert await team.names(filter="managers") == ["Bob de Smet_100%", "Zoë Maes"]
    assert await team.names(filter="blocked") == ["Jan Adam"]
    assert await team.names(q="zoe MAES") == ["Zoë Maes"], "words in any order, without accents and capitals"
    assert await team.names(q="angstrom elodie") == ["Élodie Ångström"]
    assert await team.names(q="smet_1") == ["Bob de Smet_100%"]
    assert await team.names(q="100%") == ["Bob de Smet_100%"]
    assert await team.names(q="waiting@agence") == [""], "an address is searched as a name is"
    assert await team.names(q="nobody") == []
    found = await team.founder.get(team.path, q="agence")
    assert (found["total"], found["awaiting"]) == (5, 1)


async def test_a_page_after_another_shows_everyone_once(team: Team) -> None:
    for sort in SORTS:
        seen: list[str] = []
        after = ""
        while after is not None:
            page = await team.founder.get(team.path, sort=sort, limit=2, after=after)
            seen += [one["account_id"] for one in page["employees"]]
            after = page["next"]
        assert len(seen) == len(set(seen)) == page["total"] == 5
        assert seen == [one["account_id"] for one in (await team.founder.get(team.path, sort=sort))["employees"]]


async def test_a_place_that_nobody_gave_is_refused(team: Team) -> None:
    for after in ("x", "bm90anNvbg", Cursor("a", new_id(), 2**62).packed(), "W10"):
        assert (await team.founder.get(team.path, after=after, expect=422))["code"] == "cursor-invalid"
    for sort in SORTS:
        await team.founder.get(team.path, sort=sort, after=Cursor("a", new_id(), 5).packed())
    with pytest.raises(CursorInvalid):
        Cursor.unpacked(Cursor("\x00", new_id(), 1).packed())


async def test_a_new_name_moves_the_person_in_the_list(team: Team) -> None:
    someone = team.scene.someone()
    await team.scene.employee(team.organisation_id, team.founder, person=someone)
    assert (await team.names())[-2:] == ["", ""]
    await team.scene.is_called(someone, "Aaron", "Aerts")
    assert (await team.names())[:2] == ["Jan Adam", "Aaron Aerts"]


async def test_a_name_that_arrives_while_the_person_asks_to_join_is_not_missed(team: Team) -> None:
    someone, scene = team.scene.someone(), team.scene
    event = await scene.signed_up(someone, "Aaron", "Aerts")
    async with scene.app.at.database.transaction() as db:
        await db.execute(
            """
            INSERT INTO employee (organisation_id, account_id, type, email, state, since)
            VALUES ($1, $2, 'employee', 'x', 'requested', now())
            """,
            UUID(team.organisation_id),
            someone.id,
        )
        arriving = asyncio.create_task(scene.hear(event))
        await until_somebody_waits(scene)
    await arriving
    assert (await team.names(filter="awaiting", sort="name"))[0] == "Aaron Aerts"


async def until_somebody_waits(scene: Scene) -> None:
    async with asyncio.timeout(30), scene.app.at.database.acquire() as db:
        while not await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
            """
        ):
            await asyncio.sleep(0.02)


async def test_the_file_holds_what_the_filter_leaves(team: Team) -> None:
    response = await team.founder.http.get(f"{team.path}.csv?q=maes&sort=name", headers=team.founder.headers)
    assert response.text.startswith(BYTE_ORDER_MARK)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(response.text.removeprefix(BYTE_ORDER_MARK)), delimiter=";")
    assert header[:3] == ["Name", "Place", "E-mail address"]
    assert row[:4] == ["Zoë Maes", "Head of the company", CONTACT["email"], "'+32 470 12 34 56"]
    assert row[5] == "Active"
    assert row[7] == "yes"
    whole = await team.founder.http.get(f"{team.path}.csv", headers=team.founder.headers)
    assert len(whole.text.splitlines()) == 6
    member = await team.scene.employee(team.organisation_id, team.founder)
    await member.get(f"{team.path}.csv", expect=403)


async def test_a_page_of_five_thousand_reads_as_many_rows_as_it_shows(scene: Scene) -> None:
    """Not how fast, which depends on the machine, but how many rows it takes, on whichever page."""
    organisation_id = UUID(await scene.organisation(scene.someone()))
    await many_employees(scene, organisation_id)
    async with scene.app.at.database.acquire() as db:
        for which in WHICH:
            for sort in SORTS:
                listing = Listing(organisation_id, "managers", which, sort)
                first = await page_of(db, listing, after=None, limit=PAGE)
                assert len(first.employees) == PAGE
                assert first.next is not None
                for cursor in (None, first.next):
                    assert await rows_read(db, listing, cursor) <= 3 * (PAGE + 1), (which, sort, cursor)
        for sort in SORTS:
            colleagues = Listing(organisation_id, "colleagues", sort=sort)
            assert await rows_read(db, colleagues, None) <= 3 * (PAGE + 1), sort
        states = {one.state for one in (await page_of(db, colleagues, after=None, limit=200)).employees}
        assert states == {State.ACTIVE}


async def many_employees(scene: Scene, organisation_id: UUID) -> None:
    async with scene.app.at.database.transaction() as db:
        await db.execute(
            """
            INSERT INTO person (account_id, first_name, last_name, version)
            SELECT gen_random_uuid(), 'Person', 'N' || n, n FROM generate_series(1, $1::integer) AS n
            """,
            MANY,
        )
        await db.execute(
            """
            INSERT INTO employee (organisation_id, account_id, type, email, state, manager, since)
            SELECT $1, account_id, 'employee', 'e' || version || '@agence.example',
                   (ARRAY['requested', 'active', 'blocked', 'active', 'removed'])[version % 5 + 1],
                   version % 5 = 1, now() - version * interval '1 minute'
            FROM person WHERE first_name = 'Person'
            """,
            organisation_id,
        )
    async with scene.app.at.database.acquire() as db:
        await db.execute("ANALYZE employee, person")


async def rows_read(db: Any, listing: Listing, cursor: Cursor | None) -> int:
    """What all scans of the plan gave and threw away, whatever the statement's parameters turn out to be."""
    arguments: list[object] = [listing.organisation_id, listing.patterns, PAGE + 1]
    if cursor is not None:
        arguments += [cursor.sort_name, cursor.account_id, cursor.number]
    text = statement(listing, first=cursor is None)
    plan = await db.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", *arguments)
    return _scanned((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _scanned(node: dict[str, Any]) -> int:
    own = 0
    if "Scan" in node["Node Type"]:
        own = round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    return own + sum(_scanned(child) for child in node.get("Plans", ()))
