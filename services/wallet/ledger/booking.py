"""The one way to move money, but for charges in groups: a balanced set of entries, in one round trip and under the locks it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.wallet.ledger.rules import EUR, WalletFrozen, WalletNotFound, short_of
from services.wallet.ledger.store import Moved
from shared.correlation import trace_headers
from shared.db import Connection
from shared.ids import new_id


@dataclass(frozen=True)
class Posting:
    """One entry. account: "wallet", with wallet_id, or an account of the platform, with a party (see README.md).

    amount_cents: what the account gains, negative for what it gives; cents, or whole credits.
    """

    account: str
    amount_cents: int
    party: str | None = None
    wallet_id: UUID | None = None
    unit: str = EUR


@dataclass(frozen=True)
class Booked:
    """wallets: each wallet that was moved, as it is now, with the version for one event about it."""

    transaction_id: UUID
    booked_at: datetime
    wallets: Mapping[UUID, Moved]


async def book(
    db: Connection,
    kind: str,
    description: str,
    postings: Sequence[Posting],
    *,
    transaction_id: UUID | None = None,
    tool_id: str | None = None,
    account_id: UUID | None = None,
    related_id: UUID | None = None,
    overdraw: bool = False,
) -> Booked:
    """Book these entries as one transaction; the time is the database's, under its locks.

    At least one of them is a wallet's, and for each unit they sum to zero. account_id: the person who did it. related_id: what it
    answers to. overdraw: take it also from a frozen wallet, or from one with less in it, which is frozen by that.
    The caller appends one event for each wallet, with the version given here.

    Raises BalanceShort, WalletFrozen, WalletNotFound; nothing was booked then, and the transaction can go on.
    """
    transaction_id = transaction_id or new_id()
    asked = booking(
        transaction_id,
        kind,
        description,
        postings,
        tool_id=tool_id,
        account_id=account_id,
        related_id=related_id,
        overdraw=overdraw,
    )
    rows = await db.fetch(
        """
        SELECT outcome, wallet_id, booked_at, balance_cents, available_cents, number, version, low_threshold_cents, frozen
        FROM ledger_book($1)
        """,
        asked,
    )
    last = rows[-1]
    _check_outcome(last, postings)
    db.mark("job")
    return Booked(transaction_id, last["booked_at"], {row["wallet_id"]: _moved(row) for row in rows})


def booking(
    transaction_id: UUID,
    kind: str,
    description: str,
    postings: Sequence[Posting],
    *,
    tool_id: str | None = None,
    account_id: UUID | None = None,
    related_id: UUID | None = None,
    overdraw: bool = False,
) -> dict[str, Any]:
    """What `ledger_book` is asked, also by functions of the database that do more than book. They leave jobs: `db.mark("job")`."""
    return {
        "id": transaction_id,
        "kind": kind,
        "tool_id": tool_id,
        "description": description,
        "account_id": account_id,
        "related_id": related_id,
        "overdraw": overdraw,
        "headers": trace_headers(),
        "postings": [asdict(posting) for posting in postings],
    }


def _check_outcome(row: Any, postings: Sequence[Posting]) -> None:
    match row["outcome"]:
        case "unknown":
            raise WalletNotFound()
        case "frozen":
            raise WalletFrozen(balance_cents=row["balance_cents"])
        case "short":
            taken = [posting for posting in postings if posting.wallet_id == row["wallet_id"]]
            missing = -sum(posting.amount_cents for posting in taken) - row["available_cents"]
            raise short_of(taken[0].unit, balance_cents=row["balance_cents"], short_cents=missing)
        case _:
            pass


def _moved(row: Any) -> Moved:
    return Moved(row["balance_cents"], row["number"], row["version"], row["low_threshold_cents"], row["frozen"])
