"""The form of "my data": rows come and go without anything being stored."""

from services.gateway.profile import rules
from tests.gateway.screens_profile import FULL, NEW


def test_what_is_shown_is_what_is_sent_back() -> None:
    body = rules.body_of(rules.ROWS.tidy(rules.values_of(FULL)), FULL)
    assert {name: body[name] for name in rules.SINGLE} == {name: FULL[name] for name in rules.SINGLE}
    assert body["addresses"] == FULL["addresses"]
    assert body["phones"] == [{"kind": "mobile", "number": "+32 471 23 45 67", "extension": ""}]
    assert body["version"] == 3


def test_rows_are_added_and_taken_away_and_the_others_stay() -> None:
    values = rules.ROWS.with_row(rules.ROWS.with_row(rules.values_of(FULL), "phones"), "phones")
    values["phones.2.number"] = "02 555 12 12"
    assert [row["number"] for row in rules.ROWS.rows_of(values, "phones")] == ["+32 471 23 45 67", "", "02 555 12 12"]
    assert rules.ROWS.rows_of(values, "phones")[1]["kind"] == "mobile"
    left = rules.ROWS.without_row(values, "phones", 0)
    assert [row["number"] for row in rules.ROWS.rows_of(left, "phones")] == ["", "02 555 12 12"]
    assert [row["number"] for row in rules.ROWS.rows_of(rules.ROWS.tidy(left), "phones")] == ["02 555 12 12"]
    assert rules.ROWS.rows_of(left, "addresses") == FULL["addresses"]


def test_a_list_has_an_end() -> None:
    values = rules.values_of(NEW)
    for _ in range(rules.ROWS.max_rows + 5):
        values = rules.ROWS.with_row(values, "links")
    assert len(rules.ROWS.rows_of(values, "links")) == rules.ROWS.max_rows


def test_what_is_locked_is_never_taken_from_the_browser() -> None:
    typed = {**rules.values_of(FULL), "first_name": "Someone", "birth_date": "2000-01-01", "salutation": ""}
    body = rules.body_of(typed, FULL)
    assert (body["first_name"], body["birth_date"], body["salutation"]) == ("Nora", "1985-03-02", None)


def test_odd_fields_are_left_aside() -> None:
    odd = {"phones.x.number": "1", "phones.0.evil": "1", "phones.999.number": "1", "addresses": "1", "version": "²"}
    body = rules.body_of(rules.ROWS.tidy({**rules.values_of(NEW), **odd}), NEW)
    assert (body["phones"], body["addresses"], body["version"]) == ([], [], 0)
