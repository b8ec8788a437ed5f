"""Data keys, signing keys, and the master key above them."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.keys.rules import KeyUnreadable, MasterKey
from services.identity.keys.signing import SigningKeys
from shared.errors import Unavailable
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.identity.world import World


async def test_services_get_the_keys_of_many_people_at_once(world: World) -> None:
    people = [await world.sign_up() for _ in range(2)]
    stranger = new_id()
    subjects = [str(person.account_id) for person in people] + [str(stranger)]
    answer = await world.http.post(
        "/internal/data-keys", json={"subjects": subjects}, headers=world.mint.peer("notify", "identity")
    )
    keys = answer.json()["keys"]
    assert set(keys) == set(subjects)
    assert keys[str(stranger)] is None
    first, second = (keys[subject] for subject in subjects[:2])
    assert first["key"] != second["key"]
    assert first["version"] == 1


async def test_a_destroyed_key_is_null_and_what_was_sealed_stays_unreadable(world: World) -> None:
    person = await world.sign_up()
    (command,) = await world.events(topic="notify.commands")
    await world.run("UPDATE data_key SET wrapped = NULL, destroyed_at = now()")
    answer = await world.http.post(
        "/internal/data-keys",
        json={"subjects": [str(person.account_id)]},
        headers=world.mint.peer("gateway", "identity"),
    )
    assert answer.json()["keys"] == {str(person.account_id): None}
    assert await world.unseal(command.code, "code") is None


async def test_no_more_than_a_bounded_number_of_keys_is_given_at_once(world: World) -> None:
    subjects = [str(UUID(int=n)) for n in range(2001)]
    headers = world.mint.peer("notify", "identity")
    answer = await world.http.post("/internal/data-keys", json={"subjects": subjects}, headers=headers)
    assert answer.status_code == 422


async def test_the_first_signing_key_is_made_once_by_whoever_starts_first(database_of: DatabaseOf) -> None:
    database = await database_of("identity")
    master = MasterKey(b"m" * 32)
    processes = [SigningKeys(database, master, reload_s=60) for _ in range(6)]
    await asyncio.gather(*(process.ensure() for process in processes))
    published = [await process.jwks() for process in processes]
    assert all(document == published[0] for document in published)
    assert sorted(key["alg"] for key in published[0]["keys"]) == ["ES256", "RS256"]


async def test_the_published_keys_hold_nothing_private(world: World) -> None:
    elliptic, rsa = sorted((await world.http.get("/oauth2/jwks")).json()["keys"], key=lambda key: key["alg"])
    assert (elliptic["kty"], elliptic["crv"], elliptic["use"], elliptic["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert (rsa["kty"], rsa["e"], rsa["use"], rsa["alg"]) == ("RSA", "AQAB", "sig", "RS256")
    assert elliptic["kid"] == await world.run("SELECT kid FROM signing_key WHERE algorithm = 'ES256'")
    for key in (elliptic, rsa, *await world.run("SELECT array_agg(public_jwk) FROM signing_key")):
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)


async def test_another_master_key_cannot_use_the_database(database_of: DatabaseOf) -> None:
    database = await database_of("identity")
    await SigningKeys(database, MasterKey(b"m" * 32), reload_s=60).ensure()
    with pytest.raises(KeyUnreadable):
        await SigningKeys(database, MasterKey(b"n" * 32), reload_s=60).ensure()


async def test_what_was_read_goes_on_signing_while_the_database_is_away(database_of: DatabaseOf) -> None:
    database = await database_of("identity")
    signing = SigningKeys(database, MasterKey(b"m" * 32), reload_s=0)
    await signing.ensure()
    await database.close()
    assert (await signing.sign("JWT", {"sub": "x"})).count(".") == 2
    fresh = SigningKeys(database, MasterKey(b"m" * 32), reload_s=0)
    with pytest.raises(Unavailable):
        await fresh.sign("JWT", {"sub": "x"})


@given(st.binary(min_size=1, max_size=64), st.text(max_size=30), st.text(max_size=30))
def test_what_is_wrapped_opens_only_for_its_purpose(key: bytes, purpose: str, other: str) -> None:
    master = MasterKey(b"m" * 32)
    wrapped = master.wrap(purpose, key)
    assert master.unwrap(purpose, wrapped) == key
    assert key not in wrapped or len(key) < 4
    if purpose != other:
        with pytest.raises(KeyUnreadable):
            master.unwrap(other, wrapped)
    with pytest.raises(KeyUnreadable):
        MasterKey(b"n" * 32).unwrap(purpose, wrapped)


@given(st.lists(st.text(max_size=10), max_size=4), st.lists(st.text(max_size=10), max_size=4))
def test_keyed_hashes_of_different_parts_differ(left: list[str], right: list[str]) -> None:
    master = MasterKey(b"m" * 32)
    assert (master.keyed_hash("code", *left) == master.keyed_hash("code", *right)) == (left == right)
    assert master.keyed_hash("code", *left) != master.keyed_hash("throttle", *left)


async def _put_and_read(world: World, subject: UUID) -> str | None:
    headers = world.mint.peer("organisation", "identity")
    answer = await world.http.put(f"/internal/data-keys/{subject}", headers=headers)
    assert answer.status_code == 204, answer.text
    answer = await world.http.post("/internal/data-keys", json={"subjects": [str(subject)]}, headers=headers)
    found = answer.json()["keys"][str(subject)]
    return found and found["key"]


async def test_what_is_no_account_gets_a_key_of_its_own_once(world: World) -> None:
    invitation_id = new_id()
    first, second = await _put_and_read(world, invitation_id), await _put_and_read(world, invitation_id)
    assert first is not None
    assert first == second


async def test_a_key_that_was_destroyed_is_never_made_again(world: World) -> None:
    invitation_id = new_id()
    await _put_and_read(world, invitation_id)
    for _ in range(2):
        answer = await world.http.delete(
            f"/internal/data-keys/{invitation_id}", headers=world.mint.peer("organisation", "identity")
        )
        assert answer.status_code == 204
    assert await _put_and_read(world, invitation_id) is None


async def test_the_key_of_an_account_is_not_for_others_to_make_or_destroy(world: World) -> None:
    person = await world.sign_up()
    path = f"/internal/data-keys/{person.account_id}"
    for method in ("PUT", "DELETE"):
        answer = await world.http.request(method, path, headers=world.mint.peer("organisation", "identity"))
        assert (answer.status_code, answer.json()["code"]) == (409, "subject-is-an-account")
        answer = await world.http.request(method, path, headers=world.mint.peer("gateway", "identity"))
        assert answer.status_code == 403
    assert await world.run("SELECT wrapped IS NOT NULL FROM data_key WHERE subject = $1", person.account_id)
