"""An empty wallet, the bank's files, and who may do something with them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.wallet.bank import store
from services.wallet.bank.jobs import received_transfers
from services.wallet.bank.rules import Movement, Statement
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import add_manager, balance_of, faults_of, open_filled
from tests.wallet.statements import movement, statement

WHY = "They told us by telephone."


class Bank:
    """An empty wallet, a statement of the seller's account, and two of those who may do something with it."""

    def __init__(self, app: App, mint: Mint, wallet_id: UUID, digits: str, manager: UUID) -> None:
        self.app, self.http, self.database = app, app.http, app.at.database
        self.wallet_id, self.digits = wallet_id, digits
        self.iban = app.at.settings.seller.iban
        self.operator: Headers = mint.peer("operator", "wallet")
        self.staff = mint.person(new_id(), acr="mfa", claims={"staff": "support"})
        self.manager = mint.person(manager)

    def statement(self, *movements: Movement, **more: Any) -> Statement:
        return replace(statement(*movements, **more), account_iban=self.iban)

    def transfer(self, cents: int = 5_000, **more: Any) -> Movement:
        return movement(cents, **{"structured": self.digits, **more})

    async def send(self, data: bytes, **query: Any) -> Any:
        params = {"name": "file.cod", **query}
        return await self.http.put("/internal/bank/files", content=data, params=params, headers=self.operator)

    async def take(self, data: bytes) -> dict[str, Any]:
        """Import a file and credit what is in it."""
        answer = await self.send(data)
        assert answer.status_code == 200, answer.text
        await received_transfers(self.database)()
        return answer.json()

    async def listed(self, state: str = "waiting", q: str = "") -> list[dict[str, Any]]:
        answer = await self.http.get("/api/support/bank/movements", params={"state": state, "q": q}, headers=self.staff)
        assert answer.status_code == 200, answer.text
        return answer.json()["transfers"]

    async def detail(self, movement_id: str, payee: str = "") -> dict[str, Any]:
        path = f"/api/support/bank/movements/{movement_id}"
        return (await self.http.get(path, params={"payee": payee}, headers=self.staff)).json()

    async def decide(self, movement_id: str, action: str, **body: Any) -> Any:
        path = f"/api/support/bank/movements/{movement_id}/{action}"
        return await self.http.post(path, json={"reason": WHY, **body}, headers=self.staff)

    async def balance(self) -> int:
        assert await faults_of(self.database) == []
        return await balance_of(self.database, self.wallet_id)


async def open_bank(client_of: ClientOf, mint: Mint) -> Bank:
    """Digits: of the wallet's own communication."""
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_filled(db, cents=0)
        digits = await store.find_communication(db, wallet_id)
        manager = await add_manager(db, wallet_id)
    assert digits is not None
    return Bank(app, mint, wallet_id, digits, manager)
