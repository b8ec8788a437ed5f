"""Signing in with an old account, upgrading it, attaching further ones; old credentials end, and nothing is told to strangers."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from shared.events.identity import AccountActivated, AccountCreated, AccountErased, LegacyAccountAttached
from tests.identity.conftest import WorldOf
from tests.identity.old_accounts import OLD_PASSWORD, TERMS, Desk, cheap_argon2, complete, line, md5
from tests.identity.world import PASSWORD, Someone, World

BCRYPT = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


@pytest_asyncio.fixture
async def desk(world: World) -> Desk:
    return Desk(world)


def someone_of(desk: Desk, session: Any) -> Someone:
    return Someone(desk.world, session["account"]["id"], {}, session["session_token"], session)


async def code_for(desk: Desk, session: Any) -> str:
    commands = await desk.world.events(topic="notify.commands")
    mine = [command for command in commands if str(command.account_id) == session["account"]["id"]]
    code = await desk.world.unseal(mine[-1].code, "code")
    assert code
    return code


async def upgraded(desk: Desk, number: int = 1, **given: Any) -> Someone:
    """Someone whose first old account became an account with a confirmed address."""
    token = await desk.claim(f"lien.claes{number}")
    answer = await desk.upgrade(token, email=f"lien{number}@example.com", **given)
    assert answer.status_code == 200, answer.text
    person = someone_of(desk, answer.json())
    assert (await person.activate(await code_for(desk, answer.json()))).status_code == 200
    return person


async def test_who_lacks_nothing_goes_straight_on(desk: Desk) -> None:
    await desk.import_lines(complete(1, organisations="0123456749:manager"))
    answer = await desk.sign_in()
    account = answer.json()["account"]
    assert (account["state"], account["acr"], account["language"]) == ("active", "pwd", "nl")
    assert (account["username"], account["first_name"]) == ("lien.claes1", "Lien")
    kinds = [type(event) for event in await desk.world.events()]
    assert kinds.index(AccountCreated) < kinds.index(AccountActivated) < kinds.index(LegacyAccountAttached)
    assert not await desk.world.events(topic="notify.commands"), "an address that is known needs no code"
    assert (await desk.sign_in()).json()["account"]["id"] == account["id"], "and from now on it is an account like any"


async def test_what_belonged_to_the_old_account_is_announced_as_the_accounts(desk: Desk) -> None:
    await desk.import_lines(complete(1, organisations="0123456749:head+manager | 0876543210"), trusted=True)
    await desk.sign_in()
    (event,) = await desk.world.events(LegacyAccountAttached)
    assert (event.legacy_tool_id, event.trusted) == ("cibweb", True)
    assert [(one.enterprise_number, one.employee_type, one.manager) for one in event.memberships] == [
        ("0123456749", "head", True),
        ("0876543210", "employee", False),
    ]
    assert await desk.world.unseal(event.email, "email") == "lien1@example.com"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"email": ""}, ["email"]),
        ({"email_verified": "no"}, ["email"]),
        ({"first_name": ""}, ["name"]),
        ({"username": "lc", "email": "lc@example.com"}, ["username"]),
        ({"terms_version": "2009"}, ["terms"]),
        ({"password_hash": md5("abc")}, ["password"]),
        ({"password_hash": md5("password1234")}, ["password"]),
    ],
)
async def test_only_what_is_missing_is_asked_for(desk: Desk, changes: Any, missing: list[str]) -> None:
    await desk.import_lines({**complete(1), **changes})
    password = {md5("abc"): "abc", md5("password1234"): "password1234"}.get(
        changes.get("password_hash", ""), OLD_PASSWORD
    )
    answer = await desk.sign_in(changes.get("email") or changes.get("username", "lien.claes1"), password)
    assert answer.json()["missing"] == missing
    assert (await desk.read(answer.json()["upgrade_token"])).json()["missing"] == missing


async def test_an_address_is_added_and_confirmed_by_a_code(desk: Desk) -> None:
    await desk.import_lines(line(1))
    token = await desk.claim()
    assert (await desk.upgrade(token)).json()["errors"][0]["field"] == "email"
    answer = await desk.upgrade(token, email="lien@example.com")
    assert answer.json()["account"]["acr"] == "pending"
    assert (await desk.sign_in()).json()["account"]["acr"] == "pending", "name and password are the account's by now"
    assert not await desk.world.events(LegacyAccountAttached), "but nothing is attached until the address is confirmed"
    person = someone_of(desk, answer.json())
    assert (await person.activate(await code_for(desk, answer.json()))).status_code == 200
    assert await desk.world.run("SELECT attached_to IS NOT NULL AND wrapped IS NULL FROM legacy_account")


async def test_after_the_upgrade_the_old_credentials_are_dead_and_the_kept_password_opens_the_account(
    desk: Desk,
) -> None:
    await desk.import_lines(line(1, username="lien"))
    token = await desk.claim("lien")
    answer = await desk.upgrade(token, email="lien@example.com", username="lien.claes", password=PASSWORD)
    person = someone_of(desk, answer.json())
    await person.activate(await code_for(desk, answer.json()))
    assert (await desk.sign_in("lien")).json()["code"] == "credentials-wrong"
    assert (await desk.sign_in("lien.claes")).json()["code"] == "credentials-wrong"
    assert (await desk.sign_in("lien.claes", PASSWORD)).status_code == 200
    assert await desk.outcomes(line(1, username="lien")) == ["attached"], "importing again does not bring it back"
    assert (await desk.sign_in("lien")).json()["code"] == "credentials-wrong"


async def test_at_first_use_the_old_hash_becomes_argon2id(desk: Desk) -> None:
    from services.identity.legacy.attaching import open_record
    from services.identity.legacy.store import find_waiting

    await desk.import_lines(line(1))
    await desk.claim()
    async with desk.world.app.at.database.acquire() as db:
        (waiting,) = await find_waiting(db, [await db.fetchval("SELECT id FROM legacy_account")])
    record = open_record(waiting, desk.world.app.at.own.master)
    assert record.hash
    assert record.hash.startswith("$argon2id$")
    assert await desk.outcomes(line(1)) == ["unchanged"]
    assert await desk.claim(), "and opens as before"


async def test_one_signs_in_with_the_old_address_too_and_with_any_kind_of_hash(desk: Desk) -> None:
    await desk.import_lines(
        line(1, password_hash=BCRYPT, email="old@example.com"), line(2, password_hash=cheap_argon2(OLD_PASSWORD))
    )
    assert await desk.claim("OLD@example.com", "U*U")
    assert await desk.claim("lien.claes2")


async def test_credentials_of_several_tools_are_upgraded_together(desk: Desk) -> None:
    await desk.import_lines(line(1), line(1, tool="covast", email="lien1@example.com", email_verified=True))
    token = await desk.claim()
    assert (await desk.read(token)).json()["tool_ids"] == ["cibweb", "covast"]
    await desk.upgrade(token)
    assert await desk.world.run("SELECT count(*) FROM legacy_account WHERE attached_to IS NOT NULL") == 2


async def test_a_further_old_account_is_attached_by_its_credentials(desk: Desk) -> None:
    await desk.import_lines(line(1), line(2, tool="covast", username="l.claes.vastgoed"))
    person = await upgraded(desk)
    body = {"identifier": "l.claes.vastgoed", "password": OLD_PASSWORD}
    answer = await person.api("POST", "/api/old-accounts", json=body)
    names = [(one["tool_id"], one["username"]) for one in answer.json()["old_accounts"]]
    assert names == [("cibweb", "lien.claes1"), ("covast", "l.claes.vastgoed")]
    assert (await desk.sign_in("l.claes.vastgoed")).json()["code"] == "credentials-wrong"
    assert (await person.api("POST", "/api/old-accounts", json=body)).json()["code"] == "credentials-wrong"
    assert (await person.api("GET", "/api/old-accounts")).json() == answer.json()


async def test_old_credentials_first_and_then_the_account_attach_too(desk: Desk) -> None:
    await desk.import_lines(line(2, tool="covast"))
    person = await desk.world.someone()
    token = await desk.claim("lien.claes2")
    answer = await desk.attach(token, person.token)
    assert [one["tool_id"] for one in answer.json()["old_accounts"]] == ["covast"]
    assert (await desk.attach(token, person.token)).json()["code"] == "upgrade-expired"


async def test_attaching_asks_for_a_proof_that_is_fresh(desk: Desk) -> None:
    await desk.import_lines(line(2))
    person = await desk.world.someone()
    await desk.world.run("UPDATE session SET auth_time = now() - interval '1 hour'")
    assert (await desk.attach(await desk.claim("lien.claes2"), person.token)).json()["code"] == "confirmation-needed"


async def test_of_two_who_want_one_old_account_at_once_one_gets_it(desk: Desk) -> None:
    await desk.import_lines(line(1))
    people = [await desk.world.someone() for _ in range(4)]
    tokens = [await desk.claim() for _ in people]
    answers = await asyncio.gather(*(desk.attach(t, p.token) for t, p in zip(tokens, people, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers if answer.is_error} == {"old-account-taken"}
    assert len(await desk.world.events(LegacyAccountAttached)) == 1


async def test_who_upgrades_a_shared_account_second_has_an_account_without_it(desk: Desk) -> None:
    await desk.import_lines(line(1))
    answers = [
        await desk.upgrade(await desk.claim(), email=f"office{number}@example.com", username=f"office.{number}")
        for number in (1, 2)
    ]
    for answer in answers:
        person = someone_of(desk, answer.json())
        assert (await person.activate(await code_for(desk, answer.json()))).status_code == 200
    (attached,) = await desk.world.events(LegacyAccountAttached)
    assert str(attached.account_id) == answers[0].json()["account"]["id"]


async def test_a_mistyped_address_is_corrected_by_doing_it_again(desk: Desk) -> None:
    """The account that was begun for it is gone, and name and address are free."""
    await desk.import_lines(line(1))
    token = await desk.claim()
    first = await desk.upgrade(token, email="lein@example.com", password=PASSWORD)
    second = await desk.upgrade(token, email="lien@example.com", password=PASSWORD)
    assert second.json()["account"]["username"] == "lien.claes1"
    (erased,) = await desk.world.events(AccountErased)
    assert str(erased.account_id) == first.json()["account"]["id"]
    other_browser = await desk.upgrade(await desk.claim(), email="lien@example.com")
    assert other_browser.json()["account"]["username"] == "lien.claes1"


async def test_an_address_or_name_of_somebody_else_is_refused(desk: Desk) -> None:
    other = await desk.world.someone(username="lien.claes1")
    await desk.import_lines(line(1))
    token = await desk.claim()
    claim = (await desk.read(token)).json()
    assert "username" in claim["missing"]
    assert claim["username"] == "lien.claes"
    answer = await desk.upgrade(token, email=other.form["email"])
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("email", "email-taken")]


async def test_an_account_comes_before_an_old_one_of_the_same_name(desk: Desk) -> None:
    person = await desk.world.someone(username="lien.claes1")
    await desk.import_lines(line(1))
    assert (await desk.sign_in("lien.claes1", PASSWORD)).json()["account"]["id"] == str(person.account_id)
    assert (await desk.sign_in("lien.claes1", OLD_PASSWORD)).json()["upgrade_token"]


async def test_a_claim_ends(desk: Desk) -> None:
    await desk.import_lines(line(1))
    token = await desk.claim()
    await desk.world.run("UPDATE legacy_claim SET expires_at = now()")
    assert (await desk.upgrade(token, email="lien@example.com")).json()["code"] == "upgrade-expired"
    assert (await desk.read("made up")).json()["code"] == "upgrade-expired"


async def test_guessing_old_passwords_is_slowed_down_like_any_other(desk: Desk) -> None:
    await desk.import_lines(line(1))
    codes = [(await desk.sign_in(password=f"guess {number}")).json()["code"] for number in range(7)]
    assert codes[:5] == ["credentials-wrong"] * 5
    assert codes[6] == "too-many-attempts"
    await desk.world.run("UPDATE sign_in_throttle SET blocked_until = now() - interval '1 second'")
    assert await desk.claim(), "and the owner still gets in"


async def test_an_unknown_name_borrows_the_hashes_of_somebody_and_never_opens_anything(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the kinds of hashes, and how many, are spread over unknown names as over known ones; each name has its own, always."""
    from services.identity.legacy.hashes import OldHash

    tried: list[str] = []
    right = OldHash.fits

    def fits(self: OldHash, password: str) -> bool:
        tried.append(self.text[:4])
        return right(self, password)

    monkeypatch.setattr(OldHash, "fits", fits)
    cheap = [line(number) for number in range(1, 21)]
    costly = [line(number, password_hash=BCRYPT) for number in range(21, 41)]
    await desk.import_lines(*cheap, *costly)
    kinds: dict[str, set[str]] = {}
    for _ in range(2):
        for number in range(40):
            name = f"nobody.{number}"
            answer = await desk.sign_in(name, OLD_PASSWORD)
            assert answer.json()["code"] == "credentials-wrong"
            kinds.setdefault(name, set()).add(tried.pop())
            assert not tried
    assert all(len(kind) == 1 for kind in kinds.values())
    assert {next(iter(kind)) for kind in kinds.values()} == {"dige", "$2a$"}


async def test_wrong_and_unknown_get_one_answer(desk: Desk) -> None:
    await desk.import_lines(line(1))
    answers = [await desk.sign_in("lien.claes1", "wrong"), await desk.sign_in("nobody.at.all", "wrong")]
    bodies = [{**answer.json(), "trace_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert {answer.status_code for answer in answers} == {401}


async def test_where_nothing_was_imported_signing_in_is_as_it_was(world_of: WorldOf) -> None:
    desk = Desk(await world_of())
    assert (await desk.sign_in("nobody.at.all", TERMS)).json()["code"] == "credentials-wrong"
