"""Providers of payments on whom the contract is held: the simulator, and the answers that Mollie documents, both through the adapter."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx

from services.wallet.payments.mollie import MolliePayments
from services.wallet.payments.port import Order, RefundOrder
from shared.ids import new_id
from tests.wallet.provider import Simulator

FOLDER = Path(__file__).parent / "mollie"
CENTS = 7_500
OLD = timedelta(days=3)


class Stage(Protocol):
    """A provider with whom something happened. Each returns the payment's reference."""

    payments: MolliePayments
    since: datetime

    async def open(self) -> str: ...
    async def ended(self, status: str) -> str: ...
    async def refunded(self) -> str:
        """10.00 by us and gone through, 5.01 by others and failed, 2.50 by others and waiting."""
        ...

    async def charged_back(self) -> str:
        """30.00, then 45.00."""
        ...

    async def reversed(self) -> str: ...
    async def trouble(self, status: int) -> None:
        """From now on it answers so."""
        ...

    async def refusal(self, what: str) -> None:
        """From now on it refuses: amount, cancel, refund."""
        ...


def order(**changes: Any) -> Order:
    usual: dict[str, Any] = {
        "top_up_id": new_id(),
        "amount_cents": CENTS,
        "currency": "EUR",
        "method": "mastercard",
        "description": "Wallet top-up",
        "language": "nl",
        "return_url": "http://127.0.0.1:8080/back",
        "webhook_url": "http://127.0.0.1:9/webhook",
    }
    return Order(**{**usual, **changes})


def refund_of(payment: str, cents: int = 1_000) -> RefundOrder:
    return RefundOrder(new_id(), payment, cents, "EUR", "Wallet top-up refunded")


class Simulated:
    def __init__(self, provider: Simulator) -> None:
        self.provider = provider
        self.payments = MolliePayments(provider.url, "test_key")
        self.since = datetime.now(UTC) - OLD
        self.too_much = 0

    async def open(self) -> str:
        return (await self.payments.create(order())).reference

    async def ended(self, status: str) -> str:
        reference = await self.open()
        await self.provider.end(reference, status, "mastercard")
        return reference

    async def refunded(self) -> str:
        reference = await self.ended("paid")
        ours = await self.payments.refund(refund_of(reference))
        await self.provider.end_refund(reference, ours.reference, "refunded")
        failed = await self.provider.refund_at_the_dashboard(reference, 501)
        await self.provider.end_refund(reference, failed, "failed")
        await self.provider.refund_at_the_dashboard(reference, 250)
        return reference

    async def charged_back(self) -> str:
        reference = await self.ended("paid")
        await self.provider.charge_back(reference, 3_000)
        await self.provider.charge_back(reference)
        return reference

    async def reversed(self) -> str:
        reference = await self.ended("paid")
        await self.provider.charge_back(reference)
        await self.provider.reverse_chargebacks(reference)
        return reference

    async def trouble(self, status: int) -> None:
        await self.provider.behave({500: "error", 503: "maintenance", 429: "rate-limited"}[status])

    async def refusal(self, what: str) -> None:
        if what == "cancel":
            await self.provider.behave("not-cancelable")


class Recorded:
    """The files of a folder, each at its address."""

    def __init__(self) -> None:
        self.payments = MolliePayments(
            "https://api.mollie.com/v2", "live_key", transport=httpx.MockTransport(self.answer)
        )
        self.since = datetime(2026, 5, 4, tzinfo=UTC)
        self.status: int | None = None
        self.refused: str | None = None
        self.shown = {name: read(name) for name in _PAYMENTS}

    def answer(self, request: httpx.Request) -> httpx.Response:
        status, name = self._route(request)
        headers = {"retry-after": "3"} if status == 429 else {}
        return httpx.Response(status, json=read(name), headers=headers | {"content-type": "application/hal+json"})

    def _route(self, request: httpx.Request) -> tuple[int, str]:
        path, query = request.url.path.removeprefix("/v2"), request.url.params
        if self.status is not None:
            return self.status, "error_429" if self.status == 429 else "error_503"
        if self.refused is not None:
            return 422, f"error_422_{self.refused}"
        if request.method == "POST":
            return (201, "refund_created") if path.endswith("/refunds") else (201, "payment_created")
        if path in ("/payments", "/refunds", "/chargebacks"):
            page = "_2" if "from" in query else "_1"
            return 200, f"{path[1:]}_page{page if path == '/payments' else ''}"
        for name, shown in self.shown.items():
            if path == f"/payments/{shown['id']}":
                return 200, name
        return 404, "error_404"

    async def open(self) -> str:
        return self.shown["payment_open"]["id"]

    async def ended(self, status: str) -> str:
        return self.shown[f"payment_{status}"]["id"]

    async def refunded(self) -> str:
        return self.shown["payment_refunded_in_part"]["id"]

    async def charged_back(self) -> str:
        return self.shown["payment_charged_back"]["id"]

    async def reversed(self) -> str:
        return self.shown["payment_chargeback_reversed"]["id"]

    async def trouble(self, status: int) -> None:
        self.status = status

    async def refusal(self, what: str) -> None:
        self.refused = what


_PAYMENTS = (
    "payment_open",
    "payment_paid",
    "payment_failed",
    "payment_canceled",
    "payment_expired",
    "payment_refunded_in_part",
    "payment_charged_back",
    "payment_chargeback_reversed",
)


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())
