"""R1 to R3: fetched as soon as a card is linked, kept, announced, and lapsed."""

from datetime import UTC, datetime

import pytest

from services.recognition.answers import save_answer
from services.recognition.store import Subject
from services.recognition.timers import ChangesOf, lapse_ended, repeat_due
from shared.events.identity import AccountErased, AccountsMerged, EidUnlinked
from shared.ids import new_id
from shared.sealed import Sealed
from tests.recognition.scenes import NUMBER, Scene, held


async def test_linking_a_card_fetches_without_anyone_doing_anything(scene: Scene) -> None:
    scene.registry.says(NUMBER, held("ipi"), held("fs323", number=""))
    account_id = await scene.link()
    waiting = await scene.get(account_id)
    assert waiting["recognitions"] == []
    assert [(one["registry"], one["state"]) for one in waiting["registries"]] == [("professions", "pending")]
    await scene.work()
    shown = await scene.get(account_id, language="nl")
    assert [(one["kind"], one["name"], one["number"], one["state"]) for one in shown["recognitions"]] == [
        ("fs323", "names of fs323 (nl)", None, "valid"),
        ("ipi", "names of ipi (nl)", "501234", "valid"),
    ]
    assert shown["registries"][0]["state"] == "answered"


async def test_the_whole_set_is_announced_and_what_is_new_in_it(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"), held("fs323"))
    fetched, *granted = await scene.published()
    assert fetched["type"] == "RecognitionsFetched"
    assert [one["kind"] for one in fetched["recognitions"]] == ["fs323", "ipi"]
    number = Sealed(fetched["recognitions"][1]["number"])
    assert number.subject == account_id
    assert scene.app.at.keyring.open(number, "number") == "501234"
    assert [(one["type"], one["kind"], one["source"]) for one in granted] == [
        ("RecognitionGranted", "fs323", "professions"),
        ("RecognitionGranted", "ipi", "professions"),
    ]
    assert [event["version"] for event in (fetched, *granted)] == [1, 2, 3]


async def test_the_first_answer_is_announced_even_when_it_is_empty(scene: Scene) -> None:
    await scene.linked()
    assert [(one["type"], one["recognitions"]) for one in await scene.published()] == [("RecognitionsFetched", [])]


async def test_the_same_answer_again_is_not_announced(scene: Scene) -> None:
    await scene.linked(held("ipi"))
    before = len(await scene.published())
    await scene.pass_days(0)
    await scene.fetch("UPDATE inquiry SET refresh_at = now() - interval '1 second'")
    await repeat_due(scene.desk)
    await scene.work()
    assert len(scene.registry.asked) == 2
    assert len(await scene.published()) == before


async def test_a_change_in_the_registry_is_followed(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    before = len(await scene.published())
    await ChangesOf(scene.desk, "professions")()
    await scene.work()
    assert len(await scene.published()) == before
    scene.registry.says(NUMBER, held("ipi", ends=-1), held("cib"))
    scene.registry.says("85010100105", held("ipi"))
    await ChangesOf(scene.desk, "professions")()
    await scene.work()
    fetched, granted, lapsed = (await scene.published())[before:]
    assert [one["kind"] for one in fetched["recognitions"]] == ["cib"]
    assert (granted["type"], granted["kind"]) == ("RecognitionGranted", "cib")
    assert (lapsed["type"], lapsed["kind"]) == ("RecognitionLapsed", "ipi")
    states = {one["kind"]: one["state"] for one in (await scene.get(account_id))["recognitions"]}
    assert states == {"cib": "valid", "ipi": "lapsed"}
    assert scene.registry.asked.count("85010100105") == 0


async def test_the_list_of_changes_is_read_once(scene: Scene) -> None:
    await scene.linked(held("ipi"))
    for _ in range(3):
        await ChangesOf(scene.desk, "professions")()
        await scene.work()
    assert len(scene.registry.asked) == 2  # once when linked, once because the list names the person from before


async def test_a_registry_without_answer_is_announced_once_and_asked_for_ever(scene: Scene) -> None:
    scene.registry.says(NUMBER, held("ipi"))
    scene.registry.down = True
    account_id = await scene.link()
    pauses = [pause for _ in range(8) for pause in await scene.work()]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert [one["type"] for one in await scene.published()] == ["RegistryUnavailable"]
    assert (await scene.get(account_id))["registries"][0]["state"] == "unavailable"
    await ChangesOf(scene.desk, "professions")()
    scene.registry.down = False
    assert await scene.work() == []
    assert [one["type"] for one in await scene.published()][1:] == ["RecognitionsFetched", "RecognitionGranted"]
    assert (await scene.get(account_id))["registries"][0]["state"] == "answered"


async def test_a_list_of_changes_that_cannot_be_read_is_said_once_each_time(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    read = ChangesOf(scene.desk, "professions")
    for is_down in (True, True, True, False, False, True, True):
        scene.registry.down = is_down
        await read()
    assert caplog.text.count("registry_unavailable") == 2


async def test_what_was_known_stays_while_the_registry_is_down(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    scene.registry.down = True
    await scene.fetch("UPDATE inquiry SET refresh_at = now() - interval '1 second'")
    await repeat_due(scene.desk)
    await scene.work()
    shown = await scene.get(account_id)
    assert [(one["kind"], one["state"]) for one in shown["recognitions"]] == [("ipi", "valid")]
    assert shown["registries"][0]["state"] == "unavailable"


async def test_what_ends_by_its_date_lapses_by_itself(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi", ends=5), held("cib", ends=50))
    before = len(await scene.published())
    await scene.pass_days(5)
    await lapse_ended(scene.desk)
    assert len(await scene.published()) == before
    await scene.pass_days(1)
    await lapse_ended(scene.desk)
    await lapse_ended(scene.desk)
    (lapsed,) = (await scene.published())[before:]
    assert (lapsed["type"], lapsed["kind"], lapsed["version"]) == ("RecognitionLapsed", "ipi", before + 1)
    assert lapsed["cause"] == "ended"
    states = {one["kind"]: one["state"] for one in (await scene.get(account_id))["recognitions"]}
    assert states == {"cib": "valid", "ipi": "lapsed"}
    asked = len(scene.registry.asked)
    await repeat_due(scene.desk)
    await scene.work()
    assert len(scene.registry.asked) == asked + 1


async def test_asking_again_is_possible_after_a_minute(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    problem = await scene.refresh(account_id, expect=429)
    assert problem["code"] == "too-soon"
    assert 1 <= problem["params"]["retry_after_s"] <= 60
    await scene.fetch("UPDATE inquiry SET asked_at = asked_at - interval '61 seconds'")
    assert await scene.refresh(account_id) == {"registries": ["professions"]}
    assert (await scene.get(account_id))["registries"][0]["state"] == "pending"
    await scene.work()
    assert (await scene.get(account_id))["registries"][0]["state"] == "answered"


async def test_without_a_card_nobody_is_asked_about(scene: Scene) -> None:
    account_id = new_id()
    assert (await scene.refresh(account_id, expect=409))["code"] == "eid-not-linked"
    nothing = {"recognitions": [], "registries": [], "can_ask": True, "ask_again_at": None}
    assert await scene.get(account_id) == nothing


async def test_an_unlinked_card_takes_its_recognitions_along(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await scene.hear(EidUnlinked(account_id=account_id, version=4, unlinked_at=datetime.now(UTC)))
    lapsed = (await scene.published())[-1]
    assert (lapsed["type"], lapsed["cause"]) == ("RecognitionLapsed", "card-unlinked")
    nothing = {"recognitions": [], "registries": [], "can_ask": False, "ask_again_at": None}
    assert await scene.get(account_id) == nothing
    assert (await scene.refresh(account_id, expect=409))["code"] == "eid-not-linked"
    await scene.link(account_id, version=5)
    await scene.work()
    versions = [one["version"] for one in await scene.published()]
    assert versions == list(range(1, len(versions) + 1))


async def test_nothing_stays_of_someone_who_was_erased(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await scene.hear(AccountErased(account_id=account_id, version=9, erased_at=datetime.now(UTC)))
    for table in ("subject", "inquiry", "recognition"):
        assert await scene.fetch(f"SELECT FROM {table}") == []
    await scene.work()


async def test_a_number_whose_key_is_destroyed_is_not_asked_about(scene: Scene) -> None:
    account_id = await scene.link()
    scene.app.at.keyring.forget(account_id)
    scene.app.service.key_loader(scene.app.at).erase(account_id)  # pyright: ignore[reportFunctionMemberAccess]
    assert await scene.work() == []
    assert scene.registry.asked == []


async def test_an_answer_about_a_card_that_is_no_longer_linked_is_dropped(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    (row,) = await scene.fetch("SELECT national_number FROM subject")
    asked = Subject(account_id, Sealed(row["national_number"]), has_hash=True)
    await scene.link(account_id, "85010100105", version=5)
    before = len(await scene.published())
    async with scene.app.at.database.transaction() as db:
        now = datetime.now(UTC)
        await save_answer(
            db, asked, "professions", [], {"ipi": 0}, scene.app.at.keyring, as_of=None, now=now, refresh_at=now
        )
    assert len(await scene.published()) == before


async def test_the_national_number_is_nowhere_in_clear(
    scene: Scene, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    scene.registry.down = True
    await scene.linked(held("ipi"))
    await ChangesOf(scene.desk, "professions")()
    scene.registry.down = False
    await scene.work()
    await ChangesOf(scene.desk, "professions")()
    tables = await scene.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    content = [str(row) for table in tables for row in await scene.fetch(f"SELECT * FROM {table['relname']}")]
    assert NUMBER not in "".join(content)
    said = caplog.text + "".join(capfd.readouterr())
    assert "registry_unavailable" in said
    assert NUMBER not in said
    (row,) = await scene.fetch("SELECT national_number, number_hash FROM subject")
    assert row["national_number"].startswith("sealed.v1.")
    assert row["number_hash"] == scene.desk.hash_of(NUMBER)


async def test_the_database_refuses_a_number_in_clear(scene: Scene) -> None:
    with pytest.raises(Exception, match="subject_number_is_sealed"):
        await scene.fetch(
            "INSERT INTO subject (account_id, national_number, linked_at) VALUES ($1, $2, now())", new_id(), NUMBER
        )


async def test_kinds_are_shown_in_each_language(scene: Scene) -> None:
    names = {
        language: [kind["name"] for kind in await scene.get(new_id(), "/api/recognition-kinds", language)]
        for language in ("fr", "nl", "en", "de")
    }
    assert len({tuple(of_language) for of_language in names.values()}) == 4
    assert all(len(of_language) == 3 for of_language in names.values())


async def test_only_people_ask(scene: Scene) -> None:
    for headers in ({}, scene.mint.tool("cadastrefinder"), scene.mint.peer("gateway", "recognition")):
        answer = await scene.app.http.get("/api/recognitions", headers=headers)
        assert answer.status_code in (401, 403)


async def test_of_two_accounts_that_became_one_the_other_is_asked_about_under_its_number(scene: Scene) -> None:
    """Sealed for the merged account as it still is."""
    merged, into = await scene.linked(held("ipi")), new_id()
    event = AccountsMerged(account_id=into, merged_account_id=merged, version=7)
    for _ in range(2):
        await scene.hear(event)
        await scene.work()
    assert [one["account_id"] for one in await scene.fetch("SELECT account_id FROM subject")] == [into]
    fetched = (await scene.published())[-1]
    assert (fetched["type"], fetched["account_id"]) == ("RecognitionsFetched", str(into))
    assert [one["kind"] for one in fetched["recognitions"]] == ["ipi"]
    assert [one["kind"] for one in (await scene.get(into))["recognitions"]] == ["ipi"]
