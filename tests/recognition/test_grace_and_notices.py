"""A recognition may count beyond its end; its holder is told in time, once each; all of it is history."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recognition.rules import Entry, current_of, next_refresh, notice_day, notice_stage
from services.recognition.timers import lapse_ended, repeat_due, tell_ending
from tests.recognition.catalogues import one_registry
from tests.recognition.conftest import SceneOf
from tests.recognition.scenes import NUMBER, Scene, held

TODAY = date(2026, 5, 4)


def entry(ends: int | None) -> Entry:
    """ends: in days from today."""
    return Entry("fs323", "1", None, None if ends is None else TODAY + timedelta(days=ends))


@pytest.mark.parametrize(
    ("known_ends", "says", "counts"),
    [
        (-1, -1, True),  # ended as foreseen: grace
        (-10, -10, True),
        (-11, -11, False),  # grace is over
        (20, -1, False),  # ended before its time: the registry took it away
        (None, -1, False),
        (-5, -2, True),  # extended, and ended since
        (-5, 300, True),
    ],
)
def test_grace_keeps_what_ended_as_foreseen(known_ends: int | None, says: int, counts: bool) -> None:
    current = current_of([entry(says)], {"fs323": 10}, {"fs323": entry(known_ends)}, today=TODAY)
    assert bool(current) is counts


def test_grace_begins_nothing() -> None:
    assert current_of([entry(-1)], {"fs323": 10}, {}, today=TODAY) == {}


def test_a_holder_is_told_thirty_and_seven_days_before_and_when_only_grace_is_left() -> None:
    told: list[tuple[int, int]] = []
    ends, stage = TODAY, None
    for day in (TODAY + timedelta(days=offset) for offset in range(-60, 40)):
        due = notice_day(ends, 10, today=day, told_days=stage)
        if due is not None and due <= day:
            stage = notice_stage(ends, today=day)
            told.append(((ends - day).days, stage))
    assert told == [(30, 30), (7, 7), (-1, 0)]


@given(st.integers(-400, 400), st.integers(0, 200), st.sampled_from([None, 30, 7, 0]))
def test_no_notice_is_said_twice(left: int, grace_days: int, told: int | None) -> None:
    ends = TODAY + timedelta(days=left)
    due = notice_day(ends, grace_days, today=TODAY, told_days=told)
    if due is not None and due <= TODAY and told is not None:
        assert notice_stage(ends, today=TODAY) < told


def test_refreshes_are_spread_over_the_day_however_many_are_asked_about_at_once() -> None:
    now, every = datetime(2026, 5, 4, 9, 30, tzinfo=UTC), timedelta(hours=24)
    times = [next_refresh(UUID(int=number * 7919), "professions", now=now, every=every) for number in range(24_000)]
    assert all(every / 2 <= moment - now < every * 1.5 for moment in times)
    hours = [0] * 24
    for moment in times:
        hours[moment.hour] += 1
    assert min(hours) > 850
    assert max(hours) < 1150
    again = [
        next_refresh(UUID(int=number * 7919), "professions", now=moment, every=every)
        for number, moment in enumerate(times)
    ]
    assert [one - before for one, before in zip(again, times, strict=True)] == [every] * len(times)


async def ended_yesterday(scene_of: SceneOf, *, grace_days: int) -> tuple[Scene, UUID]:
    scene = await scene_of(one_registry(graces={"fs323": grace_days}))
    account_id = await scene.linked(held("fs323", ends=5))
    scene.registry.people[NUMBER] = [held("fs323", ends=-1)]
    await scene.pass_days(6)
    return scene, account_id


async def test_while_its_registry_is_away_a_recognition_counts_until_its_grace_ends(scene_of: SceneOf) -> None:
    scene, account_id = await ended_yesterday(scene_of, grace_days=10)
    scene.registry.down = True
    await lapse_ended(scene.desk)
    await repeat_due(scene.desk)
    await scene.work()
    (shown,) = (await scene.get(account_id))["recognitions"]
    assert (shown["state"], shown["in_grace"]) == ("valid", True)
    assert shown["counts_until"] > shown["valid_until"]
    await scene.pass_days(10)
    await lapse_ended(scene.desk)
    (shown,) = (await scene.get(account_id))["recognitions"]
    assert (shown["state"], shown["in_grace"]) == ("lapsed", False)
    assert await lines(scene, account_id) == [("lapsed", "ended"), ("granted", "answer")]


async def test_a_registry_that_says_again_what_was_known_leaves_grace_alone(scene_of: SceneOf) -> None:
    scene, account_id = await ended_yesterday(scene_of, grace_days=10)
    await scene.fetch("UPDATE inquiry SET refresh_at = now() - interval '1 second'")
    await repeat_due(scene.desk)
    await scene.work()
    assert (await scene.get(account_id))["recognitions"][0]["in_grace"] is True
    scene.registry.people[NUMBER] = []
    await scene.fetch("UPDATE inquiry SET refresh_at = now() - interval '1 second'")
    await repeat_due(scene.desk)
    await scene.work()
    assert (await scene.get(account_id))["recognitions"][0]["state"] == "lapsed"
    assert (await lines(scene, account_id))[0] == ("lapsed", "withdrawn")


async def test_events_say_until_when_it_counts(scene_of: SceneOf) -> None:
    scene = await scene_of(one_registry(graces={"fs323": 10}))
    await scene.linked(held("fs323", ends=5), held("ipi", ends=5))
    fetched, granted, _ = await scene.published()
    by_kind: dict[str, Any] = {one["kind"]: one for one in fetched["recognitions"]}
    ends = date.fromisoformat(by_kind["fs323"]["valid_until"])
    assert by_kind["fs323"]["counts_until"] == granted["counts_until"] == str(ends + timedelta(days=10))
    assert "counts_until" not in by_kind["ipi"] or by_kind["ipi"]["counts_until"] is None


async def test_the_end_is_announced_once_each_time(scene_of: SceneOf) -> None:
    scene = await scene_of(one_registry(graces={"fs323": 10}))
    account_id = await scene.linked(held("fs323", ends=40))
    for days in (9, 1, 1, 22, 1, 8):
        await scene.pass_days(days)
        await scene.fetch("UPDATE recognition SET notice_on = notice_on - $1::integer", days)
        await tell_ending(scene.desk)
        await tell_ending(scene.desk)
    expiring = [event for event in await scene.published() if event["type"] == "RecognitionExpiring"]
    assert [(event["days_left"], event["in_grace"]) for event in expiring] == [(30, False), (7, False), (0, True)]
    assert (await lines(scene, account_id))[0] == ("in-grace", "grace")


async def test_an_extension_begins_the_notices_anew(scene_of: SceneOf) -> None:
    scene = await scene_of()
    account_id = await scene.linked(held("ipi", ends=20))
    await tell_ending(scene.desk)
    scene.registry.says(NUMBER, held("ipi", ends=25))
    await scene.desk.follow("professions")
    await scene.work()
    await tell_ending(scene.desk)
    await tell_ending(scene.desk)
    expiring = [event for event in await scene.published() if event["type"] == "RecognitionExpiring"]
    assert [event["days_left"] for event in expiring] == [20, 25]
    assert await lines(scene, account_id) == [("changed", "answer"), ("granted", "answer")]


async def test_the_history_is_read_page_by_page(scene_of: SceneOf) -> None:
    scene = await scene_of()
    account_id = await scene.linked(held("ipi", ends=300))
    for ends in (301, 302, 303):
        scene.registry.says(NUMBER, held("ipi", ends=ends))
        await scene.desk.follow("professions")
        await scene.work()
    first = await scene.get(account_id, "/api/recognitions/history?limit=3")
    rest = await scene.get(account_id, f"/api/recognitions/history?limit=3&before={first['next']}")
    assert [line["change"] for line in [*first["lines"], *rest["lines"]]] == [
        "changed",
        "changed",
        "changed",
        "granted",
    ]
    assert rest["next"] is None


async def lines(scene: Scene, account_id: UUID) -> list[tuple[str, str]]:
    """Newest first."""
    history = await scene.get(account_id, "/api/recognitions/history")
    return [(line["change"], line["why"]) for line in history["lines"]]
