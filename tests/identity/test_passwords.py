"""What a password must be: advice while one types, stolen ones refused, and the change of one's own."""

import ast
import hashlib
import inspect
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import feedback

from services.identity.accounts import advice
from services.identity.accounts.breached import (
    Breached,
    BreachedListUnreadable,
    PwnedPasswordsFile,
    ShippedList,
    records_of,
)
from services.identity.accounts.passwords import MAX_READ_AS_LETTERS, judgeable
from shared.events.identity import PasswordChanged
from shared.i18n import LANGUAGES
from tests.identity.conftest import WorldOf
from tests.identity.credential_steps import NEW_PASSWORD, change, first_error
from tests.identity.world import PASSWORD, World

STOLEN = "tromboni"


def sentences_of_zxcvbn() -> set[str]:
    """Whatever its feedback can say: all that is passed to `_`."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(feedback))) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_"]
    return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}


def test_whatever_zxcvbn_says_has_words_of_ours() -> None:
    said = sentences_of_zxcvbn()
    assert len(said) > 25
    assert said == set(advice.WARNINGS) | set(advice.SUGGESTIONS)


async def judged(world: World, password: str, *known: str, language: str = "en") -> Any:
    body = {"password": password, "known": list(known)}
    headers = {"accept-language": language}
    return (await world.call("POST", "/internal/passwords/judge", json=body, headers=headers)).json()


@pytest.mark.parametrize(
    ("password", "score", "words"),
    [
        ("short", 0, "at least 8"),
        (STOLEN, 0, "stolen"),
        ("qqqqqqqqqqqqqqqqqqq", 0, "over and over"),
        ("12/03/1985", 1, "date"),
        ("janvandenbossche", 0, "Your name"),
        (NEW_PASSWORD, 4, "excellent"),
    ],
)
async def test_a_password_is_judged_with_advice(world: World, password: str, score: int, words: str) -> None:
    found = await judged(world, password, "Jan", "Van den Bossche")
    assert found["score"] <= score
    assert words in " ".join(found["advice"])
    assert found["is_acceptable"] == (score >= 2)


def test_no_password_takes_forever_to_judge() -> None:
    """Signs that may also be letters multiply: twenty of them kept a thread busy for seconds."""
    worst = "4@8({[<369&#!1/|0$5+7%2" * 10
    kept = judgeable(worst)
    assert len(kept) <= len(worst)
    assert len(set(kept) & set("@({[<!|$+%")) == MAX_READ_AS_LETTERS
    assert judgeable("P@$$w0rd!") == "P@$$w0rd!"


async def test_signs_make_a_password_no_weaker(world: World) -> None:
    assert (await judged(world, "x{8@#1!%(3$+<f"))["score"] == 4
    assert (await judged(world, "P@$$w0rd!"))["score"] < 2


async def test_advice_comes_in_the_readers_language(world: World) -> None:
    told = {language: (await judged(world, "12/03/1985", language=language))["advice"][0] for language in LANGUAGES}
    assert len(set(told.values())) == len(LANGUAGES)


async def test_a_stolen_password_is_refused_whatever_its_capitals(world: World) -> None:
    for password in (STOLEN, "Tromboni", "password1234"):
        answer = await world.call("POST", "/internal/accounts", json=world.form(password=password))
        assert first_error(answer)["code"] == "password-breached"


def sorted_file(folder: Path, *passwords: str, end: str = "\r\n") -> Path:
    hashes = sorted(hashlib.sha1(password.encode()).hexdigest().upper() for password in passwords)
    path = folder / "pwned.txt"
    path.write_text("".join(f"{found}:{at + 1}{end}" for at, found in enumerate(hashes)), newline="")
    return path


async def test_an_operators_file_is_looked_up_besides_the_list_that_is_shipped(
    world_of: WorldOf, tmp_path: Path
) -> None:
    world = await world_of(breached_passwords=sorted_file(tmp_path, NEW_PASSWORD, "another one of them"))
    for password in (STOLEN, NEW_PASSWORD):
        answer = await world.call("POST", "/internal/accounts", json=world.form(password=password))
        assert first_error(answer)["code"] == "password-breached"
    await world.sign_up(password=PASSWORD)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, max_size=40))
def test_both_lists_hold_what_is_in_them_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, stolen: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    (folder / "shipped.bin").write_bytes(records_of(stolen))
    lists = [ShippedList(folder / "shipped.bin")]
    lists += [PwnedPasswordsFile(sorted_file(folder, *stolen, end=end)) for end in ("\r\n", "\n")]  # type: ignore[list-item]
    for number in range(20):
        stranger = hashlib.sha1(f"stranger {number}".encode()).digest()
        assert not any(known.holds(stranger) for known in lists)
    for password in stolen:
        assert all(known.holds(hashlib.sha1(password.encode()).digest()) for known in lists)


def test_the_last_line_may_have_no_end_and_no_count(tmp_path: Path) -> None:
    hashes = sorted(hashlib.sha1(word.encode()).hexdigest() for word in ("one", "two", "three"))
    (tmp_path / "list").write_text("\n".join(hashes))
    known = PwnedPasswordsFile(tmp_path / "list")
    assert all(known.holds(bytes.fromhex(found)) for found in hashes)


@pytest.mark.parametrize("content", [None, b"", b"password\n", b"\x00" * 200])
def test_a_file_that_is_no_such_list_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "list").write_bytes(content)
    with pytest.raises(BreachedListUnreadable):
        Breached(tmp_path / "list")


def test_the_shipped_list_is_small_and_sorted_and_rarely_wrong() -> None:
    path = Path(inspect.getfile(Breached)).parent / "data" / "breached.bin"
    data = path.read_bytes()
    records = [data[at : at + 4] for at in range(0, len(data), 4)]
    assert len(data) < 700_000
    assert records == sorted(set(records))
    innocent = (hashlib.sha1(str(number).encode()).hexdigest() for number in range(20_000))
    known = Breached()
    assert sum(known.holds(password) for password in innocent) < 10


async def test_a_new_password_counts_at_once_and_ends_every_other_session(world: World) -> None:
    person = await world.someone()
    here = person.token
    await person.sign_in()
    elsewhere, person.token = person.token, here
    assert (await change(person, PASSWORD)).status_code == 200
    assert person.token != here
    for token, status in ((person.token, 200), (here, 401), (elsewhere, 401)):
        answer = await world.call("POST", "/internal/sessions/refresh", json={"session_token": token})
        assert answer.status_code == status
    (changed,) = await world.events(PasswordChanged)
    assert changed.reason == "changed"
    assert (await person.sign_in()).json()["code"] == "credentials-wrong"
    assert (await person.sign_in(password=NEW_PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("current", "password", "field", "code"),
    [
        ("not mine", NEW_PASSWORD, "current", "password-wrong"),
        (PASSWORD, PASSWORD, "password", "password-unchanged"),
        (PASSWORD, "jan.vandenbossche", "password", "password-too-weak"),
        (PASSWORD, STOLEN, "password", "password-breached"),
    ],
)
async def test_why_a_password_is_not_changed(world: World, current: str, password: str, field: str, code: str) -> None:
    person = await world.someone()
    answer = await change(person, current, password)
    assert (first_error(answer)["field"], first_error(answer)["code"]) == (field, code)
    assert (await person.sign_in()).status_code == 200


async def test_at_an_open_screen_the_password_cannot_be_guessed_without_end(world: World) -> None:
    person = await world.someone()
    codes = [(await change(person, "not mine")).json()["code"] for _ in range(7)]
    assert codes[-1] == "too-many-attempts"
    other = await person.sign_in()
    assert other.status_code == 200, "signing in is not held up by that"
