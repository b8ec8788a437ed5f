"""Questions that arrive together are answered by one look at the tables, each with its own answer."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from services.organisation.decisions import groups
from services.organisation.decisions.groups import MAX_GROUP, Questions
from services.organisation.decisions.rules import Facts
from services.organisation.decisions.store import Question, find_facts
from shared.db import Connection, Database
from shared.errors import DatabaseUnavailable
from shared.ids import new_id

ASKED = 2 * MAX_GROUP + 7


def questions(number: int) -> list[Question]:
    return [Question(new_id(), new_id(), "cadastrefinder", "agent") for _ in range(number)]


async def test_each_of_many_at_once_gets_its_own_answer_out_of_few_statements(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    async def counted(db: Connection, asked: Sequence[Question], **options: Any) -> list[Facts]:
        sizes.append(len(asked))
        return await find_facts(db, asked, **options)

    monkeypatch.setattr(groups, "find_facts", counted)
    asked, answering = questions(ASKED), Questions(database)
    found = await asyncio.gather(*(answering.facts(question) for question in asked))
    assert [facts.organisation_id for facts in found] == [question.organisation_id for question in asked]
    assert sum(sizes) == ASKED
    assert max(sizes) <= MAX_GROUP
    assert len(sizes) <= 5


async def test_several_in_one_request_are_answered_in_their_order(database: Database) -> None:
    asked = questions(3)
    found = await Questions(database).facts_of_all(asked)
    assert [facts.organisation_id for facts in found] == [question.organisation_id for question in asked]
    assert await Questions(database).facts_of_all([]) == []


async def test_who_goes_away_takes_nobody_along(database: Database) -> None:
    answering = Questions(database)
    gone, *staying = [asyncio.create_task(answering.facts(question)) for question in questions(3)]
    await asyncio.sleep(0)
    gone.cancel()
    assert len(await asyncio.gather(*staying)) == 2


async def test_each_learns_that_the_database_is_away() -> None:
    never_opened = Database("postgresql://nowhere", application_name="test")
    answering = Questions(never_opened)
    found = await asyncio.gather(*(answering.facts(question) for question in questions(3)), return_exceptions=True)
    assert [type(error) for error in found] == [DatabaseUnavailable] * 3
