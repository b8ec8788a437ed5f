"""A receipt of one transaction, to be saved."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.wallet.frame import api_of, here_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem

_KEPT = ("content-type", "content-disposition", "cache-control", "vary")

router = APIRouter(
    prefix="/organisations/{organisation_id}/wallet/transactions", include_in_schema=False, route_class=PageRoute
)


@router.get("/{transaction_id}/receipt")
async def receipt(visit: Annotated[Visit, signed_in()], organisation_id: UUID, transaction_id: UUID) -> Response:
    """As the wallet service makes it. Where there is none, the transaction's page says how that comes."""
    path = f"/transactions/{transaction_id}"
    answer = await visit.file("wallet", api_of(organisation_id, f"{path}/receipt.pdf"))
    if answer.status_code == 404:
        return visit.redirect(here_of(organisation_id, path))
    if not answer.is_success:
        raise RemoteProblem("wallet", answer.status_code, {})
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    headers["content-security-policy"] = "default-src 'none'; sandbox"
    return visit.jar.send(Response(answer.content, headers=headers))
