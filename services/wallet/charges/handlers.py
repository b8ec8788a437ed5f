"""A tool charges a wallet: by request, where charges are grouped, or by command, in the transaction of the consumer."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from services.wallet.charges import store
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.rules import (
    ChargeRequest,
    OrganisationNotRegistered,
    check_request,
)
from services.wallet.charges.store import Answered, Prepared
from services.wallet.keys.rules import IdempotencyMismatch
from services.wallet.ledger.rules import WalletFrozen, short_of
from services.wallet.refusals import Reason, announce_refusal
from shared import outbox
from shared.correlation import trace_headers
from shared.db import Connection, Database
from shared.errors import Invalid
from shared.events.wallet import WalletCharged
from shared.ids import new_id_text


class Charged(NamedTuple):
    """repeated: this key was charged before, and this is what was answered then. plan_id: the plan that paid, so that it cost nothing."""

    charge_id: UUID
    booked_at: datetime
    balance_cents: int
    repeated: bool
    plan_id: UUID | None = None


async def charge(groups: ChargeGroups, database: Database, request: ChargeRequest, *, top_up_url: str) -> Charged:
    """One round trip to the database. A refusal by the wallet is announced, and may be tried again with the same key.

    Raises BalanceShort, WalletFrozen, IdempotencyMismatch, OrganisationNotRegistered, and what `check_request` raises.
    """
    check_request(request)
    answer = await groups.charge(prepare(request))
    match answer:
        case Answered("charged" | "repeated", UUID() as charge_id, datetime() as at, int() as balance_cents):
            return Charged(charge_id, at, balance_cents, answer.outcome == "repeated", answer.plan_id)
        case Answered("key-reused"):
            raise IdempotencyMismatch()
        case Answered("short", available_cents=int() as available_cents, balance_cents=int() as balance_cents):
            async with database.transaction() as db:
                await _refuse(db, request, "balance-short")
            raise short_of(
                request.unit,
                balance_cents=balance_cents,
                short_cents=request.amount_incl_cents - available_cents,
                top_up_url=top_up_url,
            )
        case Answered("frozen"):
            async with database.transaction() as db:
                await _refuse(db, request, "wallet-frozen")
            raise WalletFrozen(balance_cents=answer.balance_cents, top_up_url=top_up_url)
        case _:
            raise OrganisationNotRegistered()


async def charge_by_command(db: Connection, request: ChargeRequest) -> None:
    """The answer is an event: WalletCharged or ChargeRefused. A key that was charged before was answered then."""
    try:
        check_request(request)
    except Invalid:
        await _refuse(db, request, "invalid")
        return
    [answer] = await store.charge(db, [prepare(request)])
    match answer.outcome:
        case "charged":
            db.mark("outbox")
            db.mark("job")
        case "repeated":
            pass
        case "short":
            await _refuse(db, request, "balance-short")
        case "frozen":
            await _refuse(db, request, "wallet-frozen")
        case "key-reused" | "not-registered":
            await _refuse(db, request, answer.outcome)


def prepare(request: ChargeRequest) -> Prepared:
    """With its id and its event, for `store.charge`."""
    charge_id, wallet_id = new_id_text(), str(request.wallet_id)
    # What WalletCharged says, by hand: to make one and write it takes three times as long, at each charge.
    payload = {
        "wallet_id": wallet_id,
        "charge_id": charge_id,
        "tool_id": request.tool_id,
        "amount_excl_cents": request.amount_excl_cents,
        "amount_incl_cents": request.amount_incl_cents,
        "account_id": request.account_id,
        "unit": request.unit,
        "plan_id": None,
        "reservation_id": None,
    }
    headers = outbox.open_headers(WalletCharged, wallet_id, trace_headers())
    return Prepared(charge_id, request, WalletCharged.topic, headers, to_json(payload)[:-1].decode())


async def _refuse(db: Connection, request: ChargeRequest, reason: Reason) -> None:
    await announce_refusal(
        db,
        "charge",
        wallet_id=request.wallet_id,
        tool_id=request.tool_id,
        idempotency_key=request.idempotency_key,
        amount_incl_cents=request.amount_incl_cents,
        reason=reason,
    )
