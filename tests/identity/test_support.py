"""The support console: who may look into an account, why, and what stays on the record."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.identity.support import rules
from shared.events.identity import AccountsMerged, EidUnlinked
from shared.ids import new_id
from tests.identity.world import Someone, World
from tests.support.mint import Headers

REASON = "Called us: lost the card, ticket 4711"


async def appoint(world: World, person: Someone) -> None:
    operator = world.mint.peer("operator", "identity")
    answer = await world.http.put(f"/internal/staff/{person.form['username']}", json={}, headers=operator)
    assert answer.status_code == 204, answer.text


async def colleague(world: World) -> "Desk":
    person = await world.someone()
    await appoint(world, person)
    headers = world.mint.person(person.account_id, session_id=str(new_id()), acr="mfa", claims={"staff": "support"})
    return Desk(world, person, headers)


class Desk:
    """A member of the staff who signed in with a second factor."""

    def __init__(self, world: World, person: Someone, headers: Headers) -> None:
        self.world, self.person, self.headers = world, person, headers

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.world.http.request(method, f"/api/support/{path}", headers=self.headers, **options)

    async def search(self, query: str) -> list[dict[str, Any]]:
        answer = await self.call("POST", "search", json={"query": query})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def open(self, account_id: UUID, reason: str = REASON) -> str:
        answer = await self.call("POST", "cases", json={"account_id": str(account_id), "reason": reason})
        assert answer.status_code == 201, answer.text
        return answer.json()["case_id"]


async def test_an_account_is_found_by_what_people_know_of_themselves(world: World) -> None:
    desk = await colleague(world)
    nora = await world.sign_up(
        first_name="Nora", last_name="Peeters", username="nora.peeters", email="Nora@Post.example.com"
    )
    other = await world.sign_up(first_name="Norbert", last_name="Peetersen")
    for query in (str(nora.account_id), "nora@post.EXAMPLE.com", "Nora.Peeters", "Peeters, nora", "Nora Peeters"):
        assert [row["id"] for row in await desk.search(query)] == [str(nora.account_id)], query
    both = await desk.search("peeters, nor")
    assert [row["id"] for row in both] == [str(nora.account_id), str(other.account_id)]
    assert both[0]["email"] == "N•••@post.example.com"
    assert await desk.search("%, %") == []


async def test_searching_stands_on_the_record_without_what_was_searched_for(world: World) -> None:
    desk = await colleague(world)
    await world.sign_up(first_name="Nora", last_name="Peeters")
    await desk.search("Peeters, Nora")
    row = await world.run("SELECT to_jsonb(l) FROM audit_log AS l WHERE action = 'support-searched'")
    assert row["actor"] == f"account:{desk.person.account_id}"
    assert "Peeters" not in str(row)


async def test_a_case_needs_a_reason_and_shows_the_state_of_the_account(world: World) -> None:
    desk, nora = await colleague(world), await world.sign_up(first_name="Nora", last_name="Peeters")
    answer = await desk.call("POST", "cases", json={"account_id": str(nora.account_id), "reason": " too  short "})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "reason-missing")
    case_id = await desk.open(nora.account_id)
    shown = (await desk.call("GET", f"cases/{case_id}")).json()
    account = shown["account"]
    assert shown["reason"] == REASON
    assert (account["state"], account["sessions"], account["email"]) == ("pending", 1, nora.form["email"])
    assert account["codes"][0]["purpose"] == "activation"
    actions = {entry["action"]: entry for entry in account["audit"]}
    assert set(actions) == {"account-created", "support-case-opened"}
    assert actions["support-case-opened"]["reason"] == REASON
    assert [case["id"] for case in (await desk.call("GET", "cases")).json()] == [case_id]


async def test_an_activation_code_is_sent_again(world_of: Any) -> None:
    world: World = await world_of(code_resend_s=1)
    desk, nora = await colleague(world), await world.sign_up()
    case_id = await desk.open(nora.account_id)
    await world.run("UPDATE account_code SET sent_at = sent_at - interval '1 hour'")
    assert (await desk.call("POST", f"cases/{case_id}/activation-code")).status_code == 204
    assert (await nora.activate(await nora.code())).status_code == 200
    answer = await desk.call("POST", f"cases/{case_id}/activation-code")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-send")


async def test_a_card_is_unlinked_with_the_reason_on_the_record(world: World) -> None:
    desk, nora = await colleague(world), await world.someone()
    await world.run(
        "INSERT INTO eid_link (account_id, number_hash, hash_key_id, certificate_sha256, linked_at, renewed_at) "
        "VALUES ($1, '\\x01', 'k', 'c', now(), now())",
        nora.account_id,
    )
    case_id = await desk.open(nora.account_id)
    assert (await desk.call("POST", f"cases/{case_id}/unlink-card")).status_code == 204
    assert len(await world.events(EidUnlinked)) == 1
    account = (await desk.call("GET", f"cases/{case_id}")).json()["account"]
    entry = account["audit"][0]
    assert (entry["action"], entry["actor"], entry["reason"]) == (
        "eid-unlinked",
        f"account:{desk.person.account_id}",
        REASON,
    )
    assert account["eid_linked_at"] is None
    answer = await desk.call("POST", f"cases/{case_id}/unlink-card")
    assert answer.status_code in (404, 409)


async def test_another_account_of_the_same_person_is_merged(world: World) -> None:
    desk, nora, again = await colleague(world), await world.someone(), await world.someone()
    case_id = await desk.open(nora.account_id)
    answer = await desk.call("POST", f"cases/{case_id}/merge", json={"other": again.form["email"]})
    assert answer.status_code == 204, answer.text
    (event,) = await world.events(AccountsMerged)
    assert (event.account_id, event.merged_account_id) == (nora.account_id, again.account_id)
    assert (await again.sign_in()).status_code == 401
    assert (await nora.sign_in()).status_code == 200
    entry = (await desk.call("GET", f"cases/{case_id}")).json()["account"]["audit"]
    assert REASON in [row["reason"] for row in entry if row["action"] == "accounts-merged"]


async def test_what_cannot_be_merged_is_refused_and_said(world: World) -> None:
    desk, other, nora = await colleague(world), await colleague(world), await world.someone()
    case_id = await desk.open(nora.account_id)
    for name, status in (
        ("nobody.at.all", 404),
        ("Nora Peeters", 404),
        (nora.form["username"], 409),
        (other.person.form["username"], 403),
    ):
        answer = await desk.call("POST", f"cases/{case_id}/merge", json={"other": name})
        assert answer.status_code == status, (name, answer.text)


async def test_somebody_is_signed_out_everywhere(world: World) -> None:
    desk, nora = await colleague(world), await world.someone()
    case_id = await desk.open(nora.account_id)
    assert (await desk.call("POST", f"cases/{case_id}/end-sessions")).json() == {"sessions": 1}
    answer = await world.call("POST", "/internal/sessions/refresh", json={"session_token": nora.token})
    assert answer.status_code == 401
    for action in ("other-sessions-ended", "support-sessions-ended"):
        actor = await world.run("SELECT actor FROM audit_log WHERE action = $1", action)
        assert actor == f"account:{desk.person.account_id}", "whose doing it was, everywhere in the log"


async def test_nobody_handles_their_own_account_or_a_colleagues(world: World) -> None:
    desk, other = await colleague(world), await colleague(world)
    for person, code in ((desk.person, "own-account"), (other.person, "staff-account")):
        answer = await desk.call("POST", "cases", json={"account_id": str(person.account_id), "reason": REASON})
        assert (answer.status_code, answer.json()["code"]) == (403, code)


async def test_a_case_is_its_openers_alone_and_ends(world: World) -> None:
    desk, other, nora = await colleague(world), await colleague(world), await world.someone()
    case_id = await desk.open(nora.account_id)
    answer = await other.call("GET", f"cases/{case_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "case-ended")
    await world.run("UPDATE support_case SET expires_at = now()")
    answer = await desk.call("POST", f"cases/{case_id}/end-sessions")
    assert (answer.status_code, answer.json()["code"]) == (404, "case-ended")


@pytest.mark.parametrize(("acr", "staff"), [("mfa", ""), ("pwd", "support"), ("pending", "support"), ("mfa", "other")])
async def test_only_staff_with_a_second_factor_comes_in(world: World, acr: str, staff: str) -> None:
    person = await world.someone()
    await appoint(world, person)
    headers = world.mint.person(person.account_id, session_id=str(new_id()), acr=acr, claims={"staff": staff})
    answer = await world.http.post("/api/support/search", json={"query": "x"}, headers=headers)
    assert answer.status_code == 403


async def test_whoever_is_dismissed_may_nothing_more_whatever_their_token_says(world: World) -> None:
    desk, nora = await colleague(world), await world.someone()
    case_id = await desk.open(nora.account_id)
    operator = world.mint.peer("operator", "identity")
    listed = (await world.http.get("/internal/staff", headers=operator)).json()
    assert [(row["username"], row["role"]) for row in listed] == [(desk.person.form["username"], "support")]
    path = f"/internal/staff/{desk.person.form['username']}"
    assert (await world.http.delete(path, headers=operator)).status_code == 204
    for method, where in (("POST", "search"), ("GET", "cases"), ("GET", f"cases/{case_id}")):
        answer = await desk.call(method, where, json={"query": "nora"} if where == "search" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong-caller"), where
    assert (await world.http.delete(path, headers=operator)).status_code == 404


async def test_a_token_says_staff_only_after_more_than_a_password(world: World) -> None:
    person = await world.someone()
    await appoint(world, person)
    for acr, expected in (("pwd", ""), ("mfa", "support")):
        await world.run("UPDATE session SET acr = $2 WHERE account_id = $1", person.account_id, acr)
        answer = await world.call("POST", "/internal/sessions/refresh", json={"session_token": person.token})
        caller = await world.app.at.tokens.verify_access(answer.json()["access_token"])
        assert getattr(caller, "staff", None) == expected


@pytest.mark.parametrize(
    ("text", "search"),
    [
        (" Nora   Peeters ", rules.Search("name", "peeters", "nora")),
        ("Van den Bossche, Jan", rules.Search("name", "van den bossche", "jan")),
        ("Jan Van den Bossche", rules.Search("name", "van den bossche", "jan")),
        ("Nora.P@Example.COM", rules.Search("email", "nora.p@example.com")),
        ("Nora.Peeters", rules.Search("username", "nora.peeters")),
    ],
)
def test_what_is_typed_is_read_as_what_it_is(text: str, search: rules.Search) -> None:
    assert rules.read_search(text) == search
