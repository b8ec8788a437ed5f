"""The platform's own adapters and checks against the simulators: both sides understand one contract."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.identity.eid import EidRefused, validate
from services.identity.eid.shipped_trust import TrustRefused, load_trust
from services.organisation.organisations.rules import CompanyRegisterUnavailable
from services.organisation.register.over_http import HttpRegister
from services.recognition.connectors.access import BearerAccess, http_auth
from services.recognition.connectors.http import HttpRegistry
from services.recognition.inquiry_store import Feed
from services.recognition.rules import RegistryUnavailable
from services.wallet.payments.mollie import MolliePayments
from services.wallet.payments.port import Checkout, Order, PaymentsUnavailable, PaymentUnknown
from tests.tools.conftest import WorldProcess
from tests.tools.test_virtual_cards import NONCE, ORIGIN, issue
from tools.world.cards import sign_token


def behave(http: httpx.Client, simulator: str, mode: str) -> None:
    assert http.post(f"/{simulator}/control/behaviour", json={"mode": mode}).is_success


def act(http: httpx.Client, path: str, **body: object) -> None:
    assert http.post(path, json=body).is_success


def look_at(http: httpx.Client, address: str) -> str:
    return http.get(address).text


@pytest_asyncio.fixture
async def payments(world: WorldProcess) -> AsyncIterator[MolliePayments]:
    payments = MolliePayments(f"{world.url}/payments/v1", "test_key")
    yield payments
    await payments.close()


async def open_one(payments: MolliePayments) -> tuple[Order, Checkout]:
    back = "http://127.0.0.1:8080/back"
    order = Order(uuid4(), 5_000, "EUR", "visa", "Top-up", "de", back, "http://127.0.0.1:9/webhook")
    return order, await payments.create(order)


async def test_the_wallet_opens_a_payment_once_and_sees_it_paid_and_charged_back(
    payments: MolliePayments, http: httpx.Client
) -> None:
    order, checkout = await open_one(payments)
    assert (await payments.create(order)).reference == checkout.reference
    page = look_at(http, checkout.checkout_url)
    assert '<html lang="de">' in page
    assert 'value="mastercard" checked' in page
    act(http, f"/payments/control/payments/{checkout.reference}/end", status="paid", method="visa")
    paid = await payments.fetch(checkout.reference)
    assert (paid.status, paid.amount_cents, paid.top_up_id) == ("paid", 5_000, order.top_up_id)
    act(http, f"/payments/control/payments/{checkout.reference}/chargeback")
    assert (await payments.fetch(checkout.reference)).charged_back_cents == 5_000


async def test_the_wallet_tells_an_unknown_payment_from_a_provider_that_is_down(
    payments: MolliePayments, http: httpx.Client
) -> None:
    with pytest.raises(PaymentUnknown):
        await payments.fetch("tr_unknown")
    behave(http, "payments", "maintenance")
    with pytest.raises(PaymentsUnavailable):
        await open_one(payments)


async def test_recognitions_are_read_and_a_registry_in_trouble_is_no_answer(
    world: WorldProcess, http: httpx.Client
) -> None:
    number = issue(http, recognitions=["ipi"])["national_number"]
    auth = http_auth(BearerAccess(type="bearer", token=SecretStr("token")))
    registry = HttpRegistry(f"{world.url}/registry", auth, str.encode)
    [held] = (await registry.look_up(number)).entries
    assert (held.kind, held.counts_on(datetime.now(UTC).date())) == ("ipi", True)
    changes = await registry.changes(Feed())
    assert number.encode() in changes.hashes
    assert (await registry.changes(changes.feed)).hashes == ()
    for mode in ("error", "maintenance", "wrong-person"):
        behave(http, "registry", mode)
        with pytest.raises(RegistryUnavailable):
            await registry.look_up(number)


async def test_the_company_register_proposes_a_company(world: WorldProcess, http: httpx.Client) -> None:
    register = HttpRegister(f"{world.url}/register")
    found = await register.find("0123456749", "fr")
    assert found is not None
    assert (found.name, found.address.country) == ("Agence du Parc SRL", "BE")
    behave(http, "register", "error")
    with pytest.raises(CompanyRegisterUnavailable):
        await register.find("0123456749", "fr")
    await register.close()


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
@pytest.mark.parametrize("authority", ["citizen", "foreigner"])
def test_identity_believes_a_virtual_card(
    world: WorldProcess, http: httpx.Client, algorithm: str, authority: str
) -> None:
    card = issue(http, algorithm=algorithm, authority=authority)
    trust = load_trust(world.data / "pki", is_production=False)
    holder = validate(sign_token(card, ORIGIN, NONCE), nonce=NONCE, origin=ORIGIN, now=datetime.now(UTC), trust=trust)
    assert holder.national_number == card["national_number"]
    assert (holder.first_names, holder.last_name) == ("Anna Maria", "Peeters")


def test_identity_refuses_an_expired_card_another_origin_and_in_production_the_whole_pki(
    world: WorldProcess, http: httpx.Client
) -> None:
    trust = load_trust(world.data / "pki", is_production=False)
    expired = sign_token(issue(http, condition="expired"), ORIGIN, NONCE)
    elsewhere = sign_token(issue(http), "https://other.example", NONCE)
    for token in (expired, elsewhere):
        with pytest.raises(EidRefused):
            validate(token, nonce=NONCE, origin=ORIGIN, now=datetime.now(UTC), trust=trust)
    with pytest.raises(TrustRefused):
        load_trust(world.data / "pki", is_production=True)
