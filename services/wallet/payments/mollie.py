"""Mollie's API version 2, and whatever has its shape. Amounts are strings there ("50.00"); its webhook carries an id and no signature."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from services.wallet.payments.port import (
    Checkout,
    Method,
    Order,
    Payment,
    PaymentRefused,
    PaymentStatus,
    PaymentsUnavailable,
    PaymentUnknown,
)

TIMEOUT = httpx.Timeout(6.0, connect=2.0)  # a person waits for the answer
MAX_NOTICE_BYTES = 4_096
_REFERENCE = re.compile(r"tr_[A-Za-z0-9]{1,40}")
_LOG = structlog.get_logger(__name__)

# Cards are one method there, whatever the brand.
_METHODS: dict[Method, str] = {
    "bancontact": "bancontact",
    "maestro": "creditcard",
    "mastercard": "creditcard",
    "visa": "creditcard",
}
_LOCALES = {"fr": "fr_BE", "nl": "nl_BE", "en": "en_GB", "de": "de_DE"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Amount(_Part):
    currency: str
    value: str = Field(pattern=r"^\d{1,9}\.\d{2}$")

    @property
    def cents(self) -> int:
        return int(self.value.replace(".", ""))


class _Link(_Part):
    href: str = Field(pattern=r"^https?://", max_length=2_000)


class _Links(_Part):
    checkout: _Link | None = None


class _Metadata(_Part):
    top_up_id: UUID | None = None


class _Payment(_Part):
    id: str = Field(pattern=_REFERENCE.pattern)
    status: PaymentStatus
    amount: _Amount
    amount_refunded: _Amount | None = Field(default=None, alias="amountRefunded")
    amount_charged_back: _Amount | None = Field(default=None, alias="amountChargedBack")
    method: str | None = None
    expires_at: AwareDatetime | None = Field(default=None, alias="expiresAt")
    metadata: _Metadata | None = None
    links: _Links = Field(alias="_links")


class MolliePayments:
    """url: root of the API with its version, such as https://api.mollie.com/v2."""

    name = "mollie"

    def __init__(self, url: str, api_key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT,
            transport=transport,
            trust_env=False,
        )
        self._tracer = trace.get_tracer("immo")

    async def create(self, order: Order) -> Checkout:
        body = {
            "amount": {"currency": order.currency, "value": value_of(order.amount_cents)},
            "description": order.description,
            "redirectUrl": order.return_url,
            "webhookUrl": order.webhook_url,
            "metadata": {"top_up_id": order.top_up_id},
            "method": _METHODS[order.method],
            "locale": _LOCALES[order.language],
        }
        answer = await self._ask("POST", "/payments", body=body, key=order.key)
        if answer.is_client_error:
            _LOG.error("payment refused by the provider", status=answer.status_code, answer=answer.text[:300])
            raise PaymentRefused(field="amount_cents")
        payment = _read(answer)
        if payment.links.checkout is None:
            raise PaymentsUnavailable()
        return Checkout(payment.id, payment.links.checkout.href, payment.expires_at)

    async def fetch(self, reference: str) -> Payment:
        answer = await self._ask("GET", f"/payments/{reference}")
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise PaymentUnknown(reference)
        if answer.is_client_error:
            # Our key or our code is at fault, and an operator mends it: what waits must not be given up meanwhile.
            _LOG.error("payment provider refuses us", status=answer.status_code, answer=answer.text[:300])
            raise PaymentsUnavailable()
        found = _read(answer)
        if found.id != reference:
            raise PaymentsUnavailable()
        return Payment(
            reference=found.id,
            status=found.status,
            amount_cents=found.amount.cents,
            currency=found.amount.currency,
            method=found.method,
            refunded_cents=found.amount_refunded.cents if found.amount_refunded else 0,
            charged_back_cents=found.amount_charged_back.cents if found.amount_charged_back else 0,
            top_up_id=found.metadata.top_up_id if found.metadata else None,
        )

    def references_in(self, notice: bytes) -> list[str]:
        if len(notice) > MAX_NOTICE_BYTES:
            return []
        try:
            ids = parse_qs(notice.decode("ascii"), max_num_fields=10).get("id", [])
        except ValueError:
            return []
        return [reference for reference in ids if _REFERENCE.fullmatch(reference)]

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, path: str, *, body: Any = None, key: str | None = None) -> httpx.Response:
        headers = {"content-type": "application/json"} if body is not None else {}
        if key is not None:
            headers["idempotency-key"] = key
        content = to_json(body) if body is not None else None
        with self._tracer.start_as_current_span(f"{method} mollie", kind=SpanKind.CLIENT) as span:
            try:
                answer = await self._http.request(method, path, content=content, headers=headers)
            except httpx.TransportError as error:
                raise PaymentsUnavailable() from error
            span.set_attribute("http.response.status_code", answer.status_code)
        if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise PaymentsUnavailable()
        return answer


def value_of(cents: int) -> str:
    """5000 is "50.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def _read(answer: httpx.Response) -> _Payment:
    try:
        return _Payment.model_validate_json(answer.content)
    except ValidationError as error:
        faults = [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)]
        _LOG.error("payment provider makes no sense", faults=faults)
        raise PaymentsUnavailable() from error
