"""Invitations on screen: from the link in the mail over signing up to accepting; and the managers' side."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.gateway.conftest import Gateway, session_view, text_of

TOKEN = "b3Blbi1zZXNhbWUtb3Blbi1zZXNhbWU"
OFFER = {
    "organisation": {"id": str(new_id()), "name": "Agence du Parc", "enterprise_number": "0123456749"},
    "invited_by_name": "Ada Weg",
    "email": "nora@new.example",
    "type": "employee",
    "manager": True,
    "language": "de",
    "state": "open",
    "expires_at": "2099-01-01T10:00:00+00:00",
    "tools": [],
    "is_yours": None,
}


def offers(gateway: Gateway, *, status: int = 200, **changes: Any) -> None:
    for path in ("/internal/invitations/look-up", "/api/invitations/look-up"):
        gateway.peers["organisation"].answers[f"POST {path}"] = (status, {**OFFER, **changes})


async def test_the_token_leaves_the_address_at_once_and_nothing_is_answered_by_looking(gateway: Gateway) -> None:
    offers(gateway)
    response = await gateway.http.get(f"/invitations/{TOKEN}")
    assert response.headers["location"] == "/invitation"
    assert gateway.peers["organisation"].asked == []
    page = await gateway.http.get("/invitation")
    assert gateway.peers["organisation"].body_of_last() == {"token": TOKEN}
    assert TOKEN not in page.text
    assert "Agence du Parc" in page.text
    assert '<html lang="de"' in page.text
    assert "accept" not in [request.url.path.rsplit("/", 1)[1] for request in gateway.peers["organisation"].asked]


@pytest.mark.parametrize("token", ["short", "x" * 300, "a%20b" * 10])
async def test_what_is_no_token_is_asked_of_nobody(gateway: Gateway, token: str) -> None:
    assert (await gateway.http.get(f"/invitations/{token}")).headers["location"] == "/invitation"
    assert (await gateway.http.get("/invitation")).status_code == 404
    assert gateway.peers["organisation"].asked == []


async def test_signing_up_knows_the_address_and_activating_leads_back(gateway: Gateway) -> None:
    offers(gateway)
    await gateway.http.get(f"/invitations/{TOKEN}")
    await gateway.http.get("/invitation")
    assert 'value="nora@new.example"' in (await gateway.http.get("/sign-up")).text
    account_id = gateway.sign_in(acr="pending")
    assert (await gateway.http.get("/invitation")).headers["location"] == "/activate"
    access = gateway.mint.person(account_id)["authorization"].removeprefix("Bearer ")
    gateway.peers["identity"].answers["POST /internal/accounts/activate"] = (
        200,
        {"session": session_view(account_id, access)},
    )
    response = await gateway.post("/activate", {"code": "ABC123"})
    assert response.headers["location"] == "/invitation"


async def test_accepting_leads_on_and_the_invitation_is_no_longer_in_the_way(gateway: Gateway) -> None:
    offers(gateway, is_yours=True)
    gateway.sign_in()
    await gateway.http.get(f"/invitations/{TOKEN}")
    assert "/invitation/accept" in (await gateway.http.get("/invitation")).text
    gateway.peers["organisation"].answers["POST /api/invitations/accept"] = (
        200,
        {"organisation_id": str(new_id()), "organisation_name": "Agence du Parc"},
    )
    response = await gateway.post("/invitation/accept")
    assert gateway.peers["organisation"].body_of_last() == {"token": TOKEN}
    assert response.headers["location"] == "/eid"
    assert (await gateway.http.get("/sign-in")).headers["location"] == "/eid"


async def test_an_account_with_another_address_is_told_what_to_do(gateway: Gateway) -> None:
    offers(gateway, is_yours=False, language="en")
    gateway.sign_in()
    await gateway.http.get(f"/invitations/{TOKEN}")
    page = await gateway.http.get("/invitation")
    assert "Your account has another address" in text_of(page)
    assert "/invitation/accept" not in page.text
    assert "/sign-out" in page.text
    assert (await gateway.http.get("/sign-in")).headers["location"] == "/invitation"


async def test_what_stands_against_accepting_is_said_on_the_page(gateway: Gateway) -> None:
    offers(gateway, is_yours=True, language="en")
    gateway.sign_in()
    await gateway.http.get(f"/invitations/{TOKEN}")
    answers = gateway.peers["organisation"].answers
    answers["POST /api/invitations/accept"] = (403, {"code": "membership-blocked", "detail": "You are blocked."})
    response = await gateway.post("/invitation/accept")
    assert response.status_code == 403
    assert "You are blocked." in response.text
    answers["POST /api/invitations/accept"] = (409, {"code": "invitation-over", "detail": "Over."})
    offers(gateway, state="withdrawn")
    assert (await gateway.post("/invitation/accept")).headers["location"] == "/invitation"
    assert "It was withdrawn" in text_of(await gateway.http.get("/invitation"))
    assert (await gateway.http.get("/invitation")).status_code == 404


async def test_declining_is_confirmed_first_and_needs_no_account(gateway: Gateway) -> None:
    offers(gateway, language="en")
    await gateway.http.get(f"/invitations/{TOKEN}")
    assert "Decline the invitation of Agence du Parc?" in text_of(await gateway.http.get("/invitation/decline"))
    gateway.peers["organisation"].answers["POST /internal/invitations/decline"] = (204, None)
    assert (await gateway.post("/invitation/decline")).headers["location"] == "/"
    assert gateway.peers["organisation"].body_of_last() == {"token": TOKEN}
    assert (await gateway.http.get("/invitation")).status_code == 404


async def test_one_can_answer_later(gateway: Gateway) -> None:
    offers(gateway, is_yours=True)
    gateway.sign_in(eid_linked=True, acr="eid")
    await gateway.http.get(f"/invitations/{TOKEN}")
    assert (await gateway.post("/invitation/later")).headers["location"] == "/organisations"


REGISTRATION = str(new_id())
CHOICE = {"registration_id": REGISTRATION, "tool_name": "CadastreFinder", "usage_mode_name": "Agent",
          "roles": [{"id": "user", "name": "User"}, {"id": "admin", "name": "Administrator"}], "role": "user"}  # fmt: skip


def managed(gateway: Gateway, organisation_id: Any) -> str:
    """The path of its invitations."""
    account_id = gateway.sign_in()
    head = {"id": str(organisation_id), "name": "Agence du Parc", "enterprise_number": "0123456749", "manager": True}
    gateway.peers["organisation"].answers[f"GET /api/organisations/{organisation_id}"] = (200, head)
    mine = f"GET /api/organisations/{organisation_id}/employees/{account_id}"
    gateway.peers["organisation"].answers[mine] = (200, {"access": [CHOICE]})
    return f"/organisations/{organisation_id}/invitations"


def listed(**changes: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "email": "bram@new.example", "type": "employee", "manager": False, "language": "en",
            "state": "open", "invited_by": str(new_id()), "invited_by_name": "Ada Weg", "mails_sent": 1,
            "invited_at": "2026-01-01T10:00:00+00:00", "asked_at": "2026-01-01T10:00:00+00:00",
            "expires_at": "2099-01-01T10:00:00+00:00", "ended_at": None, "account_id": None, "refused_at": None,
            "access": [], **changes}  # fmt: skip


async def test_a_manager_invites_and_sees_what_is_wrong_at_the_field(gateway: Gateway) -> None:
    path = managed(gateway, new_id())
    peer = gateway.peers["organisation"]
    wrong = {"code": "invalid", "errors": [{"field": "email", "code": "invalid", "detail": "This is no address."}]}
    peer.answers[f"POST /api{path}"] = (422, wrong)
    assert f'name="access.{REGISTRATION}" value="" checked' in (await gateway.http.get(f"{path}/new")).text
    chosen = {f"access.{REGISTRATION}": "admin"}
    form = {"email": "bram", "type": "trainee", "language": "nl", "manager": "yes", **chosen}
    response = await gateway.post(f"{path}/new", form)
    assert response.status_code == 422
    assert "This is no address." in response.text
    assert 'value="bram"' in response.text
    assert 'value="admin" checked' in response.text
    peer.answers[f"POST /api{path}"] = (201, {"invitation_id": str(new_id()), "expires_at": "2099-01-01T10:00:00Z"})
    response = await gateway.post(f"{path}/new", {**form, "email": " bram@new.example "})
    assert response.headers["location"] == path
    sent = peer.body_of_last()
    assert (sent["manager"], sent["type"], sent["language"]) == (True, "trainee", "nl")
    assert sent["access"] == [{"registration_id": REGISTRATION, "role": "admin"}]


async def test_what_was_refused_says_so_and_leads_to_another_address(gateway: Gateway) -> None:
    path = managed(gateway, new_id())
    access = [{"tool_name": "CadastreFinder", "role_name": "Administrator"}]
    one = listed(refused_at="2026-01-01T10:05:00+00:00", access=access)
    answers = gateway.peers["organisation"].answers
    answers[f"GET /api{path}"] = (200, {"invitations": [one], "next": None})
    answers[f"GET /api{path}/{one['id']}"] = (200, one)
    page = await gateway.http.get(path)
    assert "Could not be delivered" in text_of(page)
    assert "CadastreFinder: Administrator" in text_of(page)
    correct = f"{path}/{one['id']}/address"
    assert correct in page.text
    assert 'value="bram@new.example"' in (await gateway.http.get(correct)).text
    wrong = {"code": "invalid", "errors": [{"field": "email", "code": "invalid", "detail": "This is no address."}]}
    answers[f"POST /api{correct}"] = (422, wrong)
    response = await gateway.post(correct, {"email": "bram@"})
    assert response.status_code == 422
    assert 'value="bram@"' in response.text
    answers[f"POST /api{correct}"] = (201, {"invitation_id": str(new_id()), "expires_at": "2099-01-01T10:00:00Z"})
    assert (await gateway.post(correct, {"email": " b@new.example "})).headers["location"] == path
    assert gateway.peers["organisation"].body_of_last() == {"email": "b@new.example"}


async def test_the_list_offers_what_can_be_done_with_each(gateway: Gateway) -> None:
    path = managed(gateway, new_id())
    waiting, gone = listed(), listed(state="expired", email="gone@new.example")
    gateway.peers["organisation"].answers[f"GET /api{path}"] = (200, {"invitations": [waiting, gone], "next": None})
    page = await gateway.http.get(path)
    assert f"{path}/{waiting['id']}/withdraw" in page.text
    assert f"{path}/{gone['id']}" not in page.text
    problem = {"code": "invitation-sent-just-now", "detail": "Wait 30 seconds.", "params": {"retry_after_s": 30}}
    gateway.peers["organisation"].answers[f"POST /api{path}/{waiting['id']}/send"] = (429, problem)
    response = await gateway.post(f"{path}/{waiting['id']}/send")
    assert response.status_code == 429
    assert "Wait 30 seconds." in response.text


async def test_withdrawing_says_first_what_will_happen(gateway: Gateway) -> None:
    path, one = managed(gateway, new_id()), listed()
    answers = gateway.peers["organisation"].answers
    answers[f"GET /api{path}/{one['id']}"] = (200, one)
    answers[f"POST /api{path}/{one['id']}/withdraw"] = (204, None)
    assert "stops working at once" in (await gateway.http.get(f"{path}/{one['id']}/withdraw")).text
    assert (await gateway.post(f"{path}/{one['id']}/withdraw")).headers["location"] == path
