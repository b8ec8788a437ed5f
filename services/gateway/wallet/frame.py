"""What the pages of one wallet have in common: the organisation's head, and the tabs."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.gateway.organisations.views import organisation
from services.gateway.web.visit import Visit

SECTION, TAB = "organisations", "wallet"


def here_of(organisation_id: UUID, path: str = "") -> str:
    """A page of the wallet. path: such as /transactions."""
    return f"/organisations/{organisation_id}/wallet{path}"


def api_of(organisation_id: UUID, path: str = "") -> str:
    return f"/api/wallets/{organisation_id}{path}"


async def wallet_page(
    visit: Visit, template: str, organisation_id: UUID, part: str, *, status: int = 200, **context: Any
) -> Response:
    """template: extends wallet/frame.html. part: the tab."""
    return visit.page(
        template,
        status=status,
        section=SECTION,
        tab=TAB,
        part=part,
        organisation=await organisation(visit, organisation_id),
        here=here_of(organisation_id),
        **context,
    )
