"""One pool of PostgreSQL connections a process, JSON columns as Python values, and the wake-up of workers after a commit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import asyncpg
from pydantic_core import from_json, to_json

from shared.errors import DatabaseUnavailable
from shared.wakeup import Subject, Wakeup

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 30.0
ACQUIRE_TIMEOUT_S = 10.0

# What PostgreSQL and the driver say when the server is away, restarting or full: worth another try, and nobody's mistake.
DATABASE_AWAY: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Connection(asyncpg.Connection):
    """A connection that remembers for whom its transaction left work: the relay, the jobs, the replays."""

    __slots__ = ("_marks",)

    def itself(self) -> "Connection":
        """The connection behind the pool's stand-in, which forgets it the moment that it is lost."""
        return self

    def mark(self, subject: Subject) -> None:
        """Called by `outbox.append` and its like: wake who waits for this once the transaction is committed."""
        self._marks = getattr(self, "_marks", frozenset[Subject]()) | {subject}

    def take_marks(self) -> frozenset[Subject]:
        marks: frozenset[Subject] = getattr(self, "_marks", frozenset())
        self._marks = frozenset[Subject]()
        return marks


class Database:
    """The process's pool. After each commit `wakeup` tells the relay and the workers that there is something for them.

    Session state survives between two users of a connection (nothing is reset, which saves a round trip a request): what must
    last a session, such as an advisory lock or LISTEN, belongs on a connection from `connect`.
    """

    def __init__(self, dsn: str, *, application_name: str, min_size: int = 1, max_size: int = 10) -> None:
        self.dsn = dsn
        self.application_name = application_name
        self.wakeup = Wakeup(self.acquire, self.connect, (*DATABASE_AWAY, DatabaseUnavailable))
        self._sizes = (min_size, max_size)
        self._pool: asyncpg.Pool | None = None

    @property
    def is_open(self) -> bool:
        return self._pool is not None

    @property
    def pool(self) -> asyncpg.Pool:
        """Raises DatabaseUnavailable before `open` succeeded."""
        if self._pool is None:
            raise DatabaseUnavailable()
        return self._pool

    async def open(self) -> None:
        """Raises one of DATABASE_AWAY while the server cannot be reached; may be called again then."""
        min_size, max_size = self._sizes
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=min_size,
            max_size=max_size,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            max_inactive_connection_lifetime=300.0,
            connection_class=Connection,
            init=_prepare,
            reset=_keep,
            server_settings={"application_name": self.application_name},
        )

    async def close(self) -> None:
        """Wait up to five seconds for those who hold a connection, then cut them off."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), timeout=5.0)
        except DATABASE_AWAY:
            pool.terminate()

    async def connect(self) -> Connection:
        """A connection outside the pool, for a listener or the holder of a session lock. The caller closes it."""
        db = await asyncpg.connect(
            self.dsn,
            timeout=CONNECT_TIMEOUT_S,
            connection_class=Connection,
            server_settings={"application_name": self.application_name},
        )
        await _prepare(db)
        return db

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[Connection]:
        """A connection outside the pool whose advisory locks are free as soon as it is let go, or when this process dies."""
        db = await self.connect()
        try:
            yield db
        finally:
            # The server frees them by itself only when it notices that the connection has gone.
            with suppress(*DATABASE_AWAY, TimeoutError):
                await db.execute("SELECT pg_advisory_unlock_all()", timeout=CONNECT_TIMEOUT_S)
            db.terminate()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        """A connection in autocommit. Do not append to the outbox here: nothing would wake the relay.

        Raises DatabaseUnavailable when none can be had.
        """
        pool = self.pool
        try:
            db = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        except DATABASE_AWAY as error:
            raise DatabaseUnavailable() from error
        try:
            yield cast(Connection, db)
        finally:
            await pool.release(db)

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Connection]:
        """For one statement that is a transaction by itself and may append to the outbox: two round trips less than `transaction`.

        Raises DatabaseUnavailable when no connection can be had.
        """
        async with self.acquire() as db:
            connection = db.itself()
            try:
                yield db
            finally:
                marks = connection.take_marks()
        self.wakeup.announce(marks)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """BEGIN ... COMMIT; an exception rolls back. Make no network call inside.

        Raises DatabaseUnavailable when no connection can be had.
        """
        async with self.acquire() as db:
            connection = db.itself()
            try:
                async with db.transaction():
                    yield db
            except BaseException:
                connection.take_marks()
                raise
            self.wakeup.announce(connection.take_marks())


def is_database_away(error: BaseException) -> bool:
    """Whether the server is away, restarting or full. The driver's complaints about an argument are InterfaceErrors too, but no."""
    return isinstance(error, DATABASE_AWAY) and not isinstance(error, ValueError | TypeError)


def constraint_of(error: BaseException) -> str | None:
    """The name of the constraint that a statement violated, or None when the error is another."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return error.constraint_name
    return None


async def _prepare(db: Any) -> None:
    for kind in ("json", "jsonb"):
        await db.set_type_codec(kind, schema="pg_catalog", encoder=_encode, decoder=from_json, format="text")


async def _keep(db: Any) -> None:
    """Reset nothing between two users of a pooled connection."""


def _encode(value: Any) -> str:
    return to_json(value).decode()
