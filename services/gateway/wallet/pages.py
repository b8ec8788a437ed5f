"""An organisation's wallet at a glance."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.wallet.frame import api_of, wallet_page
from services.gateway.wallet.plans import held_plans
from services.gateway.wallet.tool_names import tool_name
from services.gateway.wallet.transaction_rows import row_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

LATEST = 5

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("")
async def overview(visit: Member, organisation_id: UUID) -> Response:
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    found: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, "/transactions"), {"limit": LATEST})
    latest = [row_of(visit.words, organisation_id, one) for one in found["transactions"]]
    return await wallet_page(
        visit,
        "wallet/index.html",
        organisation_id,
        "overview",
        wallet=SimpleNamespace(**account),
        plans=[one for one in await held_plans(visit, organisation_id) if one.state == "active"],
        credits=[await _credits(visit, one) for one in account["credits"]],
        transactions=latest[:LATEST],
        support_email=visit.at.settings.support_email,
    )


async def _credits(visit: Visit, facts: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(**facts, name=await tool_name(visit, facts["tool_id"]))
