"""When two movements are one: the same file again, files that overlap, the same statement in another format. Pure.

A bank's reference is unique for a movement, on its day and with its amount; where equal ones stand in one statement (the transfers of
a batch share it) they are counted. Two formats may name the same movement differently: then what it says decides, n-th with n-th.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from services.wallet.bank.rules import Movement, Statement

Format = Literal["coda", "camt.053"]
_TEXT_CHARS = 40


@dataclass(frozen=True, slots=True)
class Key:
    """By which a movement of an account is known again in files of one format."""

    reference: str
    booking_date: date
    amount_cents: int
    occurrence: int


@dataclass(frozen=True, slots=True)
class Known:
    """A movement that other files of the account named."""

    movement_id: UUID
    key: Key
    format: Format
    said: str


def parts_of(statement: Statement) -> Iterator[Movement]:
    """What is credited by itself: the transfers of which the bank made one sum, instead of the sum."""
    for movement in statement.movements:
        yield from movement.details or (movement,)


def keys_of(statement: Statement, parts: Sequence[Movement]) -> list[Key]:
    seen: Counter[tuple[str, date, int]] = Counter()
    keys: list[Key] = []
    for part in parts:
        bare = (_reference(statement, part), part.booking_date, part.amount_cents)
        seen[bare] += 1
        keys.append(Key(*bare, seen[bare]))
    return keys


def said_by(movement: Movement) -> str:
    """What a movement says, alike in all formats."""
    if movement.structured:
        return movement.structured
    text = re.sub(r"[^0-9A-Z]", "", movement.free_text.upper())[:_TEXT_CHARS]
    return f"{movement.counterparty_iban or ''}/{text}"


@dataclass(frozen=True, slots=True)
class Sorted:
    """new: their places. again: places of those known, with the movement where this format had not named it yet."""

    new: list[int]
    again: list[tuple[int, UUID | None]]


def sort_out(keys: Sequence[Key], parts: Sequence[Movement], fmt: Format, known: Iterable[Known]) -> Sorted:
    """known: what other files named on these days, in both formats, oldest first. A movement is named once in each format."""
    named: set[Key] = set()
    in_this_format: set[UUID] = set()
    others: list[Known] = []
    for one in known:
        if one.format == fmt:
            named.add(one.key)
            in_this_format.add(one.movement_id)
        else:
            others.append(one)
    free = {one.movement_id: one for one in others if one.movement_id not in in_this_format}
    by_key = {one.key: one.movement_id for one in free.values()}
    unnamed = [place for place, key in enumerate(keys) if key not in named]
    again: list[tuple[int, UUID | None]] = [(place, None) for place, key in enumerate(keys) if key in named]
    left: list[int] = []
    for place in unnamed:
        movement_id = by_key.get(keys[place])
        if movement_id is not None and free.pop(movement_id, None) is not None:
            again.append((place, movement_id))
        else:
            left.append(place)
    by_words: defaultdict[tuple[date, int, str], list[UUID]] = defaultdict(list)
    for one in free.values():
        by_words[one.key.booking_date, one.key.amount_cents, one.said].append(one.movement_id)
    new: list[int] = []
    for place in left:
        alike = by_words[keys[place].booking_date, keys[place].amount_cents, said_by(parts[place])]
        if alike:
            again.append((place, alike.pop(0)))
        else:
            new.append(place)
    return Sorted(new, again)


def _reference(statement: Statement, movement: Movement) -> str:
    """Without the blanks and zeros in which formats differ. Without one, the statement and what the movement says stand for it."""
    bare = "".join(movement.bank_reference.split()).upper().lstrip("0")
    if bare:
        return bare
    text = "|".join((statement.number, str(statement.until), movement.value_date.isoformat(), said_by(movement)))
    return "~" + sha256(text.encode()).hexdigest()[:32]
