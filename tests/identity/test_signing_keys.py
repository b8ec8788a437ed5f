"""Signing keys take turns, and the master key above them is exchanged, while several processes go on."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from services.identity.keys import rewrapping
from services.identity.keys.handlers import load_hash_root, turn_signing_keys
from services.identity.keys.rotation import ALGORITHMS, Algorithm, RotationPolicy, active_of, outlived, successor_due
from services.identity.keys.rules import KeyUnreadable, MasterKey
from services.identity.keys.signing import SigningKeys
from shared.db import Database
from shared.ids import new_id
from tests.conftest import DatabaseOf
from tests.identity import oidc_steps as steps
from tests.identity.conftest import WorldOf
from tests.identity.world import World

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = RotationPolicy(age_s=90 * 86_400, publish_s=900, keep_s=7 * 86_400)
MASTER = MasterKey(b"m" * 32)


@dataclass(frozen=True)
class Turn:
    kid: str
    activates_at: datetime
    algorithm: Algorithm = "ES256"


FIRST, SECOND = Turn("first", START), Turn("second", START + 90 * DAY)


@pytest.mark.parametrize(
    ("at", "kid"),
    [(START - DAY, "first"), (START, "first"), (SECOND.activates_at - DAY, "first"), (SECOND.activates_at, "second")],
)
def test_the_clock_says_which_key_signs(at: datetime, kid: str) -> None:
    assert active_of([FIRST, SECOND], now=at).kid == kid


def test_a_successor_is_made_in_time_to_be_published_first() -> None:
    before, due = START + 90 * DAY - timedelta(seconds=901), START + 90 * DAY - timedelta(seconds=900)
    assert successor_due([FIRST], POLICY, now=before) is None
    assert successor_due([FIRST], POLICY, now=due) == START + 90 * DAY
    late = START + 100 * DAY  # nobody was there at the time
    assert successor_due([FIRST], POLICY, now=late) == late + timedelta(seconds=900)
    assert successor_due([FIRST, SECOND], POLICY, now=due) is None


def test_a_retired_key_stays_until_what_it_signed_is_over() -> None:
    over = SECOND.activates_at + 7 * DAY
    assert outlived([FIRST, SECOND], POLICY, now=over - timedelta(seconds=1)) == []
    assert outlived([FIRST, SECOND], POLICY, now=over) == [FIRST]
    assert outlived([SECOND], POLICY, now=over + 1000 * DAY) == []


@dataclass
class Process:
    """One of several processes, whose clock the test moves. It reads the keys at most once a minute."""

    database: Database
    now: datetime = START
    signing: SigningKeys = field(init=False)

    def __post_init__(self) -> None:
        clock = {"clock": lambda: self.now.timestamp(), "now": lambda: self.now}
        self.signing = SigningKeys(self.database, MASTER, reload_s=60, **clock)

    async def kid(self, algorithm: Algorithm = "ES256") -> str:
        token = await self.signing.sign("JWT", {"sub": "x"}, algorithm)
        return str(jws.extract_compact(token.encode()).headers()["kid"])

    async def published(self) -> set[str]:
        return {key["kid"] for key in (await self.signing.jwks())["keys"]}


async def turn(database: Database, now: datetime) -> None:
    async with database.transaction() as db:
        await turn_signing_keys(db, MASTER, POLICY, now=now)


async def test_two_processes_always_verify_what_the_other_signs(database_of: DatabaseOf) -> None:
    database = await database_of("identity")
    left, right = Process(database), Process(database)
    await left.signing.ensure()
    await right.signing.ensure()
    old = await left.kid()
    made_at = START + 90 * DAY - timedelta(seconds=900)
    await turn(database, made_at)
    for seconds in range(0, 1800, 20):
        left.now, right.now = made_at + timedelta(seconds=seconds), made_at + timedelta(seconds=seconds - 50)
        for signs, verifies in ((left, right), (right, left)):
            assert await signs.kid() in await verifies.published(), seconds
    assert await left.kid() == await right.kid() != old
    assert old in await left.published()
    gone = START + 97 * DAY + timedelta(hours=1)
    await turn(database, gone)
    left.now = gone
    assert old not in await left.published()
    await turn(database, gone)
    assert await database_rows(database, "signing_key") == 2


async def database_rows(database: Database, table: str) -> int:
    async with database.acquire() as db:
        return await db.fetchval(f"SELECT count(*) FROM {table}")


async def test_a_key_is_published_before_it_signs(database_of: DatabaseOf) -> None:
    database = await database_of("identity")
    process = Process(database)
    await process.signing.ensure()
    before = await process.published()
    made_at = START + 90 * DAY - timedelta(seconds=900)
    await turn(database, made_at)
    process.now = made_at + timedelta(seconds=61)
    (new, _) = await process.published() - before
    assert await process.kid() not in {new}
    assert len(await process.published()) == 4


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_what_is_signed_is_verified_by_a_library(world: World, algorithm: Algorithm) -> None:
    token = await world.app.at.own.signing.sign("JWT", {"sub": "é", "n": [1, {"a": None}]}, algorithm)
    keys = KeySet.import_key_set((await world.http.get("/oauth2/jwks")).json())
    decoded = jwt.decode(token, keys, algorithms=[algorithm])
    assert decoded.claims == {"sub": "é", "n": [1, {"a": None}]}
    assert decoded.header["typ"] == "JWT"


async def rotate(world: World, algorithm: str, **body: Any) -> Any:
    headers = world.mint.peer("operator", "identity")
    return await world.http.post(f"/internal/signing-keys/{algorithm}/rotate", json=body, headers=headers)


async def test_an_operator_rotates_a_key_and_repeating_it_is_harmless(world: World) -> None:
    first, again = [(await rotate(world, "RS256")).json() for _ in range(2)]
    assert first == again
    assert datetime.fromisoformat(first["activates_at"]) > datetime.now(UTC)
    published = (await world.http.get("/oauth2/jwks")).json()["keys"]
    assert [key["alg"] for key in published].count("RS256") == 2
    assert await world.run("SELECT count(*) FROM audit_log WHERE action = 'signing-key-made'") == 1
    assert (await rotate(world, "HS256")).status_code == 422
    stranger = await world.http.post(
        "/internal/signing-keys/ES256/rotate", json={}, headers=world.mint.peer("gateway", "identity")
    )
    assert stranger.json()["code"] == "wrong-caller"


async def test_a_key_that_has_leaked_is_withdrawn_at_once(world: World) -> None:
    person = await world.someone()
    await rotate(world, "ES256")
    new = (await rotate(world, "ES256", at_once=True)).json()
    published = (await world.http.get("/oauth2/jwks")).json()["keys"]
    assert [key["kid"] for key in published if key["alg"] == "ES256"] == [new["kid"]]
    await person.refresh()
    header = jws.extract_compact(person.session["access_token"].encode()).headers()
    assert header["kid"] == new["kid"]


def key_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


async def test_the_master_key_is_exchanged_and_nobody_notices(world_of: WorldOf) -> None:
    old, new = b"o" * 32, b"n" * 32
    before = await world_of(master_key=key_text(old))
    postgres = before.app.at.settings.postgres
    people = [await before.sign_up() for _ in range(3)]
    pairwise = before.app.at.own.master.keyed_hash("pairwise", "x")
    during = await world_of(master_key=key_text(new), master_key_other=key_text(old), postgres=postgres)
    headers = during.mint.peer("operator", "identity")
    answers = [(await during.http.post("/internal/keys/rewrap", headers=headers)).json() for _ in range(2)]
    assert answers == [{"done": 6, "left": 0}, {"done": 0, "left": 0}]
    after = await world_of(master_key=key_text(new), postgres=postgres)
    subjects = [str(person.account_id) for person in people]
    answer = await after.http.post(
        "/internal/data-keys", json={"subjects": subjects}, headers=after.mint.peer("notify", "identity")
    )
    assert answer.json()["keys"].keys() == set(subjects)
    assert None not in answer.json()["keys"].values()
    assert after.app.at.own.master.keyed_hash("pairwise", "x") == pairwise
    after.counter = before.counter
    again = await after.someone()
    assert (await again.refresh()).status_code == 200
    verified = await steps.claims_of(before, again.session["access_token"])
    assert verified["sub"] == str(again.account_id)


async def test_rewrapping_goes_batch_by_batch_and_stops_at_what_it_cannot_read(database_of: DatabaseOf) -> None:
    database, new = await database_of("identity"), MasterKey(b"n" * 32, b"m" * 32)
    async with database.transaction() as db:
        for _ in range(5):
            await db.execute(
                "INSERT INTO data_key (subject, wrapped, wrapped_by, created_at) VALUES ($1, $2, $3, $4)",
                subject := new_id(),
                MASTER.wrap(f"data-key:{subject}:1", b"k" * 32),
                MASTER.id,
                START,
            )
        await load_hash_root(db, MASTER, now=START)
        assert [await rewrapping.rewrap(db, new, limit=4) for _ in range(3)] == [4, 2, 0]
        assert await rewrapping.count_left(db, new) == 0
        with pytest.raises(KeyUnreadable):
            await rewrapping.rewrap(db, MASTER)


async def test_everything_under_the_master_key_is_rewrapped(world: World) -> None:
    tables = await world.run(
        "SELECT array_agg(table_name) FROM information_schema.columns WHERE column_name = 'wrapped_by'"
    )
    assert {wrapped.table for wrapped in rewrapping.WRAPPED} == set(tables)
