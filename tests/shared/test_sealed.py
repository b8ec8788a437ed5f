import secrets
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.sealed import DataKey, KeyNotFetched, Keyring, SealBroken, Sealed, SubjectErased
from tests.support.mint import DataKeys


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.text(), st.text())
async def test_what_was_sealed_opens_again_for_its_purpose_only(text: str, purpose: str) -> None:
    keyring, subject = Keyring(DataKeys()), uuid4()
    await keyring.fetch([subject])
    sealed = keyring.seal(subject, purpose, text)
    assert sealed.subject == subject
    assert keyring.open(sealed, purpose) == text
    with pytest.raises(SealBroken):
        keyring.open(sealed, purpose + "x")


async def test_what_was_published_is_unreadable_once_the_key_is_destroyed(data_keys: DataKeys) -> None:
    keyring, subject = Keyring(data_keys), uuid4()
    await keyring.fetch([subject])
    sealed = keyring.seal(subject, "email", "jan@example.org")
    data_keys.erase(subject)
    keyring.forget(subject)
    await keyring.fetch([subject])
    assert keyring.open(sealed, "email") is None
    with pytest.raises(SubjectErased):
        keyring.seal(subject, "email", "again")


async def test_a_seal_belongs_to_its_subject(keyring: Keyring) -> None:
    anna, bert = uuid4(), uuid4()
    await keyring.fetch([anna, bert])
    stolen = Sealed(keyring.seal(anna, "email", "anna@example.org").replace(str(anna), str(bert)))
    with pytest.raises(SealBroken):
        keyring.open(stolen, "email")


async def test_every_changed_character_is_noticed(keyring: Keyring) -> None:
    subject = uuid4()
    await keyring.fetch([subject])
    sealed = keyring.seal(subject, "email", "anna@example.org")
    start = sealed.rindex(".") + 1
    for place in range(start, len(sealed) - 1):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(SealBroken):
            keyring.open(Sealed(sealed[:place] + other + sealed[place + 1 :]), "email")


async def test_no_key_is_used_longer_than_its_time(data_keys: DataKeys) -> None:
    clock, subject = Clock(), uuid4()
    keyring = Keyring(data_keys, ttl_s=60, clock=clock)
    with pytest.raises(KeyNotFetched):
        keyring.seal(subject, "email", "x")
    await keyring.fetch([subject])
    sealed = keyring.seal(subject, "email", "x")
    clock.now += 59
    assert keyring.open(sealed, "email") == "x"
    clock.now += 2
    with pytest.raises(KeyNotFetched):
        keyring.open(sealed, "email")


async def test_a_fetch_asks_once_for_all_that_is_missing_and_keeps_a_bounded_number() -> None:
    asked: list[list[UUID]] = []

    async def loader(subjects: list[UUID]) -> Mapping[UUID, DataKey | None]:
        asked.append(subjects)
        return {subject: DataKey(1, secrets.token_bytes(32)) for subject in subjects}

    keyring = Keyring(loader, max_keys=3)
    first, second, third = ([uuid4(), uuid4()] for _ in range(3))
    await keyring.fetch([*first, *first])
    await keyring.fetch(first)
    await keyring.fetch([*first, *second])
    assert [sorted(batch) for batch in asked] == [sorted(first), sorted(second)]
    for subject in (*first, *second):
        keyring.seal(subject, "email", "what one fetch asked for is there, however much it was")
    await keyring.fetch(third)
    held = [subject for subject in (*first, *second, *third) if _is_held(keyring, subject)]
    assert len(held) == 3
    assert set(third) < set(held)


def _is_held(keyring: Keyring, subject: UUID) -> bool:
    try:
        keyring.seal(subject, "email", "x")
    except KeyNotFetched:
        return False
    return True


async def test_a_model_takes_a_seal_and_refuses_what_is_none(keyring: Keyring) -> None:
    class Profile(BaseModel):
        email: Sealed

    subject = uuid4()
    await keyring.fetch([subject])
    sealed = keyring.seal(subject, "email", "anna@example.org")
    read = Profile.model_validate_json(Profile(email=sealed).model_dump_json())
    assert isinstance(read.email, Sealed)
    assert read.email.subject == subject
    assert "pattern" in Profile.model_json_schema()["properties"]["email"]
    for odd in ("anna@example.org", f"sealed.v1.{subject}.1.", f"{sealed}\n", f"x{sealed}", sealed.replace("v1", "v2")):
        with pytest.raises(ValidationError):
            Profile(email=odd)  # pyright: ignore[reportArgumentType]
        with pytest.raises(SealBroken):
            Sealed.parse(odd)


def test_a_key_does_not_show_itself() -> None:
    assert repr(DataKey(1, b"secret" * 6)) == "DataKey(version=1)"
