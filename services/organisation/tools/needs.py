"""What a rule asks of this person in this organisation, and what they lack. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.organisation.tools.expressions import AllOf, AnyOf, Kind, Listed, Managing, Need, Rule, all_of, any_of

Ways = tuple[tuple[Need, ...], ...]


@dataclass(frozen=True)
class Circumstances:
    """held: the kinds of recognition that the person holds today. lists: those of the tool's that the organisation is on."""

    held: frozenset[str] = frozenset()
    is_manager: bool = False
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Explained:
    """A rule, whether it is satisfied, and the same of its parts."""

    rule: Rule
    is_met: bool
    parts: tuple["Explained", ...] = ()


def is_satisfied(rule: Rule, circumstances: Circumstances) -> bool:
    match rule:
        case Kind(name):
            return name in circumstances.held
        case Managing():
            return circumstances.is_manager
        case Listed(name):
            return name in circumstances.lists
        case AllOf(parts):
            return all(is_satisfied(part, circumstances) for part in parts)
        case AnyOf(parts):
            return any(is_satisfied(part, circumstances) for part in parts)


def explain(rule: Rule, circumstances: Circumstances) -> Explained:
    parts = rule.parts if isinstance(rule, AllOf | AnyOf) else ()
    return Explained(rule, is_satisfied(rule, circumstances), tuple(explain(part, circumstances) for part in parts))


def alternatives(rule: Rule) -> tuple[frozenset[Need], ...]:
    """The smallest sets of needs that satisfy the rule, in the order in which the rule names them."""
    match rule:
        case AnyOf(parts):
            return _smallest([found for part in parts for found in alternatives(part)])
        case AllOf(parts):
            together = [frozenset[Need]()]
            for part in parts:
                together = [one | other for one in together for other in alternatives(part)]
            return _smallest(together)
        case _:
            return (frozenset({rule}),)


def missing(rule: Rule, circumstances: Circumstances) -> Ways:
    """What would satisfy the rule beside how things are: any one of these, each needed together. Empty: it is satisfied."""
    if is_satisfied(rule, circumstances):
        return ()
    lacking = _smallest(
        [frozenset(need for need in found if not is_satisfied(need, circumstances)) for found in alternatives(rule)]
    )
    return tuple(tuple(sorted(needs, key=_code)) for needs in lacking)


def satisfied_by(rule: Rule, circumstances: Circumstances) -> frozenset[Need] | None:
    """The first alternative that is met, one with a recognition in it before one without; None where none is."""
    met = [found for found in alternatives(rule) if all(is_satisfied(need, circumstances) for need in found)]
    return next((found for found in met if any(isinstance(need, Kind) for need in found)), next(iter(met), None))


def needs_in(rule: Rule) -> frozenset[Need]:
    if not isinstance(rule, AllOf | AnyOf):
        return frozenset({rule})
    return frozenset[Need]().union(*(needs_in(part) for part in rule.parts))


def kinds_in(rule: Rule) -> frozenset[str]:
    return frozenset(need.name for need in needs_in(rule) if isinstance(need, Kind))


def lists_in(rule: Rule) -> frozenset[str]:
    return frozenset(need.name for need in needs_in(rule) if isinstance(need, Listed))


def codes_of(ways: Ways) -> tuple[tuple[str, ...], ...]:
    """As events and answers say it."""
    return tuple(tuple(need.code for need in needs) for needs in ways)


def as_rule(ways: Iterable[Iterable[Need]]) -> Rule:
    """What is missing, as a rule, so that it can be put in words too."""
    return any_of(all_of(needs) for needs in ways)


def _smallest(sets: list[frozenset[Need]]) -> tuple[frozenset[Need], ...]:
    unique = list(dict.fromkeys(sets))
    return tuple(one for one in unique if not any(other < one for other in unique))


def _code(need: Need) -> str:
    return need.code
