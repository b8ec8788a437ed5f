"""Mollie's API version 2, and whatever has its shape. Amounts are strings there ("50.00"); its webhook carries an id and no signature."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from pydantic import ValidationError
from pydantic_core import to_json

from services.wallet.payments.mollie_shapes import (
    PAYMENT_ID,
    ChargebackShape,
    Dated,
    Page,
    Part,
    PaymentShape,
    RefundShape,
)
from services.wallet.payments.port import (
    Checkout,
    Method,
    Order,
    Payment,
    PaymentNotCancelable,
    PaymentRefused,
    PaymentsBusy,
    PaymentsUnavailable,
    PaymentUnknown,
    Recent,
    Refund,
    RefundOrder,
    RefundRefused,
)

TIMEOUT = httpx.Timeout(6.0, connect=2.0)  # a person waits for the answer
MAX_NOTICE_BYTES = 4_096
PAGE_ROWS = 250
MAX_PAGES = 200
MAX_PAUSE_S = 3_600
DEFAULT_PAUSE_S = 5
_REFERENCE = re.compile(PAYMENT_ID)
_LOG = structlog.get_logger(__name__)
_S = TypeVar("_S", bound=Part)
_D = TypeVar("_D", bound=Dated)

# Cards are one method there, whatever the brand.
_METHODS: dict[Method, str] = {
    "bancontact": "bancontact",
    "maestro": "creditcard",
    "mastercard": "creditcard",
    "visa": "creditcard",
}
_LOCALES = {"fr": "fr_BE", "nl": "nl_BE", "en": "en_GB", "de": "de_DE"}
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class MolliePayments:
    """url: root of the API with its version, such as https://api.mollie.com/v2."""

    name = "mollie"

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {api_key}"},
            timeout=timeout,
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
        if answer.status_code in _REFUSALS:
            _LOG.error("payment refused by the provider", status=answer.status_code, answer=answer.text[:300])
            raise PaymentRefused(field="amount_cents")
        payment = _read(PaymentShape, _accepted(answer)).read()
        if payment.checkout_url is None:
            raise PaymentsUnavailable()
        return Checkout(payment.reference, payment.checkout_url, payment.expires_at, payment.is_cancelable)

    async def fetch(self, reference: str) -> Payment:
        answer = await self._ask("GET", f"/payments/{reference}", query={"embed": "refunds,chargebacks"})
        if answer.status_code in _GONE:
            raise PaymentUnknown(reference)
        found = _read(PaymentShape, _accepted(answer))
        if found.id != reference or found.hides_what_went_back:
            _LOG.error("payment provider makes no sense", reference=reference, answered=found.id)
            raise PaymentsUnavailable()
        return found.read()

    async def cancel(self, reference: str) -> None:
        answer = await self._ask("DELETE", f"/payments/{reference}")
        if answer.status_code in _GONE:
            raise PaymentUnknown(reference)
        if answer.status_code in _REFUSALS:
            raise PaymentNotCancelable()
        _accepted(answer)

    async def refund(self, order: RefundOrder) -> Refund:
        body = {
            "amount": {"currency": order.currency, "value": value_of(order.amount_cents)},
            "description": order.description,
            "metadata": {"refund_id": order.refund_id},
        }
        answer = await self._ask("POST", f"/payments/{order.payment}/refunds", body=body, key=order.key)
        if answer.status_code in _GONE:
            raise PaymentUnknown(order.payment)
        if answer.status_code in _REFUSALS:
            _LOG.warning("refund refused by the provider", payment=order.payment, answer=answer.text[:300])
            raise RefundRefused(order.payment)
        return _read(RefundShape, _accepted(answer)).read()

    async def list_since(self, moment: datetime) -> Recent:
        payments = [one.read() async for one in self._newest("payments", PaymentShape, moment)]
        refunds = [one.read() async for one in self._newest("refunds", RefundShape, moment)]
        chargebacks = [one.read() async for one in self._newest("chargebacks", ChargebackShape, moment)]
        return Recent(tuple(payments), tuple(refunds), tuple(chargebacks))

    async def _newest(
        self, name: Literal["payments", "refunds", "chargebacks"], shape: type[_D], moment: datetime
    ) -> AsyncIterator[_D]:
        """What was created since, newest first. Of a link to the next page only the place to begin at is believed."""
        begin: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            answer = await self._ask("GET", f"/{name}", query={"limit": str(PAGE_ROWS), **begin})
            page = _read(Page, _accepted(answer))
            for item in page.embedded.get(name, []):
                if (read := _item(shape, item)) is None:
                    continue
                if read.created_at < moment:
                    return
                yield read
            following = parse_qs(urlsplit(page.links.next.href).query).get("from") if page.links.next else None
            if not following:
                return
            begin = {"from": following[0]}
        _LOG.error("more happened at the payment provider than is read at once", list=name)

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

    async def _ask(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"content-type": "application/json"} if body is not None else {}
        if key is not None:
            headers["idempotency-key"] = key
        content = to_json(body) if body is not None else None
        with self._tracer.start_as_current_span(f"{method} mollie", kind=SpanKind.CLIENT) as span:
            try:
                answer = await self._http.request(method, path, params=query, content=content, headers=headers)
            except httpx.TransportError as error:
                raise PaymentsUnavailable() from error
            span.set_attribute("http.response.status_code", answer.status_code)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise PaymentsBusy(_pause_s(answer))
        if answer.is_server_error:
            raise PaymentsUnavailable()
        return answer


def value_of(cents: int) -> str:
    """5000 is "50.00"."""
    return f"{cents // 100}.{cents % 100:02d}"


def _accepted(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        # Our key or our code is at fault, and an operator mends it: what waits must not be given up meanwhile.
        _LOG.error("payment provider refuses us", status=answer.status_code, answer=answer.text[:300])
        raise PaymentsUnavailable()
    return answer


def _pause_s(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return float(min(max(int(asked), 1), MAX_PAUSE_S)) if asked.isascii() and asked.isdigit() else DEFAULT_PAUSE_S


def _read(shape: type[_S], answer: httpx.Response) -> _S:
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError as error:
        _LOG.error("payment provider makes no sense", shape=shape.__name__, faults=_faults(error))
        raise PaymentsUnavailable() from error


def _item(shape: type[_S], item: dict[str, Any]) -> _S | None:
    try:
        return shape.model_validate(item)
    except ValidationError as error:
        _LOG.warning("payment provider lists what makes no sense", shape=shape.__name__, faults=_faults(error))
        return None


def _faults(error: ValidationError) -> list[str]:
    return [".".join(map(str, item["loc"])) for item in error.errors(include_input=False)]
