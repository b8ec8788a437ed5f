"""Importing accounts of older tools: what is taken, what is refused, and that a second time changes nothing."""

from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.identity.legacy.rules import REASONS, LineRefused, Membership, Record, read_line
from tests.identity.old_accounts import Desk, complete, line, md5
from tests.identity.world import World

Lines = dict[str, Any]


@pytest_asyncio.fixture
async def desk(world: World) -> Desk:
    return Desk(world)


def read(given: Any) -> Record:
    return read_line(given, tool_id="cibweb", is_trusted=True, allow_test_domains=False).record


async def test_a_second_import_changes_nothing_and_a_changed_line_is_updated(desk: Desk) -> None:
    assert await desk.outcomes(line(1), line(2)) == ["new", "new"]
    before = await desk.world.run("SELECT array_agg(wrapped) FROM legacy_account")
    assert await desk.outcomes(line(1), line(2, last_name="Claessens"), line(3)) == ["unchanged", "updated", "new"]
    after = await desk.world.run("SELECT array_agg(wrapped) FROM legacy_account")
    assert len(set(before) & set(after)) == 1
    assert await desk.world.run("SELECT count(*) FROM legacy_account") == 3


async def test_the_same_id_in_two_tools_is_two_accounts(desk: Desk) -> None:
    assert await desk.outcomes(line(1), line(1, tool="covast")) == ["new", "new"]
    assert await desk.outcomes(line(1), tool_id="covast") == ["unchanged"]


async def test_a_dry_run_tells_the_same_and_writes_nothing(desk: Desk) -> None:
    lines = [line(1), line(1), {}, line(2, email="no address")]
    told = await desk.import_lines(*lines, dry_run=True)
    assert await desk.world.run("SELECT count(*) FROM legacy_account") == 0
    assert told == await desk.import_lines(*lines)
    assert [result["outcome"] for result in told] == ["new", "refused", "refused", "new"]
    assert told[1]["reason"] == "duplicate-id"
    assert told[3]["notes"] == ["email-invalid"]


async def test_nothing_of_an_imported_account_can_be_read_in_the_database(desk: Desk) -> None:
    """No name, no address, and above all no weak hash."""
    await desk.import_lines(complete(1, organisations="0123456749:manager"))
    row = await desk.world.run("SELECT row_to_json(a)::text FROM legacy_account AS a")
    for secret in ("lien", "claes", "example.com", md5("oud wachtwoord uit 2009"), "0123456749"):
        assert secret not in row.lower()
        assert secret.encode().hex() not in row.lower()


async def test_what_is_refused_says_why_and_the_rest_is_taken(desk: Desk) -> None:
    lines = [
        line(1),
        {"id": "2"},
        line(3, password_hash="plain text"),
        line(4, password_hash=""),
        line(5, id=""),
        "nonsense",
        line(6, tool="No Tool"),
        line(7, password_hash="", email="x@example.com"),
    ]
    results = await desk.import_lines(*lines)
    assert [result["reason"] for result in results] == [
        "", "identifier-missing", "hash-unreadable", "hash-missing", "id-missing", "not-a-record", "tool-invalid", "",
    ]  # fmt: skip


async def test_only_an_operator_imports(desk: Desk) -> None:
    answer = await desk.world.call("POST", "/internal/old-accounts/import", json={"lines": []})
    assert answer.status_code in (401, 403)


async def test_another_master_key_takes_the_records_over(desk: Desk) -> None:
    from services.identity.keys import rewrapping
    from services.identity.keys.rules import MasterKey

    await desk.import_lines(line(1), line(2))
    own = desk.world.app.at.own.master
    new = MasterKey(b"n" * 32, desk.world.app.at.settings.master_key)
    new.hash_with(own.hash_root)
    async with desk.world.app.at.database.transaction() as db:
        await rewrapping.rewrap(db, new)
        assert await rewrapping.count_left(db, new) == 0
    assert await desk.world.run("SELECT bool_and(wrapped_by = $1) FROM legacy_account", new.id)


@pytest.mark.parametrize(
    ("organisations", "expected"),
    [
        (
            "0123456749:manager | BE 0876.543.210",
            (Membership("0123456749", "employee", True), Membership("0876543210")),
        ),
        ("123456749:head+manager", (Membership("0123456749", "head", True),)),
        (["0123456749:trainee"], (Membership("0123456749", "trainee"),)),
        ([{"enterprise_number": "0123456749", "role": "external"}], (Membership("0123456749", "external"),)),
        ({"enterprise_number": 876543210}, (Membership("0876543210"),)),
        ("0123456749, 0123456749:manager", (Membership("0123456749"),)),
        ("", ()),
        (None, ()),
        (17, ()),
    ],
)
def test_memberships_are_read_from_cells_lists_and_objects(
    organisations: Any, expected: tuple[Membership, ...]
) -> None:
    assert read(line(organisations=organisations)).memberships == expected


@pytest.mark.parametrize(
    ("changes", "notes"),
    [
        ({"email": "not an address"}, ("email-invalid",)),
        ({"first_name": "<script>"}, ("name-invalid",)),
        ({"language": "klingon"}, ("language-unknown",)),
        ({"organisations": "12"}, ("membership-invalid",)),
        ({"organisations": "0123456749:emperor"}, ("role-unknown",)),
    ],
)
def test_what_cannot_be_used_is_left_out_and_noted(changes: Lines, notes: tuple[str, ...]) -> None:
    assert read_line(line(**changes), tool_id="cibweb", is_trusted=True, allow_test_domains=False).notes == notes


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3)
)
fields = st.sampled_from(
    ["id", "tool", "username", "email", "password_hash", "algorithm", "salt", "first_name", "organisations"]
)


@given(
    st.one_of(
        values, st.dictionaries(fields, values), st.dictionaries(fields, values).map(lambda more: {**line(), **more})
    )
)
def test_any_line_is_taken_or_refused_for_a_known_reason(given_line: Any) -> None:
    reason, record = "", None
    try:
        record = read(given_line)
    except LineRefused as refused:
        reason = refused.reason
    assert reason in REASONS if record is None else Record.of_bytes(record.as_bytes()) == record
