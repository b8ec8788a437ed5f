"""A tool's list of organisations as a file of enterprise numbers, and what it changes. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from services.organisation.organisations.rules import EnterpriseNumberInvalid, normalise_enterprise_number
from services.organisation.tools.needs import lists_in
from services.organisation.tools.rules import Entry
from shared.errors import Conflict, Invalid, NotFound
from shared.markers import N_

MAX_CHARS = 900_000
MAX_LINE_CHARS = 400
BAD_SHOWN = 100
SHRUNKEN = 0.5
_CELL = re.compile(r'\s*"?\s*([^";,\t]*)')
_DIGIT = re.compile(r"[0-9]")


class ListNotFound(NotFound):
    code = "list-not-found"
    message = N_("No usage mode of the tool asks for a list of this name.")


class ListEmpty(Invalid):
    code = "list-empty"
    message = N_("There is no enterprise number in this file.")


class ListShrunken(Conflict):
    """params: before, removed."""

    code = "list-shrunken"
    message = N_("This would take {removed} of {before} organisations off the list. Confirm that this is meant.")


class ListChangedMeanwhile(Conflict):
    code = "list-changed-meanwhile"
    message = N_("The list has changed since you looked. Look at what would change now.")


@dataclass(frozen=True)
class BadLine:
    """line: counted from 1. reason: as `EnterpriseNumberInvalid` has it."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Read:
    """numbers: normalised. bad: the lines that say no number; the first hundred of `bad_count`."""

    numbers: frozenset[str]
    bad: tuple[BadLine, ...]
    bad_count: int


@dataclass(frozen=True)
class Difference:
    added: frozenset[str]
    removed: frozenset[str]
    before: int
    after: int

    @property
    def is_shrunken(self) -> bool:
        """More than half would go: rather half a file than a decision."""
        return len(self.removed) > self.before * SHRUNKEN


def read_list(text: str) -> Read:
    """One number a line, at its beginning; what stands behind a comma, semicolon or tab is for people, and so are # lines.

    A first line without any digit is the heading of a table.
    """
    numbers: set[str] = set()
    bad: list[BadLine] = []
    for place, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        match = _CELL.match(line[:MAX_LINE_CHARS])
        cell = match[1].strip() if match else ""
        if (not cell and not line.strip(' ",;\t')) or cell.startswith("#") or (place == 1 and not _DIGIT.search(cell)):
            continue
        try:
            numbers.add(normalise_enterprise_number(cell))
        except EnterpriseNumberInvalid as error:
            bad.append(BadLine(place, line[:60], error.reason))
    return Read(frozenset(numbers), tuple(bad[:BAD_SHOWN]), len(bad))


def difference(known: Collection[str], wanted: Collection[str]) -> Difference:
    before, after = frozenset(known), frozenset(wanted)
    return Difference(after - before, before - after, len(before), len(after))


def lists_asked_for(entry: Entry) -> dict[str, list[str]]:
    """Each list that a rule of the tool names, and the usage modes that do."""
    found: dict[str, list[str]] = {}
    for mode in entry.usage_modes:
        for name in sorted(lists_in(mode.rule_to_register()) | lists_in(mode.rule_to_use())):
            found.setdefault(name, []).append(mode.id)
    return found
