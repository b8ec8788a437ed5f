"""T2: rules over recognitions as expressions."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.tools.expressions import (
    NOTHING,
    AllOf,
    AnyOf,
    Kind,
    Rule,
    RuleInvalid,
    RuleTooLong,
    alternatives,
    in_words,
    is_satisfied,
    kinds_in,
    missing,
    parse,
    satisfied_by,
)

KINDS = ["ipi", "cib", "fs323", "x-1"]
HELD = st.frozensets(st.sampled_from(KINDS))
IPI, CIB, FS323 = Kind("ipi"), Kind("cib"), Kind("fs323")


def some_rules() -> st.SearchStrategy[Rule]:
    parts = st.sampled_from(KINDS).map(Kind)
    return st.recursive(
        parts,
        lambda inner: st.builds(
            lambda make, found: make(tuple(found)),
            st.sampled_from([AllOf, AnyOf]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        max_leaves=8,
    )


def written(rule: Rule) -> str:
    return in_words(rule, str, both="({first} and {second})", either="({first} or {second})", nothing="")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", NOTHING),
        ("  ", NOTHING),
        ("ipi", IPI),
        ("IPI", IPI),
        ("ipi or fs323", AnyOf((IPI, FS323))),
        ("ipi and cib", AllOf((IPI, CIB))),
        ("ipi or cib and fs323", AnyOf((IPI, AllOf((CIB, FS323))))),
        ("(ipi or cib) and fs323", AllOf((AnyOf((IPI, CIB)), FS323))),
        ("((ipi))", IPI),
        ("ipi\n  or\tcib", AnyOf((IPI, CIB))),
        ("android or orange", AnyOf((Kind("android"), Kind("orange")))),
    ],
)
def test_a_rule_is_read_as_people_mean_it(text: str, rule: Rule) -> None:
    assert parse(text) == rule


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("or", 1),
        ("ipi or", 7),
        ("ipi cib", 5),
        ("(ipi", 5),
        ("ipi)", 4),
        ("ipi and or cib", 9),
        ("ipi & cib", 4),
        ("()", 2),
        ("3ipi", 1),
        ("ipi or ÿ", 7),
    ],
)
def test_a_rule_that_cannot_be_read_says_where(text: str, position: int) -> None:
    with pytest.raises(RuleInvalid) as refused:
        parse(text)
    assert refused.value.params["position"] == position


@pytest.mark.parametrize("text", ["a " * 300, " or ".join("abcdefghijklm"), "(" * 300 + "a" + ")" * 300, "(" * 150])
def test_a_rule_that_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(RuleTooLong):
        parse(text)


def test_the_longest_rule_has_a_bounded_number_of_alternatives() -> None:
    rule = parse("(a or b or c) and (d or e or f) and (g or h or i) and (j or k or l)")
    assert len(alternatives(rule)) == 81


@pytest.mark.parametrize(
    ("rule", "held", "lacking"),
    [
        ("", set[str](), ()),
        ("ipi", {"ipi"}, ()),
        ("ipi or fs323", set[str](), (("ipi",), ("fs323",))),
        ("ipi or fs323", {"cib"}, (("ipi",), ("fs323",))),
        ("ipi and cib", {"cib"}, (("ipi",),)),
        ("ipi and cib", set[str](), (("cib", "ipi"),)),
        ("ipi and (cib or fs323)", {"ipi"}, (("cib",), ("fs323",))),
        ("ipi or ipi and cib", set[str](), (("ipi",),)),
    ],
)
def test_what_is_missing_is_said_as_the_shortest_ways_out(
    rule: str, held: set[str], lacking: tuple[tuple[str, ...], ...]
) -> None:
    assert missing(parse(rule), held) == lacking


def test_rules_are_said_in_words() -> None:
    names = {"ipi": "IPI number", "cib": "CIB member", "fs323": "FS323-verified"}

    def said(text: str) -> str:
        return in_words(
            parse(text), names.__getitem__, both="{first} and {second}", either="{first} or {second}", nothing="nothing"
        )

    assert said("") == "nothing"
    assert said("ipi or fs323") == "IPI number or FS323-verified"
    assert said("ipi and (cib or fs323)") == "IPI number and (CIB member or FS323-verified)"
    assert said("ipi and cib or fs323") == "IPI number and CIB member or FS323-verified"


@given(some_rules())
def test_a_rule_written_out_is_read_back_with_the_same_meaning(rule: Rule) -> None:
    again = parse(written(rule))
    for held in chain.from_iterable(combinations(KINDS, count) for count in range(len(KINDS) + 1)):
        assert is_satisfied(again, set(held)) == is_satisfied(rule, set(held))


@given(some_rules(), HELD)
def test_a_rule_is_satisfied_if_and_only_if_nothing_is_missing(rule: Rule, held: frozenset[str]) -> None:
    assert is_satisfied(rule, held) == (missing(rule, held) == ()) == (satisfied_by(rule, held) is not None)


@given(some_rules(), HELD)
def test_each_way_out_is_enough_and_none_has_more_than_needed(rule: Rule, held: frozenset[str]) -> None:
    for way in missing(rule, held):
        assert is_satisfied(rule, held | set(way))
        assert all(not is_satisfied(rule, (held | set(way)) - {kind}) for kind in way)
        assert set(way) <= kinds_in(rule)


@given(some_rules(), HELD, HELD)
def test_holding_more_never_takes_a_right_away(rule: Rule, held: frozenset[str], more: frozenset[str]) -> None:
    assert not is_satisfied(rule, held) or is_satisfied(rule, held | more)


@given(st.text(alphabet="abco rnd()i3-\n&", max_size=60))
def test_whatever_is_written_is_a_rule_or_a_reason(text: str) -> None:
    try:
        rule = parse(text)
    except (RuleInvalid, RuleTooLong):
        return
    assert len(kinds_in(rule)) <= 12
