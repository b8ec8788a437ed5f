"""T2: rules as expressions: what is read, what is asked of them, how people read them."""

from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organisation.tools.expressions import (
    MAX_NEEDS,
    NOTHING,
    AllOf,
    AnyOf,
    Kind,
    Listed,
    Managing,
    Need,
    Rule,
    RuleInvalid,
    RuleTooLong,
    all_of,
    any_of,
    in_words,
    need_of,
    parse,
    written,
)
from services.organisation.tools.needs import (
    Circumstances,
    alternatives,
    as_rule,
    codes_of,
    explain,
    is_satisfied,
    kinds_in,
    lists_in,
    missing,
    needs_in,
    satisfied_by,
)

KINDS = ["ipi", "cib", "fs323", "x-1"]
LISTS = ["pilots", "all"]
NEEDS: list[Need] = [*map(Kind, KINDS), *map(Listed, LISTS), Managing()]
IPI, CIB, FS323, MANAGER, PILOTS = Kind("ipi"), Kind("cib"), Kind("fs323"), Managing(), Listed("pilots")
CIRCUMSTANCES = st.builds(
    Circumstances, st.frozensets(st.sampled_from(KINDS)), st.booleans(), st.frozensets(st.sampled_from(LISTS))
)
RULES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(NEEDS),
    lambda inner: st.builds(
        lambda make, found: make(found), st.sampled_from([all_of, any_of]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def all_circumstances() -> list[Circumstances]:
    held = chain.from_iterable(combinations(KINDS, count) for count in range(len(KINDS) + 1))
    lists = chain.from_iterable(combinations(LISTS, count) for count in range(len(LISTS) + 1))
    return [Circumstances(frozenset(a), b, frozenset(c)) for a, b, c in product(held, (False, True), lists)]


def with_these(circumstances: Circumstances, needs: frozenset[Need]) -> Circumstances:
    """As they are, and these met besides."""
    return Circumstances(
        circumstances.held | {need.name for need in needs if isinstance(need, Kind)},
        circumstances.is_manager or Managing() in needs,
        circumstances.lists | {need.name for need in needs if isinstance(need, Listed)},
    )


def spelled_out(rule: Rule) -> str:
    """The same rule in the other way to write it."""
    if not isinstance(rule, AllOf | AnyOf):
        return written(rule)
    return f"{'all' if isinstance(rule, AllOf) else 'ANY'} of ( {', '.join(map(spelled_out, rule.parts))})"


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
        ("manager", MANAGER),
        ("on list pilots", PILOTS),
        ("On List all and manager", AllOf((Listed("all"), MANAGER))),
        ("all of (ipi, cib)", AllOf((IPI, CIB))),
        ("any of(ipi,cib)", AnyOf((IPI, CIB))),
        ("all of (ipi)", IPI),
        ("all of (any of (ipi, cib), manager) or on list pilots", AnyOf((AllOf((AnyOf((IPI, CIB)), MANAGER)), PILOTS))),
        ("any of (ipi and cib, fs323 or manager)", AnyOf((AllOf((IPI, CIB)), FS323, MANAGER))),
        ("ipi and (cib and fs323) and ipi", AllOf((IPI, CIB, FS323))),
        ("ipi or ipi", IPI),
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
        ("ipi, cib", 4),
        ("all (ipi, cib)", 5),
        ("all of ipi", 8),
        ("any of ()", 9),
        ("any of (ipi,)", 13),
        ("any of (ipi cib)", 13),
        ("on pilots", 4),
        ("on list", 8),
        ("on list (ipi)", 9),
        ("manager of", 9),
        ("list", 1),
        ("of", 1),
    ],
)
def test_a_rule_that_cannot_be_read_says_where(text: str, position: int) -> None:
    with pytest.raises(RuleInvalid) as refused:
        parse(text)
    assert refused.value.params["position"] == position


@pytest.mark.parametrize("text", ["a " * 600, " or ".join("abcdefghijklm"), "(" * 300 + "a" + ")" * 300, "(" * 150])
def test_a_rule_that_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(RuleTooLong):
        parse(text)


def test_the_longest_rule_has_a_bounded_number_of_alternatives() -> None:
    rule = parse("(a or b or c) and (d or e or f) and (g or h or i) and (j or k or l)")
    assert len(alternatives(rule)) == 81


def test_a_need_has_a_code_that_says_which() -> None:
    assert [need.code for need in (IPI, MANAGER, PILOTS)] == ["ipi", "manager", "list:pilots"]
    assert [need_of(need.code) for need in NEEDS] == NEEDS


@pytest.mark.parametrize(
    ("rule", "circumstances", "lacking"),
    [
        ("", Circumstances(), ()),
        ("ipi", Circumstances(frozenset({"ipi"})), ()),
        ("ipi or fs323", Circumstances(), (("ipi",), ("fs323",))),
        ("ipi or fs323", Circumstances(frozenset({"cib"})), (("ipi",), ("fs323",))),
        ("ipi and cib", Circumstances(frozenset({"cib"})), (("ipi",),)),
        ("ipi and cib", Circumstances(), (("cib", "ipi"),)),
        ("ipi and (cib or fs323)", Circumstances(frozenset({"ipi"})), (("cib",), ("fs323",))),
        ("ipi or ipi and cib", Circumstances(), (("ipi",),)),
        ("manager and on list pilots", Circumstances(is_manager=True), (("list:pilots",),)),
        ("manager and on list pilots", Circumstances(lists=frozenset({"others"})), (("list:pilots", "manager"),)),
        ("ipi or manager", Circumstances(is_manager=True), ()),
        ("on list pilots", Circumstances(lists=frozenset({"pilots"})), ()),
    ],
)
def test_what_is_missing_is_said_as_the_shortest_ways_out(
    rule: str, circumstances: Circumstances, lacking: tuple[tuple[str, ...], ...]
) -> None:
    assert codes_of(missing(parse(rule), circumstances)) == lacking


def test_a_way_with_a_recognition_goes_before_one_without() -> None:
    rule = parse("manager or ipi")
    assert satisfied_by(rule, Circumstances(frozenset({"ipi"}), is_manager=True)) == {IPI}
    assert satisfied_by(rule, Circumstances(is_manager=True)) == {MANAGER}
    assert satisfied_by(rule, Circumstances()) is None


def test_each_part_of_a_rule_is_ticked_or_not() -> None:
    found = explain(parse("ipi and (cib or manager)"), Circumstances(frozenset({"cib"})))
    assert not found.is_met
    ipi, either = found.parts
    assert (ipi.rule, ipi.is_met) == (IPI, False)
    assert (either.is_met, [part.is_met for part in either.parts]) == (True, [True, False])


def test_rules_are_said_in_words() -> None:
    names = {"ipi": "IPI number", "cib": "CIB member", "fs323": "FS323-verified", "manager": "being a manager"}

    def said(text: str) -> str:
        return in_words(
            parse(text),
            lambda need: names[need.code],
            both="{first} and {second}",
            either="{first} or {second}",
            nothing="nothing",
        )

    assert said("") == "nothing"
    assert said("ipi or fs323") == "IPI number or FS323-verified"
    assert said("ipi or cib or fs323") == "IPI number, CIB member or FS323-verified"
    assert said("ipi and (cib or manager)") == "IPI number and (CIB member or being a manager)"
    assert said("ipi and cib or fs323") == "(IPI number and CIB member) or FS323-verified"


@given(RULES)
def test_a_rule_written_out_is_read_back_as_it_was(rule: Rule) -> None:
    assert parse(written(rule)) == rule
    assert parse(spelled_out(rule)) == rule
    assert len(needs_in(rule)) <= MAX_NEEDS
    assert {need.name for need in needs_in(rule) if not isinstance(need, Managing)} == kinds_in(rule) | lists_in(rule)


@given(RULES, CIRCUMSTANCES)
def test_a_rule_is_satisfied_if_and_only_if_nothing_is_missing(rule: Rule, circumstances: Circumstances) -> None:
    satisfied = is_satisfied(rule, circumstances)
    assert satisfied == (missing(rule, circumstances) == ()) == (satisfied_by(rule, circumstances) is not None)
    assert satisfied == explain(rule, circumstances).is_met


@given(RULES, CIRCUMSTANCES)
def test_each_way_out_is_enough_and_none_asks_for_more_than_needed(rule: Rule, circumstances: Circumstances) -> None:
    for way in missing(rule, circumstances):
        assert is_satisfied(rule, with_these(circumstances, frozenset(way)))
        assert all(not is_satisfied(rule, with_these(circumstances, frozenset(way) - {need})) for need in way)
        assert set(way) <= needs_in(rule)


@given(RULES, CIRCUMSTANCES)
def test_what_is_missing_is_itself_a_rule_that_says_the_same(rule: Rule, circumstances: Circumstances) -> None:
    ways = missing(rule, circumstances)
    if ways:
        assert codes_of(missing(as_rule(ways), circumstances)) == codes_of(ways)
        for other in all_circumstances():
            more = with_these(circumstances, frozenset(need for need in NEEDS if is_satisfied(need, other)))
            assert is_satisfied(rule, more) == is_satisfied(as_rule(ways), more)


@given(RULES, CIRCUMSTANCES, st.frozensets(st.sampled_from(NEEDS)))
def test_having_more_never_takes_a_right_away(rule: Rule, circumstances: Circumstances, more: frozenset[Need]) -> None:
    assert not is_satisfied(rule, circumstances) or is_satisfied(rule, with_these(circumstances, more))


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    "and",
                    "or",
                    "all",
                    "any",
                    "of",
                    "on",
                    "list",
                    "manager",
                    "(",
                    ")",
                    ",",
                    "ipi",
                    "OR",
                    "é",
                    "9",
                    "\n",
                    "&",
                ]
            ),
            max_size=30,
        ).map(" ".join),
    )
)
def test_whatever_is_written_is_a_rule_or_a_reason(text: str) -> None:
    try:
        rule = parse(text)
    except (RuleInvalid, RuleTooLong) as refused:
        reason = refused
    else:
        assert len(needs_in(rule)) <= MAX_NEEDS
        assert parse(written(rule)) == rule
        return
    assert 1 <= reason.params.get("position", 1) <= len(text) + 1
