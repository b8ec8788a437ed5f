"""`./immo wallet check` on a book that is right and on one that is not."""

import asyncio
import base64
import json
from collections.abc import Iterator

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from deploy.local.cli import app
from shared.db import Database
from tests.support import databases
from tests.support.fuzzing import served
from tests.support.mint import Mint
from tests.wallet.book import fill, open_filled


@pytest.fixture
def dsn(postgres_dsn: str, mint: Mint, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a wallet service that the command finds, with one wallet of two entries."""
    dsn = asyncio.run(made(postgres_dsn))
    with served("wallet", dsn, mint) as url:
        monkeypatch.setenv("IMMO_OPERATOR_KEY", base64.b64encode(mint.seeds["operator"]).decode())
        monkeypatch.setenv("IMMO_URL_WALLET", url)
        yield dsn
    asyncio.run(databases.drop(postgres_dsn, dsn))


async def made(postgres_dsn: str) -> str:
    dsn = await databases.create_from(postgres_dsn, await databases.template_for(postgres_dsn, "wallet"))
    database = Database(dsn, application_name="test-wallet")
    await database.open()
    async with database.transaction() as db:
        await fill(db, await open_filled(db), 7)
    await database.close()
    return dsn


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["wallet", "check", *arguments])


def tamper(dsn: str) -> None:
    async def work() -> None:
        db = await asyncpg.connect(dsn)
        await db.execute("UPDATE wallet SET balance_cents = 6000")
        await db.close()

    asyncio.run(work())


def test_a_check_tells_what_it_proved_and_ends_well(dsn: str) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    for told in ("1 wallets", "2 entries", "2 transactions", "Nothing is wrong."):
        assert told in done.output
    assert "0 entries" in run("--new").output, "the whole check proved them"


def test_a_check_of_a_wrong_book_names_rule_and_place_and_fails(dsn: str) -> None:
    tamper(dsn)
    done = run("--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert {fault["rule"] for fault in found["faults"]} >= {"balance is the sum of entries"}
    assert found["faults"][0]["found"] == 6_000
    assert "docs/operate.md" in run().output
