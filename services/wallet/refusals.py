"""Saying that nothing was done."""

from typing import Literal
from uuid import UUID

from services.wallet.keys.rules import Operation
from services.wallet.ledger.store import raise_version_if_open
from shared import outbox
from shared.db import Connection
from shared.errors import Invalid, Problem
from shared.events.wallet import ChargeRefused

Reason = Literal[
    "balance-short",
    "wallet-frozen",
    "not-registered",
    "key-reused",
    "invalid",
    "charge-not-found",
    "refund-too-large",
    "reservation-not-found",
    "reservation-ended",
    "reservation-expired",
    "capture-too-large",
]
_OF_THE_BALANCE: frozenset[Reason] = frozenset(("balance-short", "wallet-frozen"))
_BY_CODE: dict[str, Reason] = {
    "balance-short": "balance-short",
    "credits-short": "balance-short",
    "wallet-frozen": "wallet-frozen",
    "organisation-not-registered": "not-registered",
    "idempotency-mismatch": "key-reused",
    "charge-not-found": "charge-not-found",
    "refund-too-large": "refund-too-large",
    "reservation-not-found": "reservation-not-found",
    "reservation-ended": "reservation-ended",
    "reservation-expired": "reservation-expired",
    "capture-too-large": "capture-too-large",
}


def reason_of(problem: Problem) -> Reason:
    """The word for it in an event. What is no answer to a tool is raised."""
    reason = _BY_CODE.get(problem.code)
    if reason is not None:
        return reason
    if isinstance(problem, Invalid):
        return "invalid"
    raise problem


async def announce_refusal(
    db: Connection,
    operation: Operation,
    *,
    wallet_id: UUID,
    tool_id: str,
    idempotency_key: str,
    amount_incl_cents: int,
    reason: Reason,
) -> None:
    """wallet_id: the organisation's. One that does not exist has no versions: its refusals stay at 0.

    The balance is told where it is the reason: only a tool that the organisation has registered comes as far as that.
    """
    wallet = await raise_version_if_open(db, wallet_id)
    event = ChargeRefused(
        wallet_id=wallet_id,
        tool_id=tool_id,
        idempotency_key=idempotency_key,
        amount_incl_cents=amount_incl_cents,
        balance_cents=wallet.balance_cents if wallet and reason in _OF_THE_BALANCE else 0,
        reason=reason,
        operation=operation,
        version=wallet.version if wallet else 0,
    )
    await outbox.append(db, event)
