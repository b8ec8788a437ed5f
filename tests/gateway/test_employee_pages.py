"""O6-O11 in the browser: the list, one person, letting someone in, and what is done to people."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of

ORGANISATION = "0195a7c0-0000-7000-8000-0000000000aa"
PATH = f"/organisations/{ORGANISATION}/employees"
API = f"/api{PATH}"
SINCE = "2026-10-03T08:00:00Z"
CHOICE = {
    "registration_id": "0195a7c0-0000-7000-8000-0000000000bb",
    "tool": "romi",
    "tool_name": "ROMi",
    "usage_mode": "agent",
    "usage_mode_name": "Agent",
    "roles": [{"id": "user", "name": "User"}],
    "role": "user",
}


def person(account_id: UUID | str, name: str, **more: Any) -> dict[str, Any]:
    facts = {
        "type": "employee",
        "email": "a@dyle.example",
        "phone": None,
        "fax": None,
        "state": "active",
        "manager": False,
    }
    return {"account_id": str(account_id), "name": name, "version": 3, "since": SINCE, **facts, **more}


def detail(account_id: UUID | str, name: str, *can: str, **more: Any) -> dict[str, Any]:
    return {
        **person(account_id, name),
        "access": [CHOICE],
        "can": can,
        "is_last_manager": False,
        "standing_on": [],
        **more,
    }


@pytest.fixture
def nora(gateway: Gateway) -> UUID:
    """A manager who is signed in."""
    organisation = gateway.peers["organisation"].answers
    organisation[f"GET /api/organisations/{ORGANISATION}"] = (
        200,
        {"id": ORGANISATION, "enterprise_number": "0123456749", "name": "Immo Dyle", "manager": True, "logo": None},
    )
    account_id = gateway.sign_in()
    organisation[f"GET {API}/{account_id}"] = (200, detail(account_id, "Nora Peeters", "edit", "leave", manager=True))
    return account_id


def listing(*people: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"employees": list(people), "next": None, "total": len(people), "awaiting": 1, **more}


async def test_the_list_leads_on_page_by_page_and_is_searched_as_one_types(gateway: Gateway, nora: UUID) -> None:
    organisation = gateway.peers["organisation"]
    organisation.answers[f"GET {API}"] = listing(person(new_id(), "Zoë Maes", manager=True), next="a b+c", total=4712)
    page = await gateway.http.get(f"{PATH}?filter=managers&q=%20zoë &sort=since")
    asked = next(request for request in organisation.asked if request.url.path == API)
    assert dict(asked.url.params) == {"filter": "managers", "q": "zoë", "sort": "since", "after": ""}
    assert "4712 people" in text_of(page)
    assert "Zoë Maes" in text_of(page)
    assert 'rel="next" href="?filter=managers&amp;q=zo%C3%AB&amp;sort=since&amp;after=a+b%2Bc"' in page.text
    assert f'href="{PATH}.csv?filter=managers&amp;q=zo%C3%AB&amp;sort=since"' in page.text
    fragment = await gateway.http.get(f"{PATH}?q=zo", headers={"x-fragment": "cards"})
    assert "<html" not in fragment.text
    assert "Zoë Maes" in fragment.text
    organisation.answers[f"GET {API}"] = listing()
    assert "Nobody here has “zo” in their name" in text_of(await gateway.http.get(f"{PATH}?q=zo"))


async def test_the_file_is_passed_on_as_it_comes(gateway: Gateway, nora: UUID) -> None:
    organisation = gateway.peers["organisation"]
    organisation.answers[f"GET {API}.csv"] = (200, "Name;Place")
    response = await gateway.http.get(f"{PATH}.csv?filter=blocked")
    assert response.headers["content-disposition"] == 'attachment; filename="employees.csv"'
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.text == '"Name;Place"'
    assert organisation.asked[-1].url.params["filter"] == "blocked"
    organisation.answers[f"GET {API}.csv"] = (403, {"code": "not-a-manager", "detail": "Managers only."})
    assert (await gateway.http.get(f"{PATH}.csv")).status_code == 403


async def test_a_manager_looks_somebody_up_and_adds_them_in_three_steps(gateway: Gateway, nora: UUID) -> None:
    organisation = gateway.peers["organisation"]
    organisation.answers[f"POST {API}/lookup"] = (200, {"found": None})
    nobody = await gateway.post(f"{PATH}/add", {"step": "find", "who": "zoe@mail.example"})
    assert "We know nobody under “zoe@mail.example”" in text_of(nobody)
    assert f'href="/organisations/{ORGANISATION}/invite"' in nobody.text
    zoe = str(new_id())
    organisation.answers[f"POST {API}/lookup"] = (
        200,
        {"found": {"account_id": zoe, "name": "Zoë", "state": "requested"}},
    )
    known = await gateway.post(f"{PATH}/add", {"step": "find", "who": "zoe.maes"})
    assert f'href="{PATH}/{zoe}/confirm"' in known.text
    organisation.answers[f"POST {API}/lookup"] = (200, {"found": {"account_id": zoe, "name": "Zoë", "state": None}})
    data = await gateway.post(f"{PATH}/add", {"step": "find", "who": "zoe@mail.example"})
    assert 'value="zoe@mail.example"' in data.text
    typed = {
        "account_id": zoe,
        "name": "Zoë",
        "type": "trainee",
        "email": "z@dyle.example",
        "phone": "",
        "fax": "",
        "manager": "yes",
    }
    access = await gateway.post(f"{PATH}/add", {**typed, "step": "access"})
    assert "What may Zoë open?" in text_of(access)
    organisation.answers[f"POST {API}"] = (201, None)
    done = await gateway.post(
        f"{PATH}/add", {**typed, "step": "confirm", f"access.{CHOICE['registration_id']}": "user"}
    )
    assert done.headers["location"] == PATH
    body = organisation.body_of_last()
    assert (body["account_id"], body["manager"], body["type"]) == (zoe, True, "trainee")
    assert body["access"] == [{"registration_id": CHOICE["registration_id"], "role": "user"}]


async def test_what_is_wrong_with_the_data_is_shown_where_they_are_typed(gateway: Gateway, nora: UUID) -> None:
    organisation, zoe = gateway.peers["organisation"], new_id()
    organisation.answers[f"GET {API}/{zoe}"] = (200, detail(zoe, "Zoë Maes", "confirm", state="requested"))
    organisation.answers[f"POST {API}/{zoe}/confirm"] = (
        422,
        {
            "code": "invalid",
            "detail": "No",
            "errors": [{"field": "fax", "code": "phone-invalid", "detail": "No fax number."}],
        },
    )
    page = await gateway.post(f"{PATH}/{zoe}/confirm", {"step": "confirm", "fax": "x", "email": "z@dyle.example"})
    assert page.status_code == 422
    assert "No fax number." in text_of(page)
    assert 'id="f-fax"' in page.text


async def test_what_will_happen_is_said_before_it_does(gateway: Gateway, nora: UUID) -> None:
    organisation, zoe = gateway.peers["organisation"], new_id()
    organisation.answers[f"GET {API}/{zoe}"] = (200, detail(zoe, "Zoë Maes", "block", standing_on=["ROMi"]))
    page = text_of(await gateway.http.get(f"{PATH}/{zoe}/block"))
    assert "Access to 1 tool ends: ROMi." in page
    assert "ROMi stands under this person’s recognition" in page
    for action in ("block", "remove", "activate", "promote", "dismiss"):
        organisation.answers[f"POST {API}/{zoe}/{action}"] = (204, None)
        assert (await gateway.http.get(f"{PATH}/{zoe}/{action}")).status_code == 200
        done = await gateway.post(f"{PATH}/{zoe}/{action}")
        assert done.headers["location"] == (PATH if action == "remove" else f"{PATH}/{zoe}")
    organisation.answers[f"POST {API}/{nora}/remove"] = (
        409,
        {"code": "last-manager", "detail": "Nobody else manages."},
    )
    refused = await gateway.post(f"{PATH}/{nora}/remove")
    assert (refused.status_code, "Nobody else manages." in text_of(refused)) == (409, True)
    assert "Leave Immo Dyle?" in text_of(refused)
    organisation.answers[f"POST {API}/{nora}/remove"] = (204, None)
    left = await gateway.post(f"{PATH}/{nora}/remove")
    assert left.headers["location"] == "/organisations"


async def test_ones_own_data_are_edited_and_the_personal_profile_is_looked_at(gateway: Gateway, nora: UUID) -> None:
    organisation = gateway.peers["organisation"]
    form = await gateway.http.get(f"{PATH}/{nora}/edit")
    assert 'name="version" value="3"' in form.text
    organisation.answers[f"PUT {API}/{nora}"] = (204, None)
    saved = await gateway.post(f"{PATH}/{nora}/edit", {"type": "head", "email": "n@dyle.example", "version": "3"})
    assert saved.headers["location"] == f"{PATH}/{nora}"
    assert organisation.body_of_last()["version"] == "3"
    profile = {"name": "Nora Peeters", "language": "nl", "picture": "abc", "recognitions": [], "is_complete": True}
    organisation.answers[f"GET {API}/{nora}/profile"] = (200, profile)
    page = await gateway.http.get(f"{PATH}/{nora}/profile")
    assert "Nederlands" in text_of(page)
    assert f'src="{PATH}/{nora}/picture?v=abc"' in page.text
    assert (await gateway.http.get(f"{PATH}/{nora}/picture")).status_code == 404


async def test_a_request_that_nobody_answered_is_taken_back(gateway: Gateway, nora: UUID) -> None:
    organisation, path = gateway.peers["organisation"], f"/organisations/{ORGANISATION}/request"
    mine = [{"id": ORGANISATION, "name": "Immo Dyle", "my_state": "requested"}]
    organisation.answers["GET /api/organisations/mine"] = (200, mine)
    assert "Take back your request?" in text_of(await gateway.http.get(path))
    organisation.answers[f"POST {API}/{nora}/remove"] = (204, None)
    assert (await gateway.post(path)).headers["location"] == "/organisations"
    organisation.answers["GET /api/organisations/mine"] = (200, [{**mine[0], "my_state": "active"}])
    assert (await gateway.http.get(path)).status_code == 404
