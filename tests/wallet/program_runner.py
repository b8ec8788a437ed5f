"""A process that runs programs on the wallet's handlers. It may be killed at any moment, and goes on where it was when it runs again.

What a step was answered is written down before the next one is asked for; what was asked and not answered is asked again.
"""

import asyncio
import contextlib
import os
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import uvloop
from pydantic_core import from_json, to_json

from services.wallet.access.managers import Manager
from services.wallet.access.viewers import Viewer
from services.wallet.adjustments import handlers as adjustments
from services.wallet.adjustments.freezing import freeze, unfreeze
from services.wallet.adjustments.rules import AdjustmentDecided, Limits, Reason, State, Wish
from services.wallet.charges.groups import ChargeGroups
from services.wallet.charges.handlers import charge
from services.wallet.charges.rules import ChargeRequest
from services.wallet.keys.handlers import once
from services.wallet.ledger.rules import EUR
from services.wallet.payments.port import Chargeback, Payment
from services.wallet.refunds.handlers import refund
from services.wallet.reservations.handlers import capture, expire_due, release, reserve
from services.wallet.reservations.rules import CaptureRequest, ReleaseRequest, ReserveRequest
from services.wallet.returns.thaw import unfreeze_paid_up
from services.wallet.topups.handlers import request_top_up, settle
from services.wallet.topups.store import find_top_up
from services.wallet.transfers.handlers import transfer
from services.wallet.transfers.rules import Request as TransferRequest
from shared.db import Connection, Database, is_database_away
from shared.errors import Problem, TooMany, Unavailable
from tests.wallet.book import TOOL
from tests.wallet.program_steps import MANAGER, SECOND, STAFF, Step, request_of

LIMITS = Limits(500, 5)
PROVIDER = "programs"
APPLICATION = "program"
NO_TARGET = "no-target"


class Runner:
    """Runs steps in this process, each caller one after the other."""

    def __init__(self, database: Database, wallets: list[UUID], log: int, done: dict[str, int]) -> None:
        self._database = database
        self._groups = ChargeGroups(database)
        self._wallets = wallets
        self._log = log
        self._done = done

    async def run(self, name: str, program: list[Step]) -> None:
        for number in range(self._done.get(name, 0), len(program)):
            step = program[number]
            answers = await asyncio.gather(*(self._until_answered(step) for _ in range(1 + step.twice)))
            line = {"caller": name, "number": number, "answers": answers}
            os.write(self._log, to_json(line) + b"\n")

    async def _until_answered(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        """The outcome, what it made, and what else was said."""
        while True:
            try:
                return await self._perform(step)
            except (Unavailable, TooMany):
                pass
            except Problem as problem:
                return problem.code, None, dict(problem.params)
            except Exception as error:  # the driver has many ways to say that a connection was cut
                if not is_database_away(error):
                    raise
            await asyncio.sleep(0.01)

    async def _perform(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        work = getattr(self, f"_{step.kind.replace('-', '_')}", self._as_tool)
        return await work(step)

    async def _as_tool(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        subjects = {step.target: await self._subject_of(step.target)} if step.target else {}
        asked = request_of(step, self._wallets, subjects.get)
        match asked:
            case None:
                return NO_TARGET, None, {}
            case ChargeRequest():
                charged = await charge(self._groups, self._database, asked, top_up_url="")
                said = {"balance_cents": charged.balance_cents, "at": charged.booked_at}
                return "done", str(charged.charge_id), said
            case ReserveRequest():
                return "done", str((await once(self._database, lambda db: reserve(db, asked))).reservation.id), {}
            case CaptureRequest():
                return "done", str((await once(self._database, lambda db: capture(db, asked))).charge.charge_id), {}
            case ReleaseRequest():
                return "done", str((await once(self._database, lambda db: release(db, asked))).reservation.id), {}
            case _:
                return "done", str((await once(self._database, lambda db: refund(db, asked))).refund.refund_id), {}

    async def _subject_of(self, key: str) -> UUID | None:
        async with self._database.acquire() as db:
            return await db.fetchval(
                "SELECT subject_id FROM tool_request WHERE tool_id = $1 AND idempotency_key = $2", TOOL, key
            )

    async def _in_transaction(self, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        async with self._database.transaction() as db:
            return await work(db)

    async def _top_up(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        async def wish(db: Connection) -> None:
            viewer = Viewer(self._wallets[step.place], MANAGER, may_manage=True)
            if await find_top_up(db, step.id) is None:
                await request_top_up(
                    db, viewer, step.cents, "visa", PROVIDER, top_up_id=step.id, request_key=step.key, now=_now()
                )

        with contextlib.suppress(asyncpg.UniqueViolationError):  # the other one of two at once was faster
            await self._in_transaction(wish)
        payment = _payment(step.key, step.id, step.cents)
        await self._in_transaction(lambda db: settle(db, PROVIDER, payment, now=_now()))
        return "done", str(step.id), {}

    async def _chargeback(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        top_up_id = uuid5(MANAGER, step.target)
        async with self._database.acquire() as db:
            top_up = await find_top_up(db, top_up_id)
        if top_up is None or top_up.state != "completed":
            return NO_TARGET, None, {}
        cents = 1 + step.cents % top_up.amount_cents
        taken = Chargeback(step.key, step.target, cents, EUR, is_reversed=False, created_at=_now())
        payment = _payment(step.target, top_up_id, top_up.amount_cents, taken)
        await self._in_transaction(lambda db: settle(db, PROVIDER, payment, now=_now()))
        return "done", step.key, {}

    async def _transfer(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        from_id, to_id = self._wallets[step.place], self._wallets[step.other]
        asked = TransferRequest(from_id, to_id, step.cents, "x", step.key)
        made, _ = await self._in_transaction(lambda db: transfer(db, Manager(from_id, MANAGER), asked, now=_now()))
        return "done", str(made.id), {}

    async def _adjust(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        """A large one takes a second person, in a transaction of its own."""
        cents = step.cents if step.more < 0.6 else -step.cents
        wish = Wish(self._wallets[step.place], step.unit, cents, Reason.CORRECTION, "It was counted twice")
        asked = await self._in_transaction(
            lambda db: adjustments.request(
                db, wish, step.id, by=STAFF, limits=LIMITS, ttl=timedelta(hours=1), now=_now()
            )
        )
        if asked.state is State.REQUESTED:
            with contextlib.suppress(AdjustmentDecided):
                await self._in_transaction(lambda db: adjustments.approve(db, step.id, by=SECOND, now=_now()))
        return "done", str(step.id), {}

    async def _freeze(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        wallet_id = self._wallets[step.place]
        await self._in_transaction(lambda db: freeze(db, wallet_id, "It looks odd to us", by=STAFF, now=_now()))
        return "done", None, {}

    async def _thaw(self, step: Step) -> tuple[str, str | None, dict[str, Any]]:
        """By itself where it was overdrawn and is paid up, else by staff."""
        wallet_id = self._wallets[step.place]
        if not await self._in_transaction(lambda db: unfreeze_paid_up(db, wallet_id)):
            await self._in_transaction(lambda db: unfreeze(db, wallet_id, "It looks fine now", by=STAFF, now=_now()))
        return "done", None, {}

    async def _expire(self, _: Step) -> tuple[str, str | None, dict[str, Any]]:
        return "done", None, {"due": await self._in_transaction(expire_due)}


def _now() -> datetime:
    return datetime.now(UTC)


def _payment(reference: str, top_up_id: UUID, cents: int, *chargebacks: Chargeback) -> Payment:
    return Payment(reference, "paid", cents, EUR, "visa", top_up_id, chargebacks=chargebacks)


def answered(log: Path) -> list[dict[str, Any]]:
    """What was written down. The last line may be cut off."""
    lines = log.read_bytes().splitlines(keepends=True) if log.exists() else []
    return [from_json(line) for line in lines if line.endswith(b"\n")]


def run_process(dsn: str, log: Path, wallets: list[UUID], programs: dict[str, list[Step]]) -> None:
    """What each of the killed processes does."""
    done = {line["caller"]: line["number"] + 1 for line in answered(log)}

    async def work() -> None:
        database = Database(dsn, application_name=APPLICATION, max_size=4)
        while not database.is_open:
            with contextlib.suppress(asyncpg.PostgresError, OSError):
                await database.open()
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        runner = Runner(database, wallets, opened, done)
        await asyncio.gather(*(runner.run(name, program) for name, program in programs.items()))
        await database.close()

    try:
        uvloop.run(work())
    except BaseException:
        log.with_suffix(".error").write_text(traceback.format_exc())
        raise
