"""The access page in the browser's eyes: nothing is lost, nothing changes unasked."""

from typing import Any

import pytest

from services.gateway.tools.access_form import Edits, View, view_after
from tests.gateway.conftest import REQUEST_ID, Gateway, text_of

ORGANISATION = "0195a7c0-0000-7000-8000-00000000000a"
REGISTRATION = "0195a7c0-0000-7000-8000-00000000000b"
ANNA, BART, CELINE = (f"0195a7c0-0000-7000-8000-0000000000{at}0" for at in ("a", "b", "c"))
HERE = f"/organisations/{ORGANISATION}/registrations/{REGISTRATION}"
API = f"/api{HERE}"
ROLES = [{"id": "user", "name": "User"}, {"id": "admin", "name": "Administrator"}]


def employee(account_id: str, name: str, role: str | None = None, **more: Any) -> dict[str, Any]:
    usual = {"state": "active", "manager": False, "tool_manager": False, "held": [], "until": {}, "missing": []}
    return {"account_id": account_id, "name": name, "role": role, **usual, **more}


def answer_of(*employees: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {
        "registration_id": REGISTRATION,
        "tool_id": "cadastrefinder",
        "usage_mode": "agent",
        "state": "active",
        "suspended_reason": None,
        "mandate": {"account_id": ANNA, "name": "Anna Aerts", "recognition": "ipi", "until": None, "is_held": True},
        "needs": "IPI number or FS323",
        "register_needs": "IPI number",
        "kinds": ["fs323", "ipi"],
        "roles": ROLES,
        "is_manager": True,
        "employees": list(employees),
        "total": len(employees),
        "requests": [],
        **more,
    }


PEOPLE = (
    employee(ANNA, "Anna Aerts", "user", manager=True, held=["ipi"], until={"ipi": "2031-05-04"}),
    employee(BART, "Bart Bos", missing=[["ipi"], ["fs323"]]),
    employee(CELINE, "Celine Claes", "user", state="blocked"),
)
SHOWN = {"q": "", "filter": "all", "sort": "name", "page": "1"}
ROWS = {f"was.{ANNA}": "user", f"role.{ANNA}": "user", f"managed.{ANNA}": "no", f"was.{CELINE}": "user",
        f"was.{BART}": "", f"role.{BART}": "", f"managed.{BART}": "no"}  # fmt: skip


def furnish(gateway: Gateway) -> None:
    """Somebody is signed in who manages an organisation that has registered a tool."""
    gateway.sign_in()
    answers = gateway.peers["organisation"].answers
    answers[f"GET {API}/access"] = answer_of(*PEOPLE)
    answers[f"GET /api/organisations/{ORGANISATION}"] = (200, {
        "id": ORGANISATION, "name": "Agence du Parc", "enterprise_number": "0123456749", "manager": True, "requests": 0,
        "logo": None, "cover": None})  # fmt: skip
    answers["GET /api/tools/cadastrefinder"] = (200, {
        "id": "cadastrefinder", "name": "CadastreFinder", "description": "Finds parcels", "sign_in_acr": "eid", "logo": None,
        "start_url": "https://c.example", "state": "offered", "terms": {"version": "1", "text": "Be kind."},
        "usage_modes": [{"id": "agent", "name": "Agent", "description": "For clients.", "roles": ROLES}]})  # fmt: skip


@pytest.fixture
def office(gateway: Gateway) -> Gateway:
    furnish(gateway)
    return gateway


def sent(gateway: Gateway, method: str) -> list[str]:
    return [request.url.path for request in gateway.peers["organisation"].asked if request.method == method]


async def test_the_page_says_who_may_what_and_under_whose_recognition(office: Gateway) -> None:
    page = await office.http.get(f"{HERE}/access?q=a")
    text = text_of(page)
    assert page.status_code == 200
    assert "IPI of Anna Aerts" in text
    assert "until 4 May 2031" in text
    assert "Nothing changes until you save." in text
    asked = next(one for one in office.peers["organisation"].asked if one.url.path == f"{API}/access")
    assert (asked.url.params["q"], asked.url.params["limit"]) == ("a", "50")


async def test_only_what_was_changed_is_sent_with_what_was_seen(office: Gateway) -> None:
    office.peers["organisation"].answers[f"PUT {API}/access"] = (200, {"access": 1, "tool_managers": 1})
    changed = {**ROWS, f"role.{BART}": "admin", f"manages.{ANNA}": "yes"}
    response = await office.post(f"{HERE}/access", {**SHOWN, **changed, "do": "save"})
    assert response.headers["location"] == f"{HERE}/access"
    assert office.peers["organisation"].body_of_last() == {
        "changes": [{"account_id": BART, "role": "admin", "was": None}],
        "tool_managers": [{"account_id": ANNA, "is_tool_manager": True}],
    }
    assert "Saved: 1 person given access, 1 tool manager appointed." in text_of(await office.http.get(f"{HERE}/access"))


async def test_saving_without_changes_asks_nothing_of_anybody(office: Gateway) -> None:
    await office.post(f"{HERE}/access", {**SHOWN, **ROWS, "do": "save"})
    assert sent(office, "PUT") == []


async def test_a_page_turned_with_changes_asks_first_and_keeps_them(office: Gateway) -> None:
    changed = {**ROWS, f"role.{BART}": "admin"}
    page = await office.post(f"{HERE}/access", {**SHOWN, **changed, "go": "page=2"})
    text = text_of(page)
    assert "What you changed here is not saved yet." in text
    assert "1 change that is not saved" in text
    assert '<option value="admin" selected>' in page.text
    assert f'href="{HERE}/access?page=2"' in page.text
    assert sent(office, "PUT") == []
    office.peers["organisation"].answers[f"PUT {API}/access"] = (200, {"access": 1, "tool_managers": 0})
    onward = await office.post(f"{HERE}/access", {**SHOWN, **changed, "onward": "page=2", "do": "save"})
    assert onward.headers["location"] == f"{HERE}/access?page=2"


async def test_a_page_turned_without_changes_is_an_address(office: Gateway) -> None:
    response = await office.post(f"{HERE}/access", {**SHOWN, **ROWS, "typed": "bos & co", "go": "search"})
    assert response.headers["location"] == f"{HERE}/access?q=bos+%26+co"


async def test_who_was_slower_is_told_and_keeps_what_they_chose(office: Gateway) -> None:
    answers = office.peers["organisation"].answers
    problem = {"code": "access-changed-meanwhile", "detail": "Somebody else has changed some of this access meanwhile."}
    answers[f"PUT {API}/access"] = (409, problem)
    answers[f"GET {API}/access"] = answer_of(PEOPLE[0], {**PEOPLE[1], "role": "user"})
    page = await office.post(f"{HERE}/access", {**SHOWN, **ROWS, f"role.{BART}": "admin", "do": "save"})
    assert page.status_code == 409
    assert "Changed by somebody else meanwhile" in text_of(page)
    assert f'name="was.{BART}" value="user"' in page.text
    assert "1 change that is not saved" in text_of(page)


async def test_what_was_changed_and_is_not_on_the_page_any_more_is_shown_too(office: Gateway) -> None:
    office.peers["organisation"].answers[f"GET {API}/access"] = answer_of(PEOPLE[0])
    await office.post(f"{HERE}/access", {**SHOWN, **ROWS, f"role.{BART}": "admin", "go": "page=2"})
    asked = [one for one in office.peers["organisation"].asked if one.url.path == f"{API}/access"]
    assert asked[-1].url.params["only"] == BART


async def test_one_choice_for_everyone_who_is_shown_waits_to_be_saved(office: Gateway) -> None:
    page = await office.post(f"{HERE}/access", {**SHOWN, **ROWS, "all": "admin", "do": "all"})
    assert "2 changes that are not saved" in text_of(page)
    assert sent(office, "PUT") == []


async def test_a_request_is_answered_and_changes_beside_it_stay(office: Gateway) -> None:
    answers = office.peers["organisation"].answers
    request = {"account_id": BART, "name": "Bart Bos", "role": "user", "current_role": None, "missing": [["ipi"]],
               "requested_at": "2031-01-02T10:00:00Z"}  # fmt: skip
    answers[f"GET {API}/access"] = answer_of(*PEOPLE, requests=[request])
    answers[f"POST {API}/requests/{BART}/answer"] = (204, None)
    assert "Bart Bos asks to be: User" in text_of(await office.http.get(f"{HERE}/access"))
    fields = {**SHOWN, **ROWS, f"answer.{BART}": "Later.", "do": f"refuse.{BART}"}
    assert (await office.post(f"{HERE}/access", fields)).status_code == 303
    assert office.peers["organisation"].body_of_last() == {"granted": False, "answer": "Later."}
    page = await office.post(f"{HERE}/access", {**fields, f"role.{ANNA}": "", "do": f"grant.{BART}"})
    assert "1 change that is not saved" in text_of(page)
    assert (await office.post(f"{HERE}/access", {**fields, "do": "grant.nobody"})).status_code == 404


async def test_a_tool_manager_sees_no_more_than_they_need(office: Gateway) -> None:
    office.peers["organisation"].answers[f"GET {API}/access"] = answer_of(*PEOPLE, is_manager=False)
    page = await office.http.get(f"{HERE}/access")
    assert "manages." not in page.text
    assert f"{HERE}/end" not in page.text
    assert f"{HERE}/mandate" not in page.text


async def test_the_search_gets_the_rows_alone(office: Gateway) -> None:
    page = await office.http.get(f"{HERE}/access?q=b", headers={"X-Fragment": "rows"})
    assert "<html" not in page.text
    assert f'name="role.{BART}"' in page.text


async def test_a_page_that_is_not_there_is_the_last_one(office: Gateway) -> None:
    office.peers["organisation"].answers[f"GET {API}/access"] = answer_of(total=70)
    response = await office.http.get(f"{HERE}/access?page=9&sort=-name")
    assert response.headers["location"] == f"{HERE}/access?sort=-name&page=2"


def own(**more: Any) -> dict[str, Any]:
    usual = {
        "registration_id": REGISTRATION, "tool_id": "cadastrefinder", "tool_name": "CadastreFinder", "usage_mode": "agent",
        "usage_mode_name": "Agent", "state": "active", "suspended_reason": None, "needs": "IPI number", "missing": [],
        "roles": [{**role, "is_at_once": False} for role in ROLES], "role": None, "requested": None, "ended": None,
        "may_edit": False, "requests": 0}  # fmt: skip
    return {**usual, **more}


def has(gateway: Gateway, *registrations: dict[str, Any]) -> None:
    path = f"GET /api/organisations/{ORGANISATION}/registrations/mine"
    gateway.peers["organisation"].answers[path] = (200, list(registrations))


async def test_asking_for_a_role_leads_back_to_the_tool_that_one_comes_from(office: Gateway) -> None:
    office.comes_from_tool()
    has(office, own(missing=[["ipi"]]))
    page = await office.http.get(f"{HERE}/ask?request={REQUEST_ID}")
    assert "What is missing for you: IPI." in text_of(page)
    office.peers["organisation"].answers[f"POST {API}/requests"] = (200, {"outcome": "requested"})
    assert (await office.post(f"{HERE}/ask?request={REQUEST_ID}", {})).status_code == 422
    response = await office.post(f"{HERE}/ask?request={REQUEST_ID}", {"role": "user"})
    assert response.headers["location"] == f"/select?request={REQUEST_ID}"
    assert office.peers["organisation"].body_of_last() == {"role": "user"}


async def test_a_refusal_is_shown_with_its_reason(office: Gateway) -> None:
    ended = {
        "role": "user",
        "outcome": "refused",
        "answer": "First the <training>.",
        "ended_at": "2031-01-02T10:00:00Z",
    }
    has(office, own(ended=ended))
    tool = {**office.peers["organisation"].answers["GET /api/tools/cadastrefinder"][1], "registrations": []}
    answers = office.peers["organisation"].answers
    answers[f"GET /api/organisations/{ORGANISATION}/tools"] = (200, [tool])
    answers[f"GET /api/organisations/{ORGANISATION}/ended-registrations"] = (200, [])
    page = await office.http.get(f"/organisations/{ORGANISATION}/tools")
    assert "Your request to be User was not granted on 2 January 2031." in text_of(page)
    assert "First the &lt;training&gt;." in page.text


async def test_a_form_that_is_sent_twice_registers_once_and_ends_well(office: Gateway) -> None:
    has(office, own(role="user", may_edit=True))
    path = f"/api/organisations/{ORGANISATION}/registrations"
    office.peers["organisation"].answers[f"POST {path}"] = (409, {"code": "already-registered", "detail": "Already."})
    fields = {"usage_mode": "agent", "terms_version": "1", "accept": "yes"}
    response = await office.post(f"/organisations/{ORGANISATION}/tools/cadastrefinder/register", fields)
    done = f"/organisations/{ORGANISATION}/tools/cadastrefinder/registered/{REGISTRATION}"
    assert response.headers["location"] == done
    assert "You have access as: User." in text_of(await office.http.get(done))


async def test_who_is_no_manager_is_led_to_whom_to_ask(office: Gateway) -> None:
    here = f"/organisations/{ORGANISATION}/tools/cadastrefinder"
    answers = office.peers["organisation"].answers
    answers[f"GET /api{here}/usage-modes"] = (403, {"code": "not-a-manager", "detail": "No."})
    response = await office.http.get(f"{here}/register")
    assert response.headers["location"] == f"{here}/ask"


async def test_a_registration_that_is_gone_is_not_there(office: Gateway) -> None:
    has(office)
    assert (await office.http.get(f"{HERE}/ask")).status_code == 404
    path = f"/organisations/{ORGANISATION}/tools/cadastrefinder/registered/{REGISTRATION}"
    assert (await office.http.get(path)).status_code == 404


async def test_ending_says_first_how_many_lose_access(office: Gateway) -> None:
    answers = office.peers["organisation"].answers
    answers[f"GET {API}/end"] = (200, {"registration_id": REGISTRATION, "tool_id": "cadastrefinder", "usage_mode": "agent",
                                       "people": 12, "tool_managers": 0, "requests": 1})  # fmt: skip
    answers[f"POST {API}/end"] = (204, None)
    text = text_of(await office.http.get(f"{HERE}/end"))
    assert "12 people lose access at once" in text
    response = await office.post(f"{HERE}/end")
    assert response.headers["location"] == f"/organisations/{ORGANISATION}/tools"


def test_a_view_is_read_from_anything() -> None:
    assert View.of({"page": "0", "sort": "x", "filter": "y"}) == View()
    assert View.of({"page": "²", "q": "  a "}) == View(q="a")
    assert View.of({"page": "9" * 8}).page == 2000
    assert View(q="a", page=3).at(sort="-name") == "q=a&sort=-name"
    assert view_after(View(filter="with", page=3), "search", "b") == View(q="b", filter="with")
    assert view_after(View(), "q=a%26b&page=2", "") == View(q="a&b", page=2)


def test_edits_settle_with_what_others_did() -> None:
    edits = Edits.of({"was.a": "", "role.a": "user", "was.b": "user", "role.b": "user", "was.c": "user", "role.c": ""})
    assert edits.roles == {"a": ("user", ""), "c": ("", "user")}
    crossed = edits.settle(
        [
            {"account_id": "a", "role": "user", "tool_manager": False},
            {"account_id": "c", "role": "admin", "tool_manager": True},
        ]
    )
    assert crossed == {"a", "c"}
    assert (edits.roles, edits.managers) == ({"c": ("", "admin")}, {})
