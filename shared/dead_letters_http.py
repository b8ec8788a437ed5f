"""Dead letters for operators, at /internal/dead-letters of every service."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from shared import dead_letters
from shared.consume_decode import text_of
from shared.dead_letter_store import DeadLetter, State
from shared.runtime import Runtime, runtime
from shared.settings import Settings
from shared.tokens import peer

# Numbers of rows are PostgreSQL's bigint.
_MAX_ID = 2**63 - 1

At = Annotated[Runtime[Settings], runtime()]
Number = Annotated[int, Path(ge=1, le=_MAX_ID)]

router = APIRouter(prefix="/internal/dead-letters", dependencies=[peer("operator")], tags=["dead letters"])


class DeadLetterView(BaseModel):
    """key: as text, what is not UTF-8 escaped. lane: what stays in order behind it."""

    id: int
    source: Literal["event", "job"]
    consumer: str
    lane: str
    event_id: str
    state: State
    reason: str
    error: str
    attempts: int
    type: str
    topic: str
    partition: int | None
    offset: int | None
    key: str | None
    created_at: datetime
    changed_at: datetime


class DeadLetterDetail(DeadLetterView):
    """payload: as text, cut to 100,000 characters."""

    headers: dict[str, str]
    payload: str | None


@router.get("")
async def list_dead_letters(
    at: At,
    state: Annotated[list[State] | None, Query()] = None,
    after: Annotated[int, Query(ge=0, le=_MAX_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=dead_letters.MAX_LISTED)] = 100,
) -> list[DeadLetterView]:
    """Open letters, or those in the given states, by number."""
    async with at.database.acquire() as db:
        letters = await dead_letters.list_letters(db, states=state, after=after, limit=limit)
    return [DeadLetterView.model_validate(_fields(letter)) for letter in letters]


@router.get("/{dead_letter_id}")
async def show_dead_letter(at: At, dead_letter_id: Number) -> DeadLetterDetail:
    async with at.database.acquire() as db:
        return _detail(await dead_letters.show(db, dead_letter_id))


@router.post("/{dead_letter_id}/replay")
async def replay_dead_letter(at: At, dead_letter_id: Number) -> DeadLetterDetail:
    """Have a parked letter handled again, then those that wait behind it."""
    async with at.database.transaction() as db:
        letter = await dead_letters.replay(db, at.settings.service, dead_letter_id)
    return _detail(letter)


@router.post("/{dead_letter_id}/drop")
async def drop_dead_letter(at: At, dead_letter_id: Number) -> DeadLetterDetail:
    """Never handle a parked letter; those that wait behind it run."""
    async with at.database.transaction() as db:
        letter = await dead_letters.drop(db, at.settings.service, dead_letter_id)
    return _detail(letter)


def _detail(letter: DeadLetter) -> DeadLetterDetail:
    payload = None if letter.payload is None else text_of(letter.payload)[:100_000]
    return DeadLetterDetail.model_validate(_fields(letter) | {"headers": dict(letter.headers), "payload": payload})


def _fields(letter: DeadLetter) -> dict[str, Any]:
    fields = {name: getattr(letter, name) for name in DeadLetterView.model_fields}
    return fields | {"key": None if letter.key is None else text_of(letter.key)}
