"""The registry simulator answers as its contract says, and badly when told to."""

from datetime import UTC, datetime

import httpx
import pytest

ANNA = "85073000160"
BERT = "90020200260"
CLARA = "91020200257"


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


@pytest.mark.parametrize(("mode", "status"), [("error", 500), ("rate-limited", 429)])
def test_the_registry_fails_when_told_to(http: httpx.Client, mode: str, status: int) -> None:
    http.post("/registry/control/behaviour", json={"mode": mode})
    assert look_up(http, ANNA).status_code == status
    http.post("/registry/control/behaviour", json={"mode": "ok"})
    assert look_up(http, ANNA).status_code == 200


def test_maintenance_is_announced_with_a_page_for_people_as_if_it_were_an_answer(http: httpx.Client) -> None:
    http.post("/registry/control/behaviour", json={"mode": "maintenance"})
    answer = look_up(http, ANNA)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_an_answer_can_be_cut_off_and_say_everything_twice(http: httpx.Client) -> None:
    http.post("/registry/control/grant", json={"national_number": ANNA, "kind": "ipi"})
    http.post("/registry/control/behaviour", json={"mode": "duplicate"})
    assert [held["kind"] for held in look_up(http, ANNA).json()["recognitions"]] == ["ipi", "ipi"]
    http.post("/registry/control/behaviour", json={"mode": "truncated"})
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        look_up(http, ANNA).json()


def test_a_registry_that_lags_knows_what_it_knew_months_ago(http: httpx.Client) -> None:
    long_ago = {"national_number": CLARA, "kind": "fs323", "recorded_on": "2020-01-01"}
    http.post("/registry/control/grant", json=long_ago)
    http.post("/registry/control/grant", json={"national_number": CLARA, "kind": "ipi"})
    http.post("/registry/control/behaviour", json={"mode": "lag"})
    answer = look_up(http, CLARA).json()
    assert [held["kind"] for held in answer["recognitions"]] == ["fs323"]
    assert answer["as_of"] < datetime.now(UTC).date().isoformat()


def test_nothing_new_is_said_with_a_304(http: httpx.Client) -> None:
    cursor = http.get("/registry/v1/changes", params={"after": 10**9})
    again = http.get("/registry/v1/changes", params={"after": 10**9}, headers={"if-none-match": cursor.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_names_all_who_hold_a_recognition(http: httpx.Client) -> None:
    http.post("/registry/control/grant", json={"national_number": BERT, "kind": "fs323"})
    basic = httpx.BasicAuth("immo", "any")
    file = http.get("/registry/files/fs323.csv", auth=basic)
    header, *lines = file.content.decode("utf-8-sig").splitlines()
    assert header == "INSZ;NAAM;DOSSIER;VAN;TOT"
    assert any(line.startswith(BERT) for line in lines)
    same = http.get("/registry/files/fs323.csv", auth=basic, headers={"if-none-match": file.headers["etag"]})
    assert same.status_code == 304
    http.post("/registry/control/behaviour", json={"mode": "empty"})
    assert len(http.get("/registry/files/fs323.csv", auth=basic).content.splitlines()) == 1


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
