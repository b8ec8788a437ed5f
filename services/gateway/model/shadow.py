"""The schema beside, in which the read model is made anew, and the moment in which the two change places."""

import asyncio
import random
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg

from shared.db import Connection
from shared.migrate import migrate

SCHEMA = "model_next"
# The kit's tables whose rows are work to be done; all others of this service are projections, with how far they are.
KEPT = ("dead_letter", "job", "outbox", "schema_migration")

_LOCK_KEY = 0x1AA0_0010
_LOCK_WITHIN_MS = 40
_LOCK_TRIES = 400
_WRITERS_WITHIN_MS = 5_000


class Busy(Exception):
    """Whoever reads or writes the model did not let go of it in time; nothing has happened."""


def dsn_in_shadow(dsn: str) -> str:
    """Connections that see the schema beside and nothing else. What they commit is safe on disk when the switch is."""
    parts = urlsplit(dsn)
    more = [("search_path", SCHEMA), ("synchronous_commit", "off")]
    return parts._replace(query=urlencode([*parse_qsl(parts.query), *more])).geturl()


async def lock(db: Connection) -> bool:
    """For as long as this connection lasts. False when somebody else rebuilds."""
    return await db.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY)


async def create(db: Connection, dsn: str, migrations: Path) -> None:
    """Empty, whatever an earlier attempt left. Its tables are made by the same files as those that serve."""
    await drop(db)
    await db.execute(f"CREATE SCHEMA {SCHEMA}")
    await migrate(dsn_in_shadow(dsn), [migrations])


async def drop(db: Connection) -> None:
    await db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


async def remember_dropped(db: Connection, consumer: str) -> None:
    """Events that an operator decided never to handle are not handled now either."""
    await db.execute(
        """
        INSERT INTO model_next.inbox (consumer, event_id)
        SELECT consumer, event_id FROM public.dead_letter WHERE consumer = $1 AND source = 'event' AND state = 'dropped'
        """,
        consumer,
    )


async def analyze(db: Connection) -> None:
    """Before anybody's statement is planned on it."""
    for table in await tables(db):
        await db.execute(f"ANALYZE {SCHEMA}.{table}")


async def stop_writers(db: Connection) -> None:
    """Batches begin with the inbox: until the end of this transaction none begins, and none is under way. Raises Busy."""
    await db.execute(f"SET LOCAL lock_timeout = {_WRITERS_WITHIN_MS}")
    try:
        await db.execute("LOCK TABLE public.inbox IN SHARE ROW EXCLUSIVE MODE")
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise Busy from error


async def switch(db: Connection, consumer: str) -> None:
    """In a transaction, after `stop_writers`. Raises Busy.

    Who reads meanwhile waits for milliseconds; statements that were prepared are planned anew by the server, on the new tables.
    """
    names = await tables(db)
    await _lock_tables(db, [*names, "dead_letter"])
    await _take_over(db, consumer)
    await db.execute(f"DROP TABLE {', '.join(f'public.{name}' for name in names)}")
    for name in names:
        await db.execute(f"ALTER TABLE {SCHEMA}.{name} SET SCHEMA public")
    await drop(db)


async def tables(db: Connection) -> list[str]:
    """All that are made anew, the inbox and the offsets that belong to them among them."""
    rows = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename <> ALL ($2::text[]) ORDER BY tablename",
        SCHEMA,
        list(KEPT),
    )
    return [row["tablename"] for row in rows]


async def _lock_tables(db: Connection, names: list[str]) -> None:
    """All at once or none: whoever holds one and waits for another is never waited for, so nobody is caught in a circle."""
    wanted = ", ".join(f"public.{name}" for name in names)
    await db.execute(f"SET LOCAL lock_timeout = {_LOCK_WITHIN_MS}")
    for _ in range(_LOCK_TRIES):
        try:
            async with db.transaction():
                await db.execute(f"LOCK TABLE {wanted} IN ACCESS EXCLUSIVE MODE")
                return
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - spreads load, protects nothing
    raise Busy


async def _take_over(db: Connection, consumer: str) -> None:
    """What else belongs to the model: how old it may call itself, what was parked on the way, and the rows of other consumers.

    Everything that was handled before is in the new model too, so what a heartbeat said of the old one is true of it.
    """
    await db.execute(
        """
        INSERT INTO model_next.model_age (topic, partition, as_of) SELECT topic, partition, as_of FROM public.model_age
        ON CONFLICT (topic, partition) DO UPDATE SET as_of = greatest(model_age.as_of, excluded.as_of)
        """
    )
    for table in ("inbox", "consumer_position"):
        others = f"SELECT * FROM public.{table} WHERE consumer <> $1"  # noqa: S608 - of the line above
        await db.execute(f"INSERT INTO {SCHEMA}.{table} {others}", consumer)
    await db.execute(
        """
        DELETE FROM public.dead_letter
        WHERE consumer = $1 AND source = 'event' AND state IN ('parked', 'waiting', 'replaying')
        """,
        consumer,
    )
    await db.execute(
        """
        INSERT INTO public.dead_letter (source, consumer, lane, event_id, state, reason, error, attempts, type, topic, partition,
                                        "offset", key, headers, payload)
        SELECT source, consumer, lane, event_id, state, reason, error, attempts, type, topic, partition, "offset", key, headers,
               payload
        FROM model_next.dead_letter ORDER BY id
        ON CONFLICT ON CONSTRAINT dead_letter_once
        DO UPDATE SET state = excluded.state, reason = excluded.reason, error = excluded.error, changed_at = now()
        """
    )
    await db.execute(
        """
        INSERT INTO public.outbox (topic, key, headers, payload)
        SELECT topic, key, headers, payload FROM model_next.outbox WHERE topic LIKE '%.dead-letters' ORDER BY id
        """
    )
