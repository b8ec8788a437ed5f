"""What of all that happens a tool is told, and under which names."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

from pydantic_core import to_json

from services.notify.webhooks.facts import TOLD, TYPES
from shared.events import identity, organisation, recognition, wallet
from shared.ids import new_id
from shared.sealed import Sealed
from tests.notify.webhook_scenes import TOOL, Happening, granted, renamed

NOW = datetime.now(UTC)


def charged(wallet_id: UUID, tool_id: str = TOOL, account_id: UUID | None = None) -> wallet.WalletCharged:
    return wallet.WalletCharged(
        wallet_id=wallet_id,
        charge_id=new_id(),
        tool_id=tool_id,
        amount_excl_cents=1900,
        amount_incl_cents=2299,
        balance_cents=77,
        account_id=account_id,
    )


async def kinds(happening: Happening, tool_id: str = TOOL) -> list[str]:
    return [event.type.split(".")[2] for event in await happening.log_of(tool_id)]


async def test_a_tool_hears_of_organisations_that_use_it_from_the_registration_to_its_end(at_rest: Happening) -> None:
    used, other = await at_rest.registered(), await at_rest.registered("romi")
    ended = organisation.RegistrationEnded(**used.model_dump(include={*organisation.RegistrationEnded.model_fields}))
    for one in (used, other):
        await at_rest.happens(renamed(one.organisation_id, "Lindeman"))
        await at_rest.happens(charged(one.organisation_id, one.tool_id))
    await at_rest.happens(ended)
    await at_rest.happens(renamed(used.organisation_id, "Another"), charged(used.organisation_id))
    assert await kinds(at_rest) == ["ToolRegistered", "OrganisationChanged", "WalletCharged", "RegistrationEnded"]
    assert {event.organisation_id for event in await at_rest.log_of()} == {used.organisation_id}
    assert [e.organisation_id for e in await at_rest.log_of("romi")] == [other.organisation_id] * 3


async def test_a_new_name_is_told_and_new_addresses_are_not(at_rest: Happening) -> None:
    used = await at_rest.registered()
    for name in ("Lindeman", "Lindeman", "Lindeman & Co", "Lindeman & Co"):
        await at_rest.happens(renamed(used.organisation_id, name))
    names = [e.data["name"] for e in await at_rest.log_of() if "name" in e.data]
    assert names == ["Lindeman", "Lindeman & Co"]


async def test_a_charge_that_comes_before_its_registration_is_told(at_rest: Happening) -> None:
    organisation_id = new_id()
    await at_rest.happens(charged(organisation_id))
    await at_rest.registered(organisation_id=organisation_id)
    assert await kinds(at_rest) == ["WalletCharged", "ToolRegistered"]


async def test_a_block_is_told_as_access_that_is_withdrawn_and_comes_back(at_rest: Happening) -> None:
    used, ada = await at_rest.registered(), new_id()
    about = {"organisation_id": used.organisation_id, "account_id": ada}
    await at_rest.happens(granted(used, ada, usable=False))
    await at_rest.happens(organisation.EmployeeBlocked(**about, blocked_by=new_id()))
    await at_rest.happens(organisation.EmployeeActivated(**about, activated_by=new_id()))
    _, _, withdrawn, again = await at_rest.log_of()
    assert (withdrawn.type, withdrawn.data["reason"]) == (organisation.AccessWithdrawn.type, "employee-blocked")
    assert withdrawn.data["registration_id"] == str(used.registration_id)
    assert (again.type, again.data["usable"], again.account_id) == (organisation.AccessGranted.type, False, ada)


async def test_a_recognition_is_told_to_tools_that_ask_about_it_where_the_person_has_access(at_rest: Happening) -> None:
    await at_rest.tool(rule="ipi")
    await at_rest.tool("romi", rule="fs323 or on list ipi")
    used, elsewhere, ada = await at_rest.registered(), await at_rest.registered("romi"), new_id()
    await at_rest.happens(granted(used, ada), granted(elsewhere, ada))
    await at_rest.happens(
        recognition.RecognitionGranted(account_id=ada, kind="ipi", source="ipi", valid_until=date(2031, 1, 1)),
        recognition.RecognitionGranted(account_id=ada, kind="cib", source="cib"),
        recognition.RecognitionGranted(account_id=new_id(), kind="ipi", source="ipi"),
        recognition.RecognitionLapsed(account_id=ada, kind="ipi", source="ipi", held_elsewhere=True),
        recognition.RecognitionLapsed(account_id=ada, kind="ipi", source="support"),
    )
    told = [(e.type.split(".")[2], e.data.get("kind"), e.organisation_id) for e in (await at_rest.log_of())[2:]]
    assert told == [
        ("RecognitionGranted", "ipi", used.organisation_id),
        ("RecognitionLapsed", "ipi", used.organisation_id),
    ]


async def test_who_was_erased_is_followed_no_longer(at_rest: Happening) -> None:
    await at_rest.tool()
    used, ada = await at_rest.registered(), new_id()
    await at_rest.happens(granted(used, ada))
    await at_rest.happens(identity.AccountErased(account_id=ada, erased_at=NOW))
    await at_rest.happens(recognition.RecognitionGranted(account_id=ada, kind="ipi", source="ipi"))
    assert await kinds(at_rest) == ["ToolRegistered", "AccessGranted"]
    assert await at_rest.fetch("SELECT FROM webhook_access") == []


async def test_an_event_that_comes_twice_is_told_once_and_bears_the_id_of_kafka(at_rest: Happening) -> None:
    used = await at_rest.registered()
    ids = await at_rest.happens(charged(used.organisation_id))
    assert str((await at_rest.log_of())[-1].event_id) == ids[0]


def test_what_tools_are_told_exists_and_is_neither_sealed_nor_a_persons_id() -> None:
    for event, told in TOLD.items():
        for name in told.fields:
            annotation = str(event.model_fields[name].annotation)
            assert Sealed.__name__ not in annotation
            assert not name.endswith(("_by", "account_id")), (event, name)
        assert not told.person or told.person in event.model_fields
    assert len(TYPES) == len(TOLD)


async def test_no_reader_ever_passes_an_event_that_is_committed_late(at_rest: Happening) -> None:
    """Writers commit in any order, while readers remember how far they came; at the end each has all, in one order."""
    used = [await at_rest.registered() for _ in range(4)]
    total, database = 4 * 40, at_rest.app.at.database
    writing = True
    insert = """
        INSERT INTO tool_event_new (tool_id, organisation_id, type, event_id, occurred_at, data)
        VALUES ($1, $2, 'x', gen_random_uuid(), now(), $3)
    """

    async def write(organisation_id: UUID, pause_s: float) -> None:
        for n in range(40):
            async with database.transaction() as db:
                await db.execute(insert, TOOL, organisation_id, {"n": n})
                await asyncio.sleep(pause_s * ((n * 7) % 5))

    async def number() -> None:
        while writing or await at_rest.fetch("SELECT FROM tool_event_new LIMIT 1"):
            await at_rest.number()

    async def read() -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []
        after = 4
        while len(seen) < total:
            found = await at_rest.fetch(
                "SELECT cursor, organisation_id, data FROM tool_event WHERE tool_id = $1 AND cursor > $2 ORDER BY cursor",
                TOOL,
                after,
            )
            for row in found:
                assert row["cursor"] == after + 1
                after = row["cursor"]
                seen.append((str(row["organisation_id"]), row["data"]["n"]))
            await asyncio.sleep(0.001)
        return seen

    readers = [asyncio.create_task(read()) for _ in range(2)]
    numberers = [asyncio.create_task(number()) for _ in range(2)]
    await asyncio.gather(*(write(one.organisation_id, 0.001 * n) for n, one in enumerate(used)))
    writing = False
    await asyncio.gather(*numberers)
    first, second = await asyncio.gather(*readers)
    assert first == second
    for one in used:
        assert [n for key, n in first if key == str(one.organisation_id)] == list(range(40))


async def test_what_is_told_holds_no_balance_and_nobodys_name(at_rest: Happening) -> None:
    used, ada = await at_rest.registered(), new_id()
    await at_rest.happens(charged(used.organisation_id, account_id=ada))
    event = (await at_rest.log_of())[-1]
    assert b"77" not in to_json({name: value for name, value in event.data.items() if name != "charge_id"})
    assert str(ada) not in str(event.data)
    assert event.account_id == ada
