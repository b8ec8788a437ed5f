"""Transfers as they are kept, and statements of them: each tells of what came in since the one before."""

import secrets
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from tools.world.bank.coda import Account, Received, coda
from tools.world.store import Document, Store

TRANSFER, STATEMENT = "bank-transfer", "bank-statement"
WAITING = "waiting"
MAX_TRANSFERS = 1_000
_LAST_NUMBER = 999

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=140, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Transfer(BaseModel):
    """communication: as it is typed, structured or not."""

    amount_cents: int = Field(gt=0, le=100_000_000)
    communication: Text = ""
    payer_name: Text = "Ada Lindeman"
    payer_iban: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}$")] = "BE71096123456769"


def take(store: Store, transfer: Transfer) -> str:
    """Returns the bank's reference."""
    reference = f"SIM{secrets.token_hex(9).upper()}"
    store.put(TRANSFER, reference, transfer.model_dump(), WAITING)
    return reference


def waiting(store: Store) -> list[Document]:
    """Not told in a statement yet; oldest first."""
    return store.newest(TRANSFER, label=WAITING, limit=MAX_TRANSFERS)[::-1]


def statements(store: Store) -> list[dict[str, Any]]:
    """Newest first, without their files."""
    return [document.body for document in store.newest(STATEMENT)]


def make_statement(store: Store, account: Account, *, now: datetime) -> str | None:
    """Returns its name, None where nothing came in."""
    told = waiting(store)
    if not told:
        return None
    before = next(iter(store.newest(STATEMENT, limit=1)), None)
    last = before.body if before else {"number": 0, "closing_cents": 0, "place": 0}
    number = last["number"] % _LAST_NUMBER + 1
    received = [Received(reference=one.key, **one.body) for one in told]
    file = coda(account, number, last["closing_cents"], received, now.date())
    name = f"{now:%Y-%m-%d}-{last['place'] + 1:04}.cod"
    body = {
        "name": name,
        "number": number,
        "place": last["place"] + 1,
        "count": len(told),
        "closing_cents": last["closing_cents"] + sum(one.amount_cents for one in received),
        "file": file.decode("latin-1"),
    }
    store.put(STATEMENT, name, body)
    for one in told:
        store.put(TRANSFER, one.key, one.body)
    return name


def file_of(store: Store, name: str) -> bytes | None:
    found = store.find(STATEMENT, name)
    return found["file"].encode("latin-1") if found else None
