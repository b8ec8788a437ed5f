"""The history of an organisation over HTTP, for its managers."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.organisation.at import At
from services.organisation.fields import Answer
from services.organisation.history import store
from services.organisation.history.rules import By, Entry, Position, Wanted, id_in
from services.organisation.organisations.membership import Manager
from shared.days import first_moment, moment_after
from shared.db import Connection
from shared.tokens import Person, person

MAX_ENTRIES = 500
HIDDEN = frozenset(("client_address", "user_agent", "evidence"))
HIDDEN_OF_SUPPORT = HIDDEN | {"reason", "case"}

router = APIRouter(tags=["history"])
Caller = Annotated[Person, person()]
Code = Annotated[str, Query(max_length=60, pattern=r"^[a-z][a-z0-9-]*$")]


class PersonAnswer(Answer):
    """name: empty where it is not known, as of someone whose account was erased."""

    account_id: UUID
    name: str
    erased: bool


class EntryAnswer(Answer):
    """by: whether a person did it (then `actor` names them), support, somebody with a link from a mail, or the platform by itself.

    account: on whom. tool_id, usage_mode: of the registration that it is about. address: that was invited, while it is known.
    """

    id: str
    at: datetime
    action: str
    by: By
    actor: PersonAnswer | None
    account: PersonAnswer | None
    details: dict[str, Any]
    tool_id: str | None
    usage_mode: str | None
    address: str | None


class HistoryAnswer(Answer):
    """The newest first. next: pass it as `after` for what came before, None where there is nothing."""

    entries: list[EntryAnswer]
    next: str | None


@router.get("/api/organisations/{organisation_id}/history")
async def read_history(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    action: Code | None = None,
    actor: UUID | None = None,
    account: UUID | None = None,
    begin: Annotated[date | None, Query(alias="from")] = None,
    until: date | None = None,
    after: Annotated[str | None, Query(max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = 50,
) -> HistoryAnswer:
    """from, until: days, both included. Raises CursorInvalid."""
    wanted = Wanted(
        action=action,
        actor=actor,
        account_id=account,
        begin=first_moment(begin),
        end=moment_after(until),
        after=Position.parse(after) if after else None,
    )
    async with at.database.acquire() as db:
        manager = await Manager.of(db, organisation_id, caller)
        found = await store.read_entries(db, manager.organisation_id, wanted, limit=limit + 1)
        entries = await _explained(db, found[:limit])
    return HistoryAnswer(entries=entries, next=str(found[limit - 1].position) if len(found) > limit else None)


async def _explained(db: Connection, entries: list[Entry]) -> list[EntryAnswer]:
    """With what their ids stand for: three questions, however many entries there are."""
    people = await store.people(db, {account_id for entry in entries for account_id in entry.people})
    tools = await store.tools_of(db, _ids(entries, "registration_id"))
    addresses = await store.addresses_of(db, _ids(entries, "invitation_id"))

    def person_of(account_id: UUID | None) -> PersonAnswer | None:
        known = people.get(account_id) if account_id else None
        if account_id is None:
            return None
        return PersonAnswer(
            account_id=account_id, name=known.name if known else "", erased=bool(known and known.is_erased)
        )

    answers: list[EntryAnswer] = []
    for entry in entries:
        registration_id, invitation_id = (
            id_in(entry.details.get(name)) for name in ("registration_id", "invitation_id")
        )
        tool_id, usage_mode = tools.get(registration_id, (None, None)) if registration_id else (None, None)
        hidden = HIDDEN_OF_SUPPORT if entry.by is By.SUPPORT else HIDDEN
        answers.append(
            EntryAnswer(
                id=str(entry.id),
                at=entry.at,
                action=entry.action,
                by=entry.by,
                actor=person_of(entry.actor_id) if entry.by is By.PERSON else None,
                account=person_of(entry.account_id),
                details={name: value for name, value in entry.details.items() if name not in hidden},
                tool_id=tool_id or _text(entry.details.get("tool_id")),
                usage_mode=usage_mode or _text(entry.details.get("usage_mode")),
                address=addresses.get(invitation_id) if invitation_id else None,
            )
        )
    return answers


def _ids(entries: list[Entry], name: str) -> set[UUID]:
    return {found for entry in entries if (found := id_in(entry.details.get(name))) is not None}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
