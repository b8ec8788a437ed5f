"""Rules such as `ipi or fs323` and `ipi and (manager or on list pilots)`: parsed once, then pure questions.

rule = [ any ]                                        nothing at all: nothing is needed
any  = all  { "or"  all }
all  = atom { "and" atom }
atom = need | ("all" | "any") "of" "(" any { "," any } ")" | "(" any ")"
need = kind                                           the person holds this recognition
     | "manager"                                      the person is a manager of the organisation
     | "on" "list" name                               the organisation is on this list of the tool's
kind, name = a slug: a-z, then a-z, 0-9 and "-"; a kind is none of the words above

`all of (a, b)` is `a and b`, `any of (a, b)` is `a or b`. In events and answers a need is its code: a kind's slug,
`manager`, or `list:<name>`. What is asked of a parsed rule stands in needs.py.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from shared.errors import Invalid
from shared.markers import N_

MAX_NEEDS = 12  # named in one rule: bounds the alternatives, of which there are at most 3 ** (12 / 3)
MAX_LENGTH = 1000
_TOKEN = re.compile(r"\s*(?:([(),])|([a-z][a-z0-9-]*))")
_PUNCTUATION = frozenset({"(", ")", ","})
_WORDS = frozenset({"and", "or", "all", "any", "of", "on", "list"})
_RESERVED = _WORDS | {"manager"}
_LIST = "list:"


@dataclass(frozen=True)
class Kind:
    """A recognition that the person holds."""

    name: str

    @property
    def code(self) -> str:
        return self.name


@dataclass(frozen=True)
class Managing:
    """The person is a manager of the organisation."""

    code: ClassVar[str] = "manager"


@dataclass(frozen=True)
class Listed:
    """The organisation is on this list of the tool's."""

    name: str

    @property
    def code(self) -> str:
        return _LIST + self.name


Need = Kind | Managing | Listed


@dataclass(frozen=True)
class AllOf:
    """No part: nothing is needed. Made by `all_of`, so that no part is an AllOf itself."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class AnyOf:
    """Made by `any_of`: two parts or more, none of them an AnyOf itself."""

    parts: tuple["Rule", ...]


Rule = Kind | Managing | Listed | AllOf | AnyOf
NOTHING = AllOf(())


class RuleInvalid(Invalid):
    """params: position, counted from 1."""

    code = "rule-invalid"
    message = N_("This rule cannot be understood from character {position} on.")


class RuleTooLong(Invalid):
    code = "rule-too-long"
    message = N_("This rule is too long.")


def all_of(parts: Iterable[Rule]) -> Rule:
    unique = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, AllOf) else (part,)))
    return next(iter(unique)) if len(unique) == 1 else AllOf(tuple(unique))


def any_of(parts: Iterable[Rule]) -> Rule:
    """Raises ValueError where there is nothing to choose from."""
    unique = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, AnyOf) else (part,)))
    if not unique:
        raise ValueError("any of nothing")
    if NOTHING in unique:
        return NOTHING
    return next(iter(unique)) if len(unique) == 1 else AnyOf(tuple(unique))


def need_of(code: str) -> Need:
    """What a code in an event or an answer stands for."""
    if code == Managing.code:
        return Managing()
    return Listed(code.removeprefix(_LIST)) if code.startswith(_LIST) else Kind(code)


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """Raises RuleInvalid, RuleTooLong."""
    if len(text) > MAX_LENGTH:
        raise RuleTooLong()
    tokens = _tokens(text)
    if not tokens:
        return NOTHING
    if sum(token not in _WORDS | _PUNCTUATION for token, _ in tokens) > MAX_NEEDS or text.count("(") > MAX_NEEDS:
        raise RuleTooLong()
    rule, at = _any(tokens, 0, len(text) + 1)
    if at < len(tokens):
        raise RuleInvalid(position=tokens[at][1])
    return rule


def written(rule: Rule) -> str:
    """The rule as text; `parse` reads the same rule out of it."""
    match rule:
        case Kind(name):
            return name
        case Managing():
            return "manager"
        case Listed(name):
            return f"on list {name}"
        case AllOf(parts) | AnyOf(parts):
            word = " and " if isinstance(rule, AllOf) else " or "
            return word.join(
                f"({written(part)})" if isinstance(part, AllOf | AnyOf) else written(part) for part in parts
            )


def in_words(
    rule: Rule, say: Callable[[Need], str], *, both: str, either: str, then: str = "{first}, {second}", nothing: str
) -> str:
    """The rule as a phrase. both, either, then: templates with {first} and {second}, the last two parts of `a, b or c` and those before."""
    if rule == NOTHING:
        return nothing
    if not isinstance(rule, AllOf | AnyOf):
        return say(rule)
    phrases = [in_words(part, say, both=both, either=either, then=then, nothing=nothing) for part in rule.parts]
    bracketed = [
        f"({phrase})" if isinstance(part, AllOf | AnyOf) else phrase
        for part, phrase in zip(rule.parts, phrases, strict=True)
    ]
    text = bracketed[0]
    for phrase in bracketed[1:-1]:
        text = then.format(first=text, second=phrase)
    return (both if isinstance(rule, AllOf) else either).format(first=text, second=bracketed[-1])


Tokens = list[tuple[str, int]]


def _tokens(text: str) -> Tokens:
    tokens: Tokens = []
    position, lowered = 0, text.lower().rstrip()
    while position < len(lowered):
        match = _TOKEN.match(lowered, position)
        if match is None:
            raise RuleInvalid(position=position + 1)
        group = 1 if match[1] else 2
        tokens.append((match[group], match.start(group) + 1))
        position = match.end()
    return tokens


def _any(tokens: Tokens, at: int, end: int) -> tuple[Rule, int]:
    parts, at = _chain(tokens, at, end, "or", _all)
    return any_of(parts), at


def _all(tokens: Tokens, at: int, end: int) -> tuple[Rule, int]:
    parts, at = _chain(tokens, at, end, "and", _atom)
    return all_of(parts), at


def _chain(
    tokens: Tokens, at: int, end: int, between: str, parse_part: Callable[[Tokens, int, int], tuple[Rule, int]]
) -> tuple[list[Rule], int]:
    part, at = parse_part(tokens, at, end)
    parts = [part]
    while at < len(tokens) and tokens[at][0] == between:
        part, at = parse_part(tokens, at + 1, end)
        parts.append(part)
    return parts, at


def _atom(tokens: Tokens, at: int, end: int) -> tuple[Rule, int]:
    token = tokens[at][0] if at < len(tokens) else ""
    match token:
        case "(":
            rule, at = _any(tokens, at + 1, end)
            return rule, _expect(tokens, at, end, ")")
        case "all" | "any":
            at = _expect(tokens, _expect(tokens, at + 1, end, "of"), end, "(")
            parts, at = _chain(tokens, at, end, ",", _any)
            return (all_of if token == "all" else any_of)(parts), _expect(tokens, at, end, ")")
        case "on":
            name, at = _slug(tokens, _expect(tokens, at + 1, end, "list"), end)
            return Listed(name), at
        case "manager":
            return Managing(), at + 1
        case _:
            name, at = _slug(tokens, at, end, but=_RESERVED)
            return Kind(name), at


def _slug(tokens: Tokens, at: int, end: int, *, but: frozenset[str] = frozenset()) -> tuple[str, int]:
    if at >= len(tokens) or tokens[at][0] in but | _PUNCTUATION:
        raise _unexpected(tokens, at, end)
    return tokens[at][0], at + 1


def _expect(tokens: Tokens, at: int, end: int, token: str) -> int:
    if at >= len(tokens) or tokens[at][0] != token:
        raise _unexpected(tokens, at, end)
    return at + 1


def _unexpected(tokens: Tokens, at: int, end: int) -> RuleInvalid:
    return RuleInvalid(position=tokens[at][1] if at < len(tokens) else end)
