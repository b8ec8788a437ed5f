"""Rules over recognitions, such as `ipi or fs323` and `ipi and (cib or fs323)`: parsed once, then pure questions.

rule  = [ any ]             nothing at all: nothing is needed
any   = all  { "or"  all }
all   = atom { "and" atom }
atom  = kind | "(" any ")"
kind  = a slug: a-z, then a-z, 0-9 and "-"; not "and" or "or"
"""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import lru_cache

from shared.errors import Invalid
from shared.markers import N_

MAX_KINDS = 12  # named in one rule: bounds the alternatives, of which there are at most 3 ** (12 / 3)
MAX_LENGTH = 400
_TOKEN = re.compile(r"\s*(?:([()])|([a-z][a-z0-9-]*))")
_WORDS = {"and", "or"}


@dataclass(frozen=True)
class Kind:
    name: str


@dataclass(frozen=True)
class AllOf:
    """No part: nothing is needed."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Rule", ...]


Rule = Kind | AllOf | AnyOf
NOTHING = AllOf(())


class RuleInvalid(Invalid):
    """params: position, counted from 1."""

    code = "rule-invalid"
    message = N_("This rule cannot be understood from character {position} on.")


class RuleTooLong(Invalid):
    code = "rule-too-long"
    message = N_("This rule is too long.")


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """Raises RuleInvalid, RuleTooLong."""
    if len(text) > MAX_LENGTH:
        raise RuleTooLong()
    tokens = _tokens(text)
    if not tokens:
        return NOTHING
    if sum(token not in _WORDS and token not in "()" for token, _ in tokens) > MAX_KINDS or text.count("(") > MAX_KINDS:
        raise RuleTooLong()
    rule, at = _any_of(tokens, 0, end=len(text) + 1)
    if at < len(tokens):
        raise RuleInvalid(position=tokens[at][1])
    return rule


def is_satisfied(rule: Rule, held: Set[str]) -> bool:
    match rule:
        case Kind(name):
            return name in held
        case AllOf(parts):
            return all(is_satisfied(part, held) for part in parts)
        case AnyOf(parts):
            return any(is_satisfied(part, held) for part in parts)


def alternatives(rule: Rule) -> tuple[frozenset[str], ...]:
    """The smallest sets of kinds that satisfy the rule, in the order in which the rule names them."""
    match rule:
        case Kind(name):
            return (frozenset({name}),)
        case AnyOf(parts):
            return _smallest([found for part in parts for found in alternatives(part)])
        case AllOf(parts):
            together = [frozenset[str]()]
            for part in parts:
                together = [one | other for one in together for other in alternatives(part)]
            return _smallest(together)


def missing(rule: Rule, held: Set[str]) -> tuple[tuple[str, ...], ...]:
    """What would satisfy the rule beside `held`: any one of these lists, each needed together. Empty: it is satisfied."""
    lacking = _smallest([found - held for found in alternatives(rule)])
    return () if frozenset() in lacking else tuple(tuple(sorted(kinds)) for kinds in lacking)


def satisfied_by(rule: Rule, held: Set[str]) -> frozenset[str] | None:
    """The first alternative that is held, or None."""
    return next((found for found in alternatives(rule) if found <= held), None)


def kinds_in(rule: Rule) -> frozenset[str]:
    match rule:
        case Kind(name):
            return frozenset({name})
        case AllOf(parts) | AnyOf(parts):
            return frozenset[str]().union(*(kinds_in(part) for part in parts))


def in_words(rule: Rule, name_of: Callable[[str], str], *, both: str, either: str, nothing: str) -> str:
    """The rule as a phrase. both, either: templates with {first} and {second}; nothing: what to say where nothing is needed."""
    if rule == NOTHING:
        return nothing
    return _phrase(rule, name_of, both, either, inside_all=False)


def _phrase(rule: Rule, name_of: Callable[[str], str], both: str, either: str, *, inside_all: bool) -> str:
    if isinstance(rule, Kind):
        return name_of(rule.name)
    is_all = isinstance(rule, AllOf)
    phrases = [_phrase(part, name_of, both, either, inside_all=is_all) for part in rule.parts]
    text = phrases[0]
    for phrase in phrases[1:]:
        text = (both if is_all else either).format(first=text, second=phrase)
    return f"({text})" if inside_all and not is_all else text


def _tokens(text: str) -> list[tuple[str, int]]:
    tokens: list[tuple[str, int]] = []
    position, lowered = 0, text.lower().rstrip()
    while position < len(lowered):
        match = _TOKEN.match(lowered, position)
        if match is None:
            raise RuleInvalid(position=position + 1)
        group = 1 if match[1] else 2
        tokens.append((match[group], match.start(group) + 1))
        position = match.end()
    return tokens


def _any_of(tokens: list[tuple[str, int]], at: int, *, end: int) -> tuple[Rule, int]:
    parts, at = _chain(tokens, at, "or", _all_of, end)
    return (parts[0] if len(parts) == 1 else AnyOf(parts)), at


def _all_of(tokens: list[tuple[str, int]], at: int, *, end: int) -> tuple[Rule, int]:
    parts, at = _chain(tokens, at, "and", _atom, end)
    return (parts[0] if len(parts) == 1 else AllOf(parts)), at


def _chain(
    tokens: list[tuple[str, int]], at: int, word: str, parse_part: Callable[..., tuple[Rule, int]], end: int
) -> tuple[tuple[Rule, ...], int]:
    part, at = parse_part(tokens, at, end=end)
    parts = [part]
    while at < len(tokens) and tokens[at][0] == word:
        part, at = parse_part(tokens, at + 1, end=end)
        parts.append(part)
    return tuple(parts), at


def _atom(tokens: list[tuple[str, int]], at: int, *, end: int) -> tuple[Rule, int]:
    if at >= len(tokens):
        raise RuleInvalid(position=end)
    token, position = tokens[at]
    if token == "(":
        rule, at = _any_of(tokens, at + 1, end=end)
        if at >= len(tokens) or tokens[at][0] != ")":
            raise RuleInvalid(position=tokens[at][1] if at < len(tokens) else end)
        return rule, at + 1
    if token == ")" or token in _WORDS:
        raise RuleInvalid(position=position)
    return Kind(token), at + 1


def _smallest(sets: list[frozenset[str]]) -> tuple[frozenset[str], ...]:
    unique = list(dict.fromkeys(sets))
    return tuple(one for one in unique if not any(other < one for other in unique))
