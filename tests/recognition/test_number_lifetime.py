"""The national number is kept for as long as registries must be asked with it, and no longer."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.recognition.timers import let_old_numbers_go
from shared.events.identity import EidPresented, EidUnlinked, ForeignEidLinked
from shared.ids import new_id
from tests.recognition.scenes import NUMBER, Scene, held


async def presented(scene: Scene, account_id: UUID, *, version: int = 4) -> EidPresented:
    await scene.app.at.keyring.fetch([account_id])
    number = scene.app.at.keyring.seal(account_id, "national_number", NUMBER)
    return EidPresented(account_id=account_id, version=version, national_number=number, presented_at=datetime.now(UTC))


async def stored(scene: Scene) -> list[str | None]:
    return [row["national_number"] for row in await scene.fetch("SELECT national_number FROM subject")]


async def pass_time(scene: Scene, **time: int) -> None:
    await scene.fetch("UPDATE subject SET number_at = number_at - $1::interval", timedelta(**time))


async def test_a_number_is_kept_while_its_card_comes_by(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await pass_time(scene, days=399)
    await let_old_numbers_go(scene.desk)
    await scene.hear(await presented(scene, account_id))
    await pass_time(scene, days=399)
    await let_old_numbers_go(scene.desk)
    assert [one["state"] for one in (await scene.get(account_id))["recognitions"]] == ["valid"]
    assert all(await stored(scene))


async def test_a_number_whose_card_did_not_come_by_is_let_go_and_what_it_vouched_for_lapses(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await pass_time(scene, days=401)
    await let_old_numbers_go(scene.desk)
    await let_old_numbers_go(scene.desk)
    assert await stored(scene) == [None]
    assert await scene.fetch("SELECT FROM subject WHERE number_hash IS NOT NULL") == []
    assert (await scene.get(account_id))["can_ask"] is False
    lapsed = [event for event in await scene.published() if event["type"] == "RecognitionLapsed"]
    assert [(event["kind"], event["cause"]) for event in lapsed] == [("ipi", "number-let-go")]


async def test_the_cards_next_use_brings_all_of_it_back(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await pass_time(scene, days=401)
    await let_old_numbers_go(scene.desk)
    await scene.hear(await presented(scene, account_id))
    await scene.work()
    shown = await scene.get(account_id)
    assert shown["can_ask"] is True
    assert [(one["kind"], one["state"]) for one in shown["recognitions"]] == [("ipi", "valid")]


async def test_unlinking_deletes_the_number_at_once(scene: Scene) -> None:
    account_id = await scene.linked(held("ipi"))
    await scene.hear(EidUnlinked(account_id=account_id, version=5, unlinked_at=datetime.now(UTC)))
    assert await stored(scene) == [None]
    shown = await scene.get(account_id)
    assert (shown["recognitions"], shown["can_ask"]) == ([], False)


async def test_the_card_of_another_country_asks_no_registry(scene: Scene) -> None:
    account_id = new_id()
    await scene.app.at.keyring.fetch([account_id])
    seal = scene.app.at.keyring.seal
    event = ForeignEidLinked(
        account_id=account_id,
        version=3,
        first_name=seal(account_id, "first_name", "Liis"),
        last_name=seal(account_id, "last_name", "Tamm"),
        linked_at=datetime.now(UTC),
    )
    await scene.hear(event)
    await scene.work()
    assert scene.registry.asked == []
    assert (await scene.get(account_id))["can_ask"] is False
