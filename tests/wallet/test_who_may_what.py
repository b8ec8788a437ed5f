"""Every route of the wallet is walked: by strangers, by those who were let go, by other tools, and with ids of another organisation."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from services.wallet.access.store import set_active
from services.wallet.access.viewer_store import insert_viewer
from shared.ids import new_id
from shared.routes import RouteFacts, routes_of
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import NOW, TOOL, add_manager, open_filled
from tests.wallet.shop import Shop

HERE = "/api/wallets/{organisation_id}"
PRICE: dict[str, Any] = {
    "amount_excl_cents": 100,
    "amount_incl_cents": 121,
    "vat_rate_bp": 2_100,
    "description": "An extract",
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/charges"): PRICE,
    ("POST", "/reservations"): PRICE,
    ("POST", "/reservations/{reservation_id}/capture"): {"amount_excl_cents": 100, "amount_incl_cents": 121},
    ("POST", "/charges/{charge_id}/refunds"): {"amount_incl_cents": 1, "description": "It failed"},
    ("POST", "/top-ups"): {"amount_cents": 5_000, "method": "visa", "return_url": ""},
    ("PUT", "/threshold"): {"threshold_cents": 1},
    ("POST", "/transfers"): {"to": str(new_id()), "amount_cents": 1, "description": "x", "key": "12345678"},
    ("PUT", "/billing"): {},
    ("POST", "/plans"): {"offer_id": str(new_id()), "key": "12345678"},
    ("POST", "/credits"): {"offer_id": str(new_id()), "key": "12345678"},
    ("PUT", "/plans/{plan_id}/renewal"): {"renews": True},
}
FOR_VIEWERS = {
    *("", "/transactions", "/transactions/{transaction_id}", "/transactions.csv", "/transactions.xlsx", "/balance-over-time"),
    *("/spending", "/transactions/{transaction_id}/receipt.pdf", "/top-ups", "/bank-transfer", "/invoices", "/invoices.csv"),
    *("/invoices/{invoice_id}.pdf", "/invoices/{invoice_id}.xml", "/billing", "/offers", "/plans"),
}  # fmt: skip


class Walk:
    """Two organisations; of the first one a charge, a reservation and a plan, and those who have to do with it."""

    def __init__(self, app: App, mint: Mint, organisation_id: UUID, ids: dict[str, str]) -> None:
        self.app, self.mint, self.organisation_id, self.ids = app, mint, organisation_id, ids

    def routes(self, *, tools: bool) -> Iterator[tuple[str, str]]:
        """Method, and path below the wallet, of what tools or people may ask."""
        for route in routes_of(self.app.fastapi):
            if route.path.startswith(HERE) and (route.access or "").startswith("tool " if tools else "person "):
                yield from ((method, route.path.removeprefix(HERE)) for method in route.methods)

    async def ask(
        self, method: str, path: str, headers: Headers | None, *, organisation_id: UUID | None = None
    ) -> httpx.Response:
        below = re.sub(r"{(\w+)}", lambda name: self.ids[name[1]], path)
        sent = {**(headers or {}), "idempotency-key": str(new_id())}
        url = f"/api/wallets/{organisation_id or self.organisation_id}{below}"
        body = BODIES.get((method, path))
        if body and "return_url" in body:
            body = {**body, "return_url": f"{self.app.at.settings.public_origin}/back"}
        return await self.app.http.request(method, url, json=body, headers=sent)


@pytest_asyncio.fixture
async def walk(client_of: ClientOf, mint: Mint) -> Walk:
    app = await client_of("wallet")
    shop = await Shop.open(app.at.database)
    plan = await shop.buy("3-uses")
    tool = {**mint.tool(TOOL), "idempotency-key": "the-first"}
    path = f"/api/wallets/{shop.wallet_id}"
    charge = (await app.http.post(f"{path}/charges", json=PRICE, headers=tool)).json()
    tool["idempotency-key"] = "the-second"
    reservation = (await app.http.post(f"{path}/reservations", json=PRICE, headers=tool)).json()
    ids = {
        "charge_id": charge["charge_id"],
        "transaction_id": charge["charge_id"],
        "reservation_id": reservation["reservation_id"],
        "plan_id": str(plan.id),
        "transfer_id": str(new_id()),
        "invoice_id": str(new_id()),
        "account_id": str(shop.ada),
    }
    return Walk(app, mint, shop.wallet_id, ids)


async def test_nobody_from_outside_learns_that_a_wallet_exists(walk: Walk) -> None:
    async with walk.app.at.database.transaction() as db:
        other_id = await open_filled(db)
        blocked, other = await add_manager(db, walk.organisation_id), await add_manager(db, other_id)
        await set_active(db, walk.organisation_id, blocked, active=False)
    outside = [walk.mint.person(account_id) for account_id in (new_id(), blocked, other)]
    routes = list(walk.routes(tools=False))
    assert len(routes) > 20
    for method, path in routes:
        for headers in outside:
            answer = await walk.ask(method, path, headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "wallet-not-found"), (method, path)
        assert (await walk.ask(method, path, walk.mint.tool(TOOL))).status_code == 403, (method, path)
        assert (await walk.ask(method, path, walk.mint.person(new_id(), scope="openid"))).status_code == 403
        assert (await walk.ask(method, path, None)).status_code == 401, (method, path)


async def test_a_colleague_sees_nothing_and_a_viewer_only_looks_and_tops_up(walk: Walk) -> None:
    async with walk.app.at.database.transaction() as db:
        colleague, viewer = [await add_manager(db, walk.organisation_id, manager=False) for _ in range(2)]
        await insert_viewer(db, walk.organisation_id, viewer, allowed_by=colleague, now=NOW)
    for method, path in walk.routes(tools=False):
        answer = await walk.ask(method, path, walk.mint.person(colleague))
        assert (answer.status_code, answer.json()["code"]) == (403, "not-a-manager"), (method, path)
        answer = await walk.ask(method, path, walk.mint.person(viewer))
        refused = answer.status_code == 403 and answer.json()["code"] == "not-a-manager"
        may = (method == "GET" and path in FOR_VIEWERS) or (method, path) == ("POST", "/top-ups")
        assert refused is not may, (method, path, answer.text)


async def test_what_one_organisation_has_is_not_found_below_another(walk: Walk) -> None:
    async with walk.app.at.database.transaction() as db:
        other_id = await open_filled(db)
        headers = walk.mint.person(await add_manager(db, other_id))
    own = [(method, path, headers) for method, path in walk.routes(tools=False)]
    tools = [(method, path, walk.mint.tool(TOOL)) for method, path in walk.routes(tools=True)]
    found = [one for one in (*own, *tools) if "{" in one[1] and one[:2] != ("DELETE", "/viewers/{account_id}")]
    assert len(found) > 10
    for method, path, who in found:
        answer = await walk.ask(method, path, who, organisation_id=other_id)
        assert answer.status_code == 404, (method, path, answer.text)


async def test_a_tool_has_nothing_to_do_with_what_another_one_took(walk: Walk) -> None:
    routes = list(walk.routes(tools=True))
    assert len(routes) == 8
    strangers = [walk.mint.tool("another-tool"), walk.mint.tool(TOOL, tool_id="another-tool")]
    for method, path in routes:
        for headers in strangers:
            answer = await walk.ask(method, path, headers)
            assert answer.status_code == (404 if "{" in path else 403), (method, path, answer.text)
        assert (await walk.ask(method, path, walk.mint.tool(TOOL, scope="registrations"))).status_code == 403
        assert (await walk.ask(method, path, walk.mint.person(UUID(walk.ids["account_id"])))).status_code == 403
        assert (await walk.ask(method, path, walk.mint.peer("gateway", "wallet"))).status_code in (401, 403)


async def test_the_desk_is_for_staff_who_signed_in_strongly_and_what_is_internal_for_operators(walk: Walk) -> None:
    manager = UUID(walk.ids["account_id"])
    weak = [walk.mint.person(manager, acr="mfa"), walk.mint.person(new_id(), claims={"staff": "support"})]
    other = walk.mint.person(new_id(), acr="mfa", claims={"staff": "catalogue"})
    stale = walk.mint.person(new_id(), acr="mfa", claims={"staff": "support", "auth_time": 1_700_000_000})
    routes = [one for one in routes_of(walk.app.fastapi) if one.path.startswith(("/api/support", "/internal"))]
    assert len(routes) > 25
    for route in routes:
        await _is_shut(walk, route, [*weak, other, stale, walk.mint.tool(TOOL), None])


async def _is_shut(walk: Walk, route: RouteFacts, callers: list[Headers | None]) -> None:
    path = re.sub(r"{\w+}", str(new_id()), route.path)
    for method in route.methods:
        for headers in callers:
            answer = await walk.app.http.request(method, path, headers=headers or {})
            assert answer.status_code in (401, 403), (method, route.path, answer.text)
