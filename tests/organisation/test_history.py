"""O13: what happened in an organisation, for its managers to read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.organisation.history.rules import Position, Wanted
from services.organisation.history.store import arguments, statement_of
from shared.events.identity import ErasureStarted
from shared.ids import new_id
from tests.organisation.inviting import Inviting
from tests.organisation.scenes import Scene, Someone

MANY = 100_000
# One entry a second, and long ago one that is unlike the others. $1: organisation, $2: who does all, $3: who does one thing.
FILL = (
    """
    INSERT INTO audit_log (at, actor, action, organisation_id, account_id, origin)
    SELECT $4::timestamptz - n * interval '1 second', $2::uuid::text, 'test', $1::uuid, $2, 'session x'
    FROM generate_series(1, $6::integer) AS n WHERE $3::uuid IS NOT NULL AND $5::timestamptz IS NOT NULL
    """,
    """
    INSERT INTO audit_log (at, actor, action, organisation_id, account_id, origin)
    SELECT $5::timestamptz, $3::uuid::text, 'rare', $1::uuid, $3, 'session x'
    WHERE $2::uuid IS NOT NULL AND $4::timestamptz IS NOT NULL AND $6::integer > 0
    """,
)


async def history(person: Someone, organisation_id: str, **query: Any) -> list[dict[str, Any]]:
    return (await person.get(f"/api/organisations/{organisation_id}/history", **query))["entries"]


async def test_managers_read_who_did_what_to_whom_newest_first(scene: Scene) -> None:
    ada, bram = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(ada)
    await scene.is_called(ada, "Ada", "Weg")
    await scene.is_called(bram, "Bram", "Wouters")
    await scene.employee(organisation_id, ada, person=bram)
    confirmed, requested, created = await history(ada, organisation_id)
    assert [entry["action"] for entry in (confirmed, requested, created)] == [
        "confirm",
        "request",
        "create-organisation",
    ]
    assert (confirmed["by"], confirmed["actor"]["name"], confirmed["account"]["name"]) == (
        "person",
        "Ada Weg",
        "Bram Wouters",
    )
    assert confirmed["details"]["type"] == "employee"


async def test_it_is_read_page_by_page_and_nothing_is_seen_twice_or_missed(scene: Scene) -> None:
    ada = scene.someone()
    organisation_id = await scene.organisation(ada)
    await write(scene, organisation_id, [("test", str(ada.id), ada.id)] * 25)
    whole = await history(ada, organisation_id, limit=100)
    path, seen, after = f"/api/organisations/{organisation_id}/history", [], None
    while True:
        page = await ada.get(path, limit=7, **({"after": after} if after else {}))
        seen += page["entries"]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == 26
    assert seen == whole
    for wrong in ("x", "1-", "-1", "99999999999999999999999-1", "1-99999999999999999999"):
        assert (await ada.get(path, after=wrong, expect=422))["errors"][0]["code"] == "cursor-invalid"


async def test_it_is_filtered_by_what_by_whom_on_whom_and_when(scene: Scene) -> None:
    ada, bram = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(ada)
    await scene.employee(organisation_id, ada, person=bram)
    await ada.post(f"/api/organisations/{organisation_id}/employees/{bram.id}/block", expect=204)
    assert [entry["action"] for entry in await history(ada, organisation_id, action="block")] == ["block"]
    assert [entry["action"] for entry in await history(ada, organisation_id, actor=str(bram.id))] == ["request"]
    about = await history(ada, organisation_id, account=str(bram.id))
    assert [entry["action"] for entry in about] == ["block", "confirm", "request"]
    both = await history(ada, organisation_id, account=str(bram.id), actor=str(ada.id), action="confirm")
    assert [entry["action"] for entry in both] == ["confirm"]
    today = datetime.now(UTC).date()
    around = {"from": str(today - timedelta(1)), "until": str(today + timedelta(1))}
    assert len(await history(ada, organisation_id, **around)) == 4
    assert await history(ada, organisation_id, until=str(today - timedelta(2))) == []
    assert await history(ada, organisation_id, **{"from": str(today + timedelta(2))}) == []


async def test_only_managers_read_it_and_only_of_their_own_organisation(scene: Scene) -> None:
    ada, other = scene.someone(), scene.someone()
    organisation_id, elsewhere = await scene.organisation(ada), await scene.organisation(other)
    member = await scene.employee(organisation_id, ada)
    await member.get(f"/api/organisations/{organisation_id}/history", expect=403)
    await other.get(f"/api/organisations/{organisation_id}/history", expect=404)
    assert [entry["action"] for entry in await history(other, elsewhere)] == ["create-organisation"]


async def test_support_has_no_name_and_whoever_was_erased_none_any_more(scene: Scene) -> None:
    ada, bram = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(ada)
    await scene.is_called(bram, "Bram", "Wouters")
    await scene.employee(organisation_id, ada, person=bram)
    staff = new_id()
    details = {"reason": "asked by telephone", "client_address": "192.0.2.1", "kept": True}
    await write(scene, organisation_id, [("list", str(staff), None)], origin="staff session x", details=details)
    await write(scene, organisation_id, [("reopen-organisation", "operator", ada.id)], origin="operator")
    await scene.hear(ErasureStarted(account_id=bram.id, version=9, started_at=datetime.now(UTC)))
    entries = {entry["action"]: entry for entry in await history(ada, organisation_id)}
    for action in ("list", "reopen-organisation"):
        assert (entries[action]["by"], entries[action]["actor"]) == ("support", None)
    assert entries["list"]["details"] == {"kept": True}
    assert str(staff) not in str(entries)
    assert entries["confirm"]["account"] == {"account_id": str(bram.id), "name": "", "erased": True}
    assert (entries["erase"]["by"], entries["erase"]["actor"]) == ("platform", None)


async def test_ids_are_read_as_what_they_stand_for(inviting: Inviting) -> None:
    ada, scene = inviting.someone(), inviting.scene
    organisation_id = await scene.organisation(ada)
    await scene.tool()
    await scene.holds(ada, "ipi")
    registration_id = await scene.register(organisation_id, ada)
    member = await scene.employee(organisation_id, ada)
    await scene.give(organisation_id, ada, registration_id, member)
    token = await inviting.mailed(organisation_id, ada, "bram@new.example")
    await scene.peer("gateway").post("/internal/invitations/decline", {"token": token}, expect=204)
    entries = {entry["action"]: entry for entry in await history(ada, organisation_id)}
    assert (entries["change-access"]["tool_id"], entries["change-access"]["usage_mode"]) == ("cadastrefinder", "agent")
    assert entries["change-access"]["details"]["role"] == "user"
    assert (entries["invite"]["address"], entries["invite"]["actor"]["account_id"]) == ("bram@new.example", str(ada.id))
    assert (entries["decline-invitation"]["by"], entries["decline-invitation"]["actor"]) == ("invited", None)
    assert "bram@new.example" not in str(await inviting.run("SELECT array_agg(l::text) FROM audit_log l"))


async def test_each_filter_has_an_index_among_many_entries(scene: Scene) -> None:
    """Prepared once for whatever is asked for, as the service's statements are after a while."""
    ada, rare = scene.someone(), new_id()
    organisation_id = UUID(await scene.organisation(ada))
    moment = datetime.now(UTC)
    long_ago = moment - timedelta(seconds=MANY)
    wishes = {
        "": Wanted(),
        "account_id": Wanted(account_id=rare),
        "actor": Wanted(actor=rare),
        "action": Wanted(action="rare"),
        "end": Wanted(end=long_ago + timedelta(seconds=10)),
        "begin": Wanted(begin=moment - timedelta(seconds=10)),
        "after": Wanted(after=Position(long_ago + timedelta(seconds=10), 0)),
    }
    async with scene.app.at.database.acquire() as db:
        for query in FILL:
            await db.execute(query, organisation_id, ada.id, rare, moment, long_ago, MANY)
        await db.execute("ANALYZE audit_log")
        await db.execute("SET plan_cache_mode = force_generic_plan")
        try:
            plans = {
                name: await db.fetch(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {statement_of(wanted)}", *arguments(organisation_id, wanted, 51)
                )
                for name, wanted in wishes.items()
            }
        finally:
            await db.execute("RESET plan_cache_mode")
    for name, rows in plans.items():
        plan = rows[0][0][0]["Plan"]
        assert 1 <= touched(plan) <= 120, (name, plan)


def touched(plan: dict[str, Any]) -> int:
    """How many rows were read, and read for nothing, anywhere in the plan."""
    own = plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0)
    return max(int(own), *(touched(part) for part in plan.get("Plans", [])), 0)


async def write(
    scene: Scene,
    organisation_id: str,
    entries: list[tuple[str, str, UUID | None]],
    *,
    origin: str = "session x",
    details: dict[str, Any] | None = None,
) -> None:
    async with scene.app.at.database.transaction() as db:
        for action, actor, account_id in entries:
            await db.execute(
                """
                INSERT INTO audit_log (actor, action, organisation_id, account_id, origin, details)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                actor,
                action,
                UUID(organisation_id),
                account_id,
                origin,
                details or {},
            )


def test_a_position_is_read_as_it_was_written() -> None:
    position = Position(datetime(2026, 3, 1, 9, 0, 0, 123_456, tzinfo=UTC), 42)
    assert Position.parse(str(position)) == position
