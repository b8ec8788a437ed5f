"""Proving the book piece by piece, each in a snapshot of its own, so that no snapshot is held for long, however large the book."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from services.wallet.proof import store
from services.wallet.proof.rules import Piece, Proof, Scope
from shared.db import Connection, Database

MAX_LOGGED = 20
_LOG = structlog.get_logger(__name__)


async def prove(database: Database, scope: Scope, *, rest: float = 0.0) -> Proof:
    """Prove it, write down how it ended, and log what is wrong. rest: pause after each piece, in times of what the piece took.

    "new": what was booked since each wallet's last proof, what is held, every balance. "whole": every entry and transaction again.
    """
    began = time.monotonic()
    proof = Proof()

    async def pieces(step: Callable[[Connection, UUID], Awaitable[Piece]]) -> None:
        after: UUID | None = store.FIRST
        while after is not None:
            since = time.monotonic()
            async with database.acquire() as db:
                piece = await step(db, after)
            proof.add(piece)
            after = piece.after
            await asyncio.sleep(rest * (time.monotonic() - since))

    await pieces(lambda db, after: store.prove_wallets(db, after, whole=scope == "whole"))
    if scope == "whole":
        await pieces(store.prove_transactions)
    async with database.transaction() as db:
        await store.upsert_check(db, scope, proof, took_s=time.monotonic() - began)
    log_faults(proof)
    return proof


def log_faults(proof: Proof) -> None:
    for fault in proof.faults[:MAX_LOGGED]:
        _LOG.error(
            "the book is wrong", rule=fault.rule, where=fault.subject, expected=fault.expected, found=fault.found
        )
