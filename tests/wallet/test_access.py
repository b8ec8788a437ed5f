"""Who sees a wallet: its managers, and whom they let; and when it counts as low."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.access import consumers
from services.wallet.access.store import upsert_member
from shared.events.base import Event
from shared.events.identity import ErasureStarted
from shared.events.organisation import (
    EmployeeActivated,
    EmployeeBlocked,
    EmployeeRemoved,
    ManagerAppointed,
    ManagerDismissed,
)
from shared.ids import new_id
from shared.sealed import Keyring
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Mint
from tests.wallet.book import add_manager, open_filled, published

CONSUMER = consumers.organisations(low_threshold_cents=1_000)


class Office:
    """An organisation with a wallet, Ada who manages it, and Nora who works there."""

    def __init__(self, app: App, mint: Mint, wallet_id: UUID, ada: UUID, nora: UUID) -> None:
        self.app, self.http, self.mint, self.wallet_id = app, app.http, mint, wallet_id
        self.ada_id, self.nora_id = ada, nora
        self.ada, self.nora = mint.person(ada), mint.person(nora)
        self.path = f"/api/wallets/{wallet_id}"

    async def allow(self, account_id: UUID | None = None) -> int:
        answer = await self.http.put(f"{self.path}/viewers/{account_id or self.nora_id}", headers=self.ada)
        return answer.status_code

    async def sees(self, headers: Any = None) -> int:
        return (await self.http.get(self.path, headers=headers or self.nora)).status_code

    async def happens(self, keyring: Keyring, event: Event) -> None:
        async with self.app.at.database.transaction() as db:
            await CONSUMER.handlers[type(event)](db, event, keyring)

    async def said(self, name: str) -> list[dict[str, Any]]:
        return await published(self.app.at.database, name)


@pytest_asyncio.fixture
async def office(client_of: ClientOf, mint: Mint) -> Office:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db)
        ada = await add_manager(db, wallet_id)
        return Office(app, mint, wallet_id, ada, await add_manager(db, wallet_id, manager=False))


async def test_whom_a_manager_lets_sees_the_wallet_and_loses_it_again(office: Office) -> None:
    assert await office.sees() == 403
    assert await office.allow() == 204
    assert await office.allow() == 204
    shown = (await office.http.get(office.path, headers=office.nora)).json()
    assert (shown["balance_cents"], shown["may_manage"]) == (5_000, False)
    listed = (await office.http.get(f"{office.path}/viewers", headers=office.ada)).json()["viewers"]
    assert [(one["account_id"], one["allowed_by"]) for one in listed] == [(str(office.nora_id), str(office.ada_id))]
    for _ in range(2):
        answer = await office.http.delete(f"{office.path}/viewers/{office.nora_id}", headers=office.ada)
        assert answer.status_code == 204
    assert await office.sees() == 403
    assert len(await office.said("WalletViewerAllowed")) == 1
    assert len(await office.said("WalletViewerDismissed")) == 1
    record = (await office.http.get(f"{office.path}/record", headers=office.ada)).json()["entries"]
    assert [one["action"] for one in record] == ["viewer-dismissed", "viewer-allowed"]


async def test_a_viewer_decides_nothing(office: Office) -> None:
    await office.allow()
    tries = [
        ("PUT", f"/viewers/{new_id()}", None),
        ("DELETE", f"/viewers/{office.nora_id}", None),
        ("GET", "/viewers", None),
        ("GET", "/record", None),
        ("PUT", "/threshold", {"threshold_cents": 0}),
        ("POST", "/transfers", {"to": str(new_id()), "amount_cents": 1, "description": "x", "key": "12345678"}),
    ]
    for method, path, body in tries:
        answer = await office.http.request(method, office.path + path, json=body, headers=office.nora)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-a-manager"), path


async def test_only_who_works_there_can_be_let_in(office: Office) -> None:
    assert await office.allow(new_id()) == 404
    assert await office.allow(office.ada_id) == 204
    assert await office.said("WalletViewerAllowed") == []


@pytest.mark.parametrize(
    ("kind", "more"),
    [(EmployeeBlocked, {"blocked_by": None}), (EmployeeRemoved, {"removed_by": None})],
    ids=["blocked", "removed"],
)
async def test_who_is_blocked_or_leaves_loses_the_sight_of_the_wallet(
    office: Office, keyring: Keyring, kind: Any, more: dict[str, Any]
) -> None:
    await office.allow()
    await office.happens(
        keyring, kind(organisation_id=office.wallet_id, account_id=office.nora_id, **dict.fromkeys(more, office.ada_id))
    )
    assert await office.sees() == 404
    assert len(await office.said("WalletViewerDismissed")) == 1
    activated = EmployeeActivated(
        organisation_id=office.wallet_id, account_id=office.nora_id, activated_by=office.ada_id
    )
    await office.happens(keyring, activated)
    assert await office.sees() in (403, 404)


async def test_a_viewer_who_became_a_manager_and_is_none_any_more_sees_nothing(
    office: Office, keyring: Keyring
) -> None:
    await office.allow()
    who: dict[str, Any] = {"organisation_id": office.wallet_id, "account_id": office.nora_id}
    await office.happens(keyring, ManagerAppointed(**who, appointed_by=office.ada_id))
    assert await office.sees() == 200
    await office.happens(keyring, ManagerDismissed(**who, dismissed_by=office.ada_id, stays=True))
    assert await office.sees() == 403


async def test_who_is_erased_is_no_viewer_any_more_and_can_read_before_what_is_known(
    office: Office, keyring: Keyring, mint: Mint
) -> None:
    await office.allow()
    path = f"/internal/export/{office.nora_id}"
    known = (await office.http.get(path, headers=mint.peer("identity", "wallet"))).json()
    assert known["memberships"][0]["sees_wallet"] is True
    assert [one["action"] for one in known["decisions"]] == ["viewer-allowed"]
    await office.happens(keyring, ErasureStarted(account_id=office.nora_id, started_at=datetime.now(UTC)))
    assert await office.sees() == 404
    async with office.app.at.database.acquire() as db:
        assert await db.fetchval("SELECT count(*) FROM viewer") == 0


async def test_a_balance_below_a_new_threshold_is_announced_once(office: Office) -> None:
    async def set_threshold(cents: int) -> int:
        answer = await office.http.put(f"{office.path}/threshold", json={"threshold_cents": cents}, headers=office.ada)
        return answer.status_code

    assert await set_threshold(4_000) == 204
    assert await office.said("BalanceLow") == []
    assert await set_threshold(6_000) == 204
    assert await set_threshold(7_000) == 204
    [low] = await office.said("BalanceLow")
    assert (low["balance_cents"], low["threshold_cents"]) == (5_000, 6_000)
    assert await set_threshold(0) == 204
    assert await set_threshold(6_000) == 204
    assert len(await office.said("BalanceLow")) == 2
    changed = [one["threshold_cents"] for one in await office.said("WalletThresholdChanged")]
    assert changed == [4_000, 6_000, 7_000, 0, 6_000]
    assert await set_threshold(-1) == 422


async def test_a_frozen_wallet_is_not_announced_as_low_too(office: Office) -> None:
    async with office.app.at.database.acquire() as db:
        await db.execute("UPDATE wallet SET frozen_at = now() WHERE id = $1", office.wallet_id)
    body = {"threshold_cents": 6_000}
    assert (await office.http.put(f"{office.path}/threshold", json=body, headers=office.ada)).status_code == 204
    assert await office.said("BalanceLow") == []


async def test_somebody_of_another_organisation_is_told_nothing(office: Office) -> None:
    stranger = new_id()
    async with office.app.at.database.transaction() as db:
        await upsert_member(db, await open_filled(db), stranger, manager=True)
    for path in ("", "/viewers", "/record"):
        answer = await office.http.get(office.path + path, headers=office.mint.person(stranger))
        assert (answer.status_code, answer.json()["code"]) == (404, "wallet-not-found")
