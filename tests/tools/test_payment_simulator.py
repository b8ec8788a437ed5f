"""The payment provider simulator speaks as Mollie does, and loses, doubles and delays when told to."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.tools.conftest import free_port, running_world


class Shop:
    """A web shop's webhook address: remembers what came; answers 500 as often as told first."""

    def __init__(self, port: int = 0) -> None:
        self.taken: list[str] = []
        self.refusals_left = 0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                refused, shop.refusals_left = shop.refusals_left > 0, shop.refusals_left - 1
                if not refused:
                    shop.taken += parse_qs(body)["id"]
                self.send_response(500 if refused else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = HTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, count: int, within_s: float = 10) -> list[str]:
        deadline = time.monotonic() + within_s
        while len(self.taken) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.taken


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


def wanted(shop: Shop, value: str = "50.00") -> dict[str, Any]:
    return {
        "amount": {"currency": "EUR", "value": value},
        "description": "Top-up",
        "redirectUrl": "http://127.0.0.1:8080/back",
        "webhookUrl": shop.url,
        "metadata": {"top_up_id": "7"},
    }


def create(http: httpx.Client, shop: Shop, value: str = "50.00") -> str:
    return http.post("/payments/v1/payments", json=wanted(shop, value)).json()["id"]


def pay(http: httpx.Client, payment_id: str) -> httpx.Response:
    return http.post(f"/payments/checkout/{payment_id}", data={"outcome": "paid", "method": "visa"})


def test_a_payment_is_open_and_leads_to_a_checkout_page(http: httpx.Client, shop: Shop) -> None:
    payment = http.post("/payments/v1/payments", json=wanted(shop)).json()
    assert payment["status"] == "open"
    assert payment["amount"] == {"currency": "EUR", "value": "50.00"}
    page = httpx.get(payment["_links"]["checkout"]["href"], params={"lang": "fr"}, trust_env=False)
    assert "50,00" in page.text
    assert '<html lang="fr">' in page.text


def test_paying_sends_the_payer_back_and_announces_only_an_id(http: httpx.Client, shop: Shop) -> None:
    payment_id = create(http, shop)
    back = pay(http, payment_id)
    assert (back.status_code, back.headers["location"]) == (303, "http://127.0.0.1:8080/back")
    assert shop.wait_for(1) == [payment_id]
    paid = http.get(f"/payments/v1/payments/{payment_id}").json()
    assert (paid["status"], paid["method"], paid["metadata"]) == ("paid", "creditcard", {"top_up_id": "7"})


def test_the_same_key_gives_the_same_payment(http: httpx.Client, shop: Shop) -> None:
    headers = {"Idempotency-Key": "top-up-7"}
    made = [http.post("/payments/v1/payments", json=wanted(shop), headers=headers).json()["id"] for _ in range(2)]
    assert made[0] == made[1]


def test_a_payment_ends_once(http: httpx.Client, shop: Shop) -> None:
    payment_id = create(http, shop)
    end = f"/payments/control/payments/{payment_id}/end"
    assert http.post(end, json={"status": "canceled"}).json()["status"] == "canceled"
    assert http.post(end, json={"status": "paid"}).status_code == 422
    pay(http, payment_id)
    assert http.get(f"/payments/v1/payments/{payment_id}").json()["status"] == "canceled"


def test_a_webhook_that_is_refused_comes_again(http: httpx.Client, shop: Shop) -> None:
    shop.refusals_left = 1
    payment_id = create(http, shop)
    pay(http, payment_id)
    assert shop.wait_for(1) == [payment_id]


def test_webhooks_can_be_doubled_lost_and_overtaken(http: httpx.Client, shop: Shop) -> None:
    http.post("/payments/control/behaviour", json={"modes": ["duplicate"]})
    doubled = create(http, shop)
    pay(http, doubled)
    assert shop.wait_for(3) == [doubled] * 3
    http.post("/payments/control/behaviour", json={"modes": ["lose"]})
    pay(http, create(http, shop))
    http.post("/payments/control/behaviour", json={"modes": ["reorder"], "delay_s": 3})
    first, second = create(http, shop), create(http, shop)
    pay(http, first)
    pay(http, second)
    assert shop.wait_for(5)[3:] == [second, first], "nothing came of the lost one, and the second overtook the first"


def test_a_wrong_amount_can_be_reported(http: httpx.Client, shop: Shop) -> None:
    http.post("/payments/control/behaviour", json={"modes": ["wrong-amount"]})
    payment_id = create(http, shop)
    pay(http, payment_id)
    assert http.get(f"/payments/v1/payments/{payment_id}").json()["amount"]["value"] == "49.00"


def test_no_more_is_refunded_than_was_paid_and_a_chargeback_takes_the_rest(http: httpx.Client, shop: Shop) -> None:
    payment_id = create(http, shop)
    pay(http, payment_id)
    refunds = f"/payments/v1/payments/{payment_id}/refunds"
    part = {"amount": {"currency": "EUR", "value": "30.00"}, "description": "part"}
    assert http.post(refunds, json=part).status_code == 201
    too_much = http.post(refunds, json=part)
    assert (too_much.status_code, too_much.json()["field"]) == (422, "amount")
    http.post(f"/payments/control/payments/{payment_id}/chargeback")
    fetched = http.get(f"/payments/v1/payments/{payment_id}").json()
    assert (fetched["amountRefunded"]["value"], fetched["amountChargedBack"]["value"]) == ("30.00", "20.00")


def test_the_list_goes_back_in_time_from_an_id(http: httpx.Client, shop: Shop) -> None:
    ids = [create(http, shop) for _ in range(3)]
    page = http.get("/payments/v1/payments", params={"from": ids[2], "limit": 2}).json()
    assert [payment["id"] for payment in page["_embedded"]["payments"]] == [ids[2], ids[1]]
    assert f"from={ids[0]}" in page["_links"]["next"]["href"]


def test_errors_are_worded_as_mollie_words_them(http: httpx.Client, shop: Shop) -> None:
    refused = http.post("/payments/v1/payments", json=wanted(shop, value="50"))
    assert (refused.status_code, refused.json()["title"]) == (422, "Unprocessable Entity")
    assert http.get("/payments/v1/payments/tr_unknown").json()["status"] == 404


def test_a_restart_forgets_neither_payments_nor_webhooks(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/webhook"
    with running_world(tmp_path) as before, before.http() as http:
        payment = {**wanted_at(url), "description": "over a restart"}
        payment_id = http.post("/payments/v1/payments", json=payment).json()["id"]
        pay(http, payment_id)
    shop = Shop(port)
    with running_world(tmp_path) as after, after.http() as http:
        assert http.get(f"/payments/v1/payments/{payment_id}").json()["status"] == "paid"
        assert shop.wait_for(1) == [payment_id]
    shop.server.shutdown()
    shop.server.server_close()


def wanted_at(url: str) -> dict[str, Any]:
    amount = {"currency": "EUR", "value": "50.00"}
    return {"amount": amount, "description": "x", "redirectUrl": "http://127.0.0.1:8080/back", "webhookUrl": url}
