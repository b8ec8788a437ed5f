"""Brings registrations and access in line with what people hold and are: asked after every change of either.

A few statements whatever the number of rows. Who asks holds the locks of the people concerned (`lock_holders` or
`advance_holder`), so what they hold stands still meanwhile.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from services.organisation.organisations.store import lock_organisations
from services.organisation.people.store import lock_holders
from services.organisation.publish import publish
from services.organisation.registrations import access_store, facts, request_store, store
from services.organisation.registrations.rules import Grant, Standing, Verdict, judge
from shared.db import Connection


async def reassess_person(db: Connection, account_id: UUID, *, today: date) -> None:
    """After a change of what someone holds: in every organisation that this makes a difference to, and only those are locked."""
    verdicts = _changed(await store.standings_of_person(db, account_id, today=today))
    grants = _flipped(await access_store.grants_of_person(db, account_id, today=today))
    touched = {verdict.standing.organisation_id for verdict in verdicts} | {grant.organisation_id for grant in grants}
    if touched:
        await lock_organisations(db, touched)
        await reassess_employee(db, account_id, sorted(touched), today=today)


async def reassess_employee(db: Connection, account_id: UUID, organisation_ids: Sequence[UUID], *, today: date) -> None:
    """The same in these organisations, whose rows are locked; also after a change of the employee's state."""
    standings = await store.standings_of_employee(db, account_id, organisation_ids, today=today)
    grants = await access_store.grants_of_employee(db, account_id, organisation_ids, today=today)
    await _settle(db, standings, grants)


async def reassess_tool(db: Connection, tool_id: str, organisation_ids: Sequence[UUID], *, today: date) -> None:
    """After a change of a tool's rules: all who have to do with it in these organisations. Takes the locks itself."""
    await lock_holders(db, await store.people_with_tool(db, tool_id, organisation_ids))
    await lock_organisations(db, organisation_ids)
    standings = await store.standings_of_tool(db, tool_id, organisation_ids, today=today)
    grants = await access_store.grants_of_tool(db, tool_id, organisation_ids, today=today)
    await _settle(db, standings, grants)
    obsolete = await request_store.end_for_unknown_roles(db, tool_id, organisation_ids, now=datetime.now(UTC))
    await publish(db, [facts.request_ended(request, "obsolete", answered_by=None) for request in obsolete])


async def _settle(db: Connection, standings: Sequence[Standing], grants: Sequence[Grant]) -> None:
    verdicts, flipped = _changed(standings), _flipped(grants)
    if verdicts:
        await store.save_verdicts(db, verdicts)
    if flipped:
        await access_store.save_usable(db, [replace(grant, usable=grant.should_be_usable) for grant in flipped])
    events = [event for verdict in verdicts for event in facts.judged(verdict)]
    await publish(db, [*events, *(facts.flipped(grant) for grant in flipped)])


def _changed(standings: Sequence[Standing]) -> list[Verdict]:
    return [verdict for standing in standings if (verdict := judge(standing)).is_change]


def _flipped(grants: Sequence[Grant]) -> list[Grant]:
    return [grant for grant in grants if grant.usable != grant.should_be_usable]
