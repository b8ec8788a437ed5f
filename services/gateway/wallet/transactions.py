"""The transactions of a wallet."""

from datetime import datetime
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

ROWS = 25

router = APIRouter(
    prefix="/organisations/{organisation_id}/wallet/transactions", include_in_schema=False, route_class=PageRoute
)
Member = Annotated[Visit, signed_in()]
After = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("")
async def transactions(visit: Member, organisation_id: UUID, after: After = None) -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/transactions"), query)
    return await wallet_page(
        visit,
        "wallet/transactions.html",
        organisation_id,
        "transactions",
        transactions=[
            SimpleNamespace(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in found["transactions"]
        ],
        next_url=f"{here_of(organisation_id, '/transactions')}?after={found['after']}" if found["after"] else "",
    )
