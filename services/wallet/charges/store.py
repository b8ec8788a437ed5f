"""The statements of charges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from services.wallet.charges.rules import ChargeRequest
from services.wallet.ledger.rules import wallet_id_of
from shared.db import Connection

Outcome = Literal["charged", "repeated", "key-reused", "not-registered", "frozen", "short"]


class Prepared(NamedTuple):
    """A request with its id and its event. headers, payload: JSON objects that the database ends, with what only it knows; no brace yet."""

    id: str
    request: ChargeRequest
    topic: str
    headers: str
    payload: str


class Answered(NamedTuple):
    """What became of one request. charge_id, booked_at and balance_cents are the first answer's when it is repeated.

    balance_cents: after the charge; for `short` the present one. available_cents: what a charge could take. plan_id: the plan that
    paid for it, so that nothing was taken.
    """

    outcome: Outcome
    charge_id: UUID | None
    booked_at: datetime | None
    balance_cents: int | None
    available_cents: int | None
    plan_id: UUID | None = None


@dataclass(frozen=True)
class Charge:
    """wallet_id: the organisation's. plan_id: the plan that paid. reservation_id: what was captured. refunded_cents: of it, so far."""

    charge_id: UUID
    wallet_id: UUID
    amount_excl_cents: int
    amount_incl_cents: int
    vat_rate_bp: int
    description: str
    account_id: UUID | None
    unit: str
    plan_id: UUID | None
    reservation_id: UUID | None
    refunded_cents: int
    balance_cents: int
    charged_at: datetime


async def charge(db: Connection, prepared: Sequence[Prepared]) -> list[Answered]:
    """Book these charges in one round trip; an answer for each, in their order. No tool's key may be among them twice.

    Also right outside a transaction: it is one statement. The caller then wakes the relay and the jobs.
    Raises UniqueViolationError of `tool_request_once` when a key is taken by somebody else at the same moment: ask again.
    """
    now = datetime.now(UTC).isoformat()
    rows = await db.fetch(
        "SELECT outcome, charge_id, booked_at, balance_cents, available_cents, plan_id FROM wallet_charge($1)",
        [_row(one, now) for one in prepared],
    )
    return [Answered._make(row) for row in rows]


def _row(prepared: Prepared, now: str) -> tuple[object, ...]:
    """A charge_request of the database. now: ISO 8601."""
    request = prepared.request
    return (
        prepared.id,
        wallet_id_of(request.wallet_id, request.unit),
        request.wallet_id,
        request.unit,
        request.tool_id,
        request.idempotency_key,
        request.fingerprint(),
        request.amount_excl_cents,
        request.amount_incl_cents,
        request.vat_rate_bp,
        request.description,
        request.account_id,
        request.plan_use,
        prepared.topic,
        f'{prepared.headers},"ce_time":"{now}"',
        prepared.payload,
    )


async def find_charge(db: Connection, tool_id: str, wallet_id: UUID, charge_id: UUID) -> Charge | None:
    row = await db.fetchrow(
        """
        SELECT c.id AS charge_id, w.organisation_id AS wallet_id, c.amount_excl_cents, c.amount_incl_cents, c.vat_rate_bp,
               t.description, c.account_id, w.unit, c.plan_id, c.reservation_id,
               (SELECT coalesce(sum(r.amount_incl_cents), 0)::bigint FROM refund r WHERE r.charge_id = c.id) AS refunded_cents,
               e.balance_after_cents AS balance_cents, t.booked_at AS charged_at
        FROM charge c
        JOIN wallet w ON w.id = c.wallet_id
        JOIN ledger_transaction t ON t.id = c.id
        JOIN ledger_entry e ON e.transaction_id = c.id AND e.wallet_id = c.wallet_id
        WHERE c.id = $1 AND c.tool_id = $2 AND w.organisation_id = $3
        """,
        charge_id,
        tool_id,
        wallet_id,
    )
    return Charge(**row) if row else None
