"""Plans, credits and prices over HTTP."""

from typing import Any

import pytest_asyncio

from services.wallet.access.store import upsert_member
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Mint
from tests.wallet.book import TOOL, fill
from tests.wallet.shop import Shop, prices


class Counter:
    """A shop over HTTP, with a manager, and somebody who is let look."""

    def __init__(self, app: App, mint: Mint, shop: Shop) -> None:
        self.http, self.mint, self.shop = app.http, mint, shop
        self.ada = mint.person(shop.ada)
        self.api = f"/api/wallets/{shop.wallet_id}"

    async def offers(self) -> dict[str, Any]:
        answer = await self.http.get(f"{self.api}/offers", headers=self.ada)
        assert answer.status_code == 200
        return answer.json()

    async def offer_id(self, kind: str, place: int = 0) -> str:
        [tool] = (await self.offers())["tools"]
        return tool[kind][place]["offer_id"]

    async def buy(self, kind: str, offer_id: str, *, key: str = "key-0001", **more: Any) -> Any:
        return await self.http.post(
            f"{self.api}/{kind}", json={"offer_id": offer_id, "key": key, **more}, headers=self.ada
        )

    async def charge(self, key: str, **more: Any) -> Any:
        body = {
            "amount_excl_cents": 1_900,
            "amount_incl_cents": 2_299,
            "vat_rate_bp": 2_100,
            "description": "x",
            **more,
        }
        headers = {**self.mint.tool(TOOL), "Idempotency-Key": key}
        return await self.http.post(f"{self.api}/charges", json=body, headers=headers)


@pytest_asyncio.fixture
async def counter(client_of: ClientOf, mint: Mint) -> Counter:
    app = await client_of("wallet")
    return Counter(app, mint, await Shop.open(app.at.database, cents=50_000))


async def test_from_the_offer_to_the_last_use(counter: Counter) -> None:
    [tool] = (await counter.offers())["tools"]
    assert (tool["tool_id"], tool["per_use"]["price_incl_cents"], tool["credits_left"]) == (TOOL, 2_299, 0)
    assert [(one["uses"], one["price_incl_cents"]) for one in tool["plans"]] == [
        (3, 4_840),
        (20, 27_104),
        (None, 80_465),
    ]
    made = await counter.buy("plans", tool["plans"][0]["offer_id"])
    assert made.status_code == 201
    bought = made.json()
    assert (bought["amount_incl_cents"], bought["balance_cents"], bought["name"]) == (4_840, 45_160, "3 uses")
    assert bought["ends_on"] == tool["plans"][0]["ends_on"]
    again = await counter.buy("plans", tool["plans"][0]["offer_id"])
    assert (again.status_code, again.json()) == (200, bought)
    answers = [(await counter.charge(f"k{n}", plan_use=True)).json() for n in range(4)]
    assert [one["plan_id"] for one in answers] == [bought["plan_id"]] * 3 + [None]
    assert [one["amount_incl_cents"] for one in answers] == [0, 0, 0, 2_299]
    [held] = (await counter.http.get(f"{counter.api}/plans", headers=counter.ada)).json()["plans"]
    assert (held["state"], held["uses_left"], held["renews"]) == ("used-up", 0, False)


async def test_credits_are_bought_and_taken(counter: Counter) -> None:
    made = await counter.buy("credits", await counter.offer_id("credits"))
    assert (made.status_code, made.json()["credits"], made.json()["balance_cents"]) == (201, 10, 50_000 - 6_655)
    price = {"amount_excl_cents": 4, "amount_incl_cents": 4, "vat_rate_bp": 0, "unit": f"credits/{TOOL}"}
    assert (await counter.charge("c1", **price)).json()["balance_cents"] == 6
    [tool] = (await counter.offers())["tools"]
    assert tool["credits_left"] == 6
    short = await counter.charge("c2", **{**price, "amount_excl_cents": 7, "amount_incl_cents": 7})
    assert (short.status_code, short.json()["code"]) == (402, "credits-short")
    assert await counter.shop.all_faults() == []


async def test_what_cannot_be_bought_is_refused(counter: Counter) -> None:
    plan_id, pack_id = await counter.offer_id("plans", 2), await counter.offer_id("credits")
    for kind, offer_id, status, code in (
        ("plans", plan_id, 402, "balance-short"),
        ("plans", pack_id, 404, "offer-not-found"),
        ("credits", plan_id, 404, "offer-not-found"),
        ("plans", str(new_id()), 404, "offer-not-found"),
    ):
        refused = await counter.buy(kind, offer_id)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    async with counter.shop.database.transaction() as db:
        await fill(db, counter.shop.wallet_id, 100_000)
    assert (await counter.buy("plans", plan_id)).status_code == 201
    other = await counter.buy("plans", await counter.offer_id("plans", 0))
    assert (other.status_code, other.json()["code"]) == (409, "purchase-mismatch")
    async with counter.shop.database.transaction() as db:
        await db.execute("UPDATE registration SET active = false")
    ended = await counter.buy("plans", plan_id, key="key-0002")
    assert (ended.status_code, ended.json()["code"]) == (404, "offer-not-found")
    assert (await counter.offers())["tools"] == []


async def test_a_price_that_changed_meanwhile_is_not_paid(counter: Counter) -> None:
    offer_id = await counter.offer_id("plans")
    dearer = {"prices": [{"tool": TOOL, "vat_percent": 21, "plans": [
        {"id": "3-uses", "names": prices().prices[0].plans[0].names, "uses": 3, "price": "45.00"}]}]}  # fmt: skip
    operator = counter.mint.peer("operator", "wallet")
    path = "/internal/wallet/prices"
    tried = await counter.http.put(f"{path}?dry_run=true", json=dearer, headers=operator)
    assert [bool(one["after"]) for one in tried.json()["changes"]] == [True, False, False, False, False]
    assert (await counter.http.put(path, json=dearer, headers=operator)).json() == tried.json()
    assert (await counter.http.put(path, json=dearer, headers=operator)).json() == {"changes": []}
    [only] = (await counter.http.get(path, headers=operator)).json()["prices"]
    assert only["price_incl_cents"] == 5_445
    refused = await counter.buy("plans", offer_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "offer-changed")
    assert (await counter.http.put(path, json=dearer, headers=counter.ada)).status_code == 401


async def test_who_is_let_look_buys_and_renews_nothing(counter: Counter) -> None:
    bought = (await counter.buy("plans", await counter.offer_id("plans"), renews=True)).json()
    nora = new_id()
    async with counter.shop.database.transaction() as db:
        await upsert_member(db, counter.shop.wallet_id, nora, manager=False)
    headers = counter.mint.person(nora)
    allowed = await counter.http.put(f"{counter.api}/viewers/{nora}", headers=counter.ada)
    assert allowed.status_code < 300
    [held] = (await counter.http.get(f"{counter.api}/plans", headers=headers)).json()["plans"]
    assert (held["renews"], held["renewal_price_incl_cents"]) == (True, 4_840)
    renewal = f"{counter.api}/plans/{bought['plan_id']}/renewal"
    body = {"offer_id": await counter.offer_id("plans"), "key": "key-0002"}
    for answer in (
        await counter.http.put(renewal, json={"renews": False}, headers=headers),
        await counter.http.post(f"{counter.api}/plans", json=body, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not-a-manager")
    off = await counter.http.put(renewal, json={"renews": False}, headers=counter.ada)
    assert off.json()["renews"] is False
    strange = counter.mint.person(new_id())
    assert (await counter.http.get(f"{counter.api}/plans", headers=strange)).status_code == 404
    assert (await counter.http.get(f"{counter.api}/offers", headers=strange)).status_code == 404
    elsewhere = await counter.http.put(
        f"{counter.api}/plans/{new_id()}/renewal", json={"renews": True}, headers=counter.ada
    )
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "plan-not-found")


async def test_purchases_stand_on_the_statement_in_the_record_and_in_the_export(counter: Counter) -> None:
    await counter.buy("plans", await counter.offer_id("plans"))
    await counter.buy("credits", await counter.offer_id("credits"), key="key-0002")
    found = (await counter.http.get(f"{counter.api}/transactions", headers=counter.ada)).json()["transactions"]
    assert [(one["kind"], one["description"]) for one in found[:2]] == [("credits", "10 tours"), ("plan", "3 uses")]
    record = (await counter.http.get(f"{counter.api}/record", headers=counter.ada)).json()["entries"]
    assert [one["action"] for one in record] == ["credits-bought", "plan-bought"]
    path = f"/internal/export/{counter.shop.ada}"
    known = (await counter.http.get(path, headers=counter.mint.peer("identity", "wallet"))).json()
    assert [(one["tool"], one["amount_incl_cents"]) for one in known["purchases"]] == [(TOOL, 6_655), (TOOL, 4_840)]


async def test_a_reservation_is_never_a_use_of_a_plan(counter: Counter) -> None:
    body = {"amount_excl_cents": 1_900, "amount_incl_cents": 2_299, "vat_rate_bp": 2_100, "description": "x"}
    headers = {**counter.mint.tool(TOOL), "Idempotency-Key": "r1"}
    refused = await counter.http.post(f"{counter.api}/reservations", json={**body, "plan_use": True}, headers=headers)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["plan_use"]
