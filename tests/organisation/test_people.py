"""What identity announces: names, and that someone is gone."""

from datetime import UTC, datetime

from shared.events.identity import AccountErased, EidLinked, ProfileChanged
from tests.organisation.scenes import Scene, Someone


async def names(scene: Scene, person: Someone) -> tuple[str, str] | None:
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow("SELECT first_name, last_name FROM person WHERE account_id = $1", person.id)
    return (row["first_name"], row["last_name"]) if row else None


async def test_a_name_is_that_of_the_card_once_one_is_linked(scene: Scene) -> None:
    person, keyring = scene.someone(), scene.app.at.keyring
    await scene.hear(await scene.signed_up(person, "Jef", "Jansens"))
    linked = EidLinked(
        account_id=person.id,
        version=3,
        first_name=keyring.seal(person.id, "first_name", "Jozef"),
        last_name=keyring.seal(person.id, "last_name", "Janssens"),
        national_number=keyring.seal(person.id, "national_number", "85010100105"),
        linked_at=datetime.now(UTC),
    )
    await scene.hear(linked)
    assert await names(scene, person) == ("Jozef", "Janssens")


async def test_older_news_does_not_overwrite_a_name(scene: Scene) -> None:
    person, keyring = scene.someone(), scene.app.at.keyring
    await keyring.fetch([person.id])
    changed = ProfileChanged(
        account_id=person.id,
        version=5,
        first_name=keyring.seal(person.id, "first_name", "New"),
        last_name=keyring.seal(person.id, "last_name", "Name"),
        language="nl",
    )
    await scene.hear(changed)
    await scene.hear(await scene.signed_up(person, "Old", "Name"))
    assert await names(scene, person) == ("New", "Name")


async def test_a_name_whose_key_is_destroyed_is_not_needed(scene: Scene) -> None:
    person = scene.someone()
    event = await scene.signed_up(person, "Gone", "Already")
    scene.app.at.keyring.forget(person.id)
    loader = scene.app.service.key_loader(scene.app.at)
    loader.erase(person.id)  # pyright: ignore[reportFunctionMemberAccess]
    await scene.hear(event)
    assert await names(scene, person) is None


async def test_an_erased_person_leaves_only_ids(scene: Scene) -> None:
    founder, other = scene.someone(), scene.someone()
    organisation_id = await scene.organisation(founder)
    elsewhere = await scene.organisation(other)
    person = await scene.employee(organisation_id, founder)
    await scene.employee(elsewhere, other, person=person)
    await scene.tool()
    await scene.holds(founder, "ipi")
    registration_id = await scene.register(organisation_id, founder)
    await scene.hear(await scene.signed_up(person, "Jan", "Weg"))
    await scene.holds(person, "fs323")
    await scene.give(organisation_id, founder, registration_id, person)
    before = len(await scene.published())
    await scene.hear(AccountErased(account_id=person.id, version=9, erased_at=datetime.now(UTC)))
    await scene.hear(await scene.signed_up(person, "Jan", "Weg"))
    await scene.holds(person, "fs323")
    assert await names(scene, person) == ("", "")
    gone = (await scene.published())[before:]
    assert {event["type"] for event in gone} == {"EmployeeRemoved", "AccessWithdrawn"}
    assert {event["key"] for event in gone if event["type"] == "EmployeeRemoved"} == {organisation_id, elsewhere}
    assert [event["reason"] for event in gone if event["type"] == "AccessWithdrawn"] == ["account-erased"]
    async with scene.app.at.database.acquire() as db:
        row = await db.fetchrow(
            """
            SELECT (SELECT count(*) FROM recognition_held WHERE account_id = $1) AS held,
                   (SELECT count(*) FROM access WHERE account_id = $1) AS access,
                   (SELECT count(*) FROM employee WHERE account_id = $1 AND email <> '') AS reachable
            """,
            person.id,
        )
    assert tuple(row) == (0, 0, 0)
