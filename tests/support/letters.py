"""What tests of dead letters need: a handler that fails until it is repaired, and a look at what was parked."""

from shared import dead_letters
from shared.consume import Consumer
from shared.db import Connection, Database
from shared.dead_letter_replay import Replayer
from shared.dead_letter_store import DeadLetter, State
from shared.errors import Conflict
from shared.events.wallet import WalletCharged
from shared.sealed import Keyring
from tests.support.events import (
    TOPIC,
    effects,
    save_effect,
)


class RuleBroken(Conflict):
    code = "rule-broken"


class Broken:
    """A handler that refuses some versions until it is repaired."""

    def __init__(self, *versions: int, error: Exception | None = None) -> None:
        self.versions = set(versions)
        self.tries = 0
        self._error = error or RuleBroken()
        self.consumer = Consumer("kit", [TOPIC], {WalletCharged: self.on_charged})

    async def on_charged(self, db: Connection, event: WalletCharged, keyring: Keyring) -> None:
        await save_effect(db, event, keyring)
        if event.version in self.versions:
            self.tries += 1
            raise self._error

    def repair(self) -> None:
        self.versions = set()


def replayer(database: Database, keyring: Keyring, consumer: Consumer) -> Replayer:
    return Replayer("wallet", [consumer], database, keyring)


async def letters(database: Database, *states: State) -> list[DeadLetter]:
    async with database.acquire() as db:
        return await dead_letters.list_letters(
            db, states=states or ("parked", "waiting", "replaying", "replayed", "dropped")
        )


async def has_letters(database: Database, wanted: int) -> bool:
    return len(await letters(database)) == wanted


async def has_effects(database: Database, wanted: int) -> bool:
    return len(await effects(database)) == wanted


async def replay(database: Database, letter: DeadLetter) -> None:
    async with database.transaction() as db:
        await dead_letters.replay(db, "wallet", letter.id)


async def drop(database: Database, letter: DeadLetter) -> None:
    async with database.transaction() as db:
        await dead_letters.drop(db, "wallet", letter.id)
