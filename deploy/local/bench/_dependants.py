"""A recognition lapses under which thousands work: how long until every service acts on it. Their rows are written, not lived."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from deploy.local.demo.withdrawals import Withdrawals
from deploy.local.stack import Stack
from shared.ids import new_id

DEPENDANTS = 5_000
LOOK_EVERY_S = 0.05
WITHIN_S = 60.0
TOLD_S = 10.0

# What is copied of one employee for each other, and what is different there (`other`).
_SAME = {"account_id": "other.id"}
_ROWS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "identity": {
        "account": {
            "id": "other.id",
            "username": "'p' || replace(other.id::text, '-', '')",
            "username_key": "'p' || replace(other.id::text, '-', '')",
            "email": "other.id || '@bench.example'",
            "email_key": "other.id || '@bench.example'",
        },
        "session": {**_SAME, "id": "other.id", "token_hash": "uuid_send(other.id)"},
        "oidc_grant": {**_SAME, "id": "other.id", "session_id": "other.id"},
    },
    "organisation": {"person": _SAME, "holder": _SAME, "recognition_held": _SAME, "employee": _SAME, "access": _SAME},
    "gateway": {"account": _SAME, "recognition": _SAME, "employee": _SAME, "access": _SAME},
}
# Of how many it is not yet so. $1: the organisation.
_LEFT = {
    "organisation": "SELECT count(*) FROM registration WHERE organisation_id = $1 AND state = 'active'",
    "identity": "SELECT count(*) FROM standing_grant WHERE organisation_id = $1",
    "gateway": "SELECT count(*) FROM access WHERE organisation_id = $1 AND NOT is_suspended",
}
_UNTOLD = "SELECT count(*) FROM job WHERE kind = 'backchannel-logout'"


@dataclass(frozen=True)
class Lapsed:
    """Seconds from when the registry said that the recognition lapsed. told_per_s: of how many sessions the tool is told a second."""

    by_service: Mapping[str, float]
    told_per_s: float


async def measure_dependants(stack: Stack, story: Withdrawals) -> Lapsed:
    """In the story's agency, where one employee works in the tool: that one becomes DEPENDANTS more."""
    story.start_tool(story.bram, open_it=True)
    others = [new_id() for _ in range(DEPENDANTS)]
    async with AsyncExitStack() as opened:
        databases: dict[str, asyncpg.Connection] = {}
        for service, tables in _ROWS.items():
            db = databases[service] = await asyncpg.connect(stack.postgres[service])
            opened.push_async_callback(db.close)
            for table, changes in tables.items():
                await _copy(db, table, UUID(story.bram_account_id), others, changes)
            await db.execute("ANALYZE")
        organisation_id = UUID(story.organisation_id)
        before = {service: await db.fetchval(_LEFT[service], organisation_id) for service, db in databases.items()}
        if before["identity"] <= DEPENDANTS or before["gateway"] <= DEPENDANTS:
            raise RuntimeError(f"not everybody works in the tool: {before}")
        await asyncio.to_thread(story.world.set_recognition, story.ada.card["national_number"], "ipi", valid=False)
        return await _until_lapsed(databases, organisation_id)


async def _until_lapsed(databases: Mapping[str, asyncpg.Connection], organisation_id: UUID) -> Lapsed:
    began = time.monotonic()
    took_s = await asyncio.gather(
        *(
            _until_none(began, lambda db=db, service=service: db.fetchval(_LEFT[service], organisation_id))
            for service, db in databases.items()
        )
    )
    told_per_s = await _told_per_s(databases["identity"])
    return Lapsed(dict(zip(databases, took_s, strict=True)), told_per_s)


async def _told_per_s(identity: asyncpg.Connection) -> float:
    began, untold = time.monotonic(), await identity.fetchval(_UNTOLD)
    left = untold
    while left and time.monotonic() - began < TOLD_S:
        await asyncio.sleep(LOOK_EVERY_S)
        left = await identity.fetchval(_UNTOLD)
    return (untold - left) / (time.monotonic() - began)


async def _until_none(began: float, left: Callable[[], Awaitable[int]]) -> float:
    while found := await left():
        if time.monotonic() - began > WITHIN_S:
            raise RuntimeError(f"after {WITHIN_S:.0f} s there were still {found}")
        await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


async def _copy(
    db: asyncpg.Connection, table: str, account_id: UUID, others: list[UUID], changes: Mapping[str, str]
) -> None:
    """The rows of one account in this table for each of the others; of sessions and grants those that are open in the tool."""
    columns = [
        row["attname"]
        for row in await db.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            table,
        )
    ]
    of_whom = "id" if table == "account" and "id" in columns else "account_id"
    which = {
        "session": "AND t.id = (SELECT g.session_id FROM oidc_grant g WHERE g.account_id = $1 AND g.ended_at IS NULL LIMIT 1)",
        "oidc_grant": "AND t.id = (SELECT g.id FROM oidc_grant g WHERE g.account_id = $1 AND g.ended_at IS NULL LIMIT 1)",
    }
    values = ", ".join(changes.get(name, f"t.{name}") for name in columns)
    await db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} AS t, unnest($2::uuid[]) AS other (id) "  # noqa: S608 - names of the table above
        f"WHERE t.{of_whom} = $1 {which.get(table, '')}",
        account_id,
        others,
    )
