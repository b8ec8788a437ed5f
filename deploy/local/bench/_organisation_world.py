"""What the bench of organisations needs around it: a database of that size, filled by the database itself, and the service on it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from deploy.local.bench import _service_process
from deploy.local.data_folder import REPOSITORY
from services.organisation.decisions.store import Question
from shared.authzen import may_start
from shared.migrate import migrate

ORGANISATIONS, EMPLOYEES, ACCESS, RECOGNITIONS = 10_000, 100_000, 300_000, 1_000_000
IN_LARGEST = 5_001  # organisation 0; its first employee is mandated for all of its registrations
TOOLS = ("bench-0", "bench-1", "bench-2")
USAGE_MODE, ROLE = "agent", "user"

_ORGANISATION, _ACCOUNT, _REGISTRATION = 1, 2, 3
_SEED = Path(__file__).with_name("_organisation_seed.sql")


def _uuid(kind: int, number: int) -> UUID:
    return UUID(f"{kind}0000000-0000-7000-8000-{number:012x}")


def account(number: int) -> UUID:
    return _uuid(_ACCOUNT, number)


def question(number: int, tool: int) -> Question:
    """Whether that account may start that tool where it works."""
    return Question(account(number), _uuid(_ORGANISATION, _organisation(number)), TOOLS[tool], USAGE_MODE)


def registration(number: int, tool: int) -> UUID:
    """By which that account has access to that tool."""
    return _uuid(_REGISTRATION, _organisation(number) * len(TOOLS) + tool)


def _organisation(number: int) -> int:
    """Accounts below IN_LARGEST work in organisation 0, the others in the rest, evenly."""
    return 0 if number < IN_LARGEST else 1 + (number - IN_LARGEST) % (ORGANISATIONS - 1)


async def seed(dsn: str) -> None:
    """A migrated database of that size."""
    await migrate(dsn, [REPOSITORY / "services" / "organisation" / "migrations"])
    sizes = {
        "organisations": ORGANISATIONS,
        "employees": EMPLOYEES,
        "recognitions": RECOGNITIONS,
        "largest": IN_LARGEST,
        "tools": len(TOOLS),
    }
    db = await asyncpg.connect(dsn)
    try:
        for name, size in sizes.items():
            await db.execute("SELECT set_config('bench.' || $1, $2, false)", name, str(size))
        await db.execute(_SEED.read_text())
        await db.execute("VACUUM ANALYZE")
        await _check(db)
    finally:
        await db.close()


async def _check(db: asyncpg.Connection) -> None:
    wanted = {
        "organisation": ORGANISATIONS,
        "employee": EMPLOYEES,
        "access": ACCESS,
        "recognition_held": RECOGNITIONS,
        "registration": ORGANISATIONS * len(TOOLS),
    }
    found = {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in wanted}  # noqa: S608 - of the keys above
    if found != wanted:
        raise RuntimeError(f"the database holds {found}")


@dataclass(frozen=True)
class Asking:
    """Ready-made requests of the tools about themselves; good for an hour."""

    port: int
    headers: Mapping[str, str]

    def one(self, number: int, tool: int) -> bytes:
        return self._request("/api/access/v1/evaluation", tool, _as_json(number, tool))

    def many(self, numbers: list[int], tool: int) -> bytes:
        asked = {"evaluations": [_as_json(number, tool) for number in numbers]}
        return self._request("/api/access/v1/evaluations", tool, asked)

    def _request(self, path: str, tool: int, body: Mapping[str, object]) -> bytes:
        content = json.dumps(body, default=str)
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.headers[TOOLS[tool]]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}"
        ).encode()


def _as_json(number: int, tool: int) -> dict[str, object]:
    asked = question(number, tool)
    return may_start(asked.account_id, asked.tool_id, asked.organisation_id, asked.usage_mode, ROLE)


@asynccontextmanager
async def running(dsn: str) -> AsyncIterator[Asking]:
    """The service on this database, and the requests of TOOLS."""
    async with _service_process.running("organisation", dsn, TOOLS, "decisions") as (port, headers):
        yield Asking(port, headers)
