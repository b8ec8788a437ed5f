"""The registry simulator answers as its contract says, and badly when told to."""

from datetime import UTC, datetime

import httpx
import pytest

ANNA = "85073000160"
BERT = "90020200260"


def look_up(http: httpx.Client, number: str) -> httpx.Response:
    return http.post("/registry/v1/lookup", json={"national_number": number})


def test_a_caller_without_a_bearer_is_refused(http: httpx.Client) -> None:
    answer = http.post("/registry/v1/lookup", json={"national_number": ANNA}, headers={"Authorization": ""})
    assert answer.status_code == 401


def test_someone_unknown_holds_nothing(http: httpx.Client) -> None:
    answer = look_up(http, "70010100197").json()
    assert answer["person"]["national_number"] == "70010100197"
    assert answer["recognitions"] == []


def test_a_granted_recognition_is_found_and_its_lapse_ends_it(http: httpx.Client) -> None:
    http.post("/registry/control/grant", json={"national_number": ANNA, "kind": "ipi"})
    today = datetime.now(UTC).date().isoformat()
    [held] = look_up(http, ANNA).json()["recognitions"]
    assert held["kind"] == "ipi"
    assert held["valid_from"] < today < held["valid_until"]
    http.post("/registry/control/lapse", json={"national_number": ANNA, "kind": "ipi"})
    [lapsed] = look_up(http, ANNA).json()["recognitions"]
    assert lapsed["valid_until"] < today


def test_the_changes_name_each_person_once_after_the_cursor(http: httpx.Client) -> None:
    cursor = http.get("/registry/v1/changes").json()["cursor"]
    for kind in ("ipi", "fs323"):
        http.post("/registry/control/grant", json={"national_number": BERT, "kind": kind})
    feed = http.get("/registry/v1/changes", params={"after": cursor}).json()
    assert feed["national_numbers"] == [BERT]
    again = http.get("/registry/v1/changes", params={"after": feed["cursor"]}).json()
    assert again == {"cursor": feed["cursor"], "national_numbers": []}


@pytest.mark.parametrize(("mode", "status"), [("error", 500), ("maintenance", 503)])
def test_the_registry_fails_when_told_to(http: httpx.Client, mode: str, status: int) -> None:
    http.post("/registry/control/behaviour", json={"mode": mode})
    assert look_up(http, ANNA).status_code == status
    http.post("/registry/control/behaviour", json={"mode": "ok"})
    assert look_up(http, ANNA).status_code == 200


def test_the_registry_can_answer_about_someone_else(http: httpx.Client) -> None:
    http.post("/registry/control/behaviour", json={"mode": "wrong-person"})
    assert look_up(http, ANNA).json()["person"]["national_number"] != ANNA


def test_a_company_is_always_the_same_and_some_do_not_exist(http: httpx.Client) -> None:
    first = http.get("/register/v1/enterprises/0123456749").json()
    assert first == http.get("/register/v1/enterprises/0123456749").json()
    assert first["enterprise_number"] == "0123456749"
    assert first["address"]["city"]
    made_up = http.get("/register/v1/enterprises/0999888777")
    assert made_up.status_code == 404, "its check number is wrong"
    ends_in_00 = f"01234500{97 - 1234500 % 97:02d}"
    assert http.get(f"/register/v1/enterprises/{ends_in_00}").status_code == 404
