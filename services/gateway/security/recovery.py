"""Recovery codes: made anew, shown once, kept by the person."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.accounts.onward import next_path
from services.gateway.security.passkeys import FRESH_S
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit

MAX_CODES_CHARS = 400

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Fresh = Annotated[Visit, signed_in(fresh_s=FRESH_S)]


@router.get("/security/recovery-codes")
async def explain(visit: Fresh) -> Response:
    factors = await visit.get("identity", "/api/factors")
    return visit.page("security/recovery_codes.html", here="/security", factors=factors, onward=_onward(visit))


@router.post("/security/recovery-codes")
async def make(visit: Fresh) -> Response:
    """The only page that ever shows them; nobody keeps it."""
    answer = await visit.post("identity", "/api/factors/recovery-codes")
    page = visit.page(
        "security/recovery_codes_made.html", here="/security", codes=answer["codes"], onward=_onward(visit)
    )
    page.headers["cache-control"] = "no-store"
    return page


@router.post("/security/recovery-codes/file")
async def download(visit: Fresh) -> Response:
    """What the page shows, as a file: the codes come from it and are kept nowhere here."""
    codes = visit.fields.get("codes", "")[:MAX_CODES_CHARS].split()
    text = f"Immo-Connect\n{visit.account.username if visit.account else ''}\n\n" + "\n".join(codes) + "\n"
    headers = {
        "content-disposition": 'attachment; filename="immo-connect-recovery-codes.txt"',
        "cache-control": "no-store",
    }
    return visit.jar.send(Response(text, media_type="text/plain; charset=utf-8", headers=headers))


def _onward(visit: Visit) -> str:
    return visit.to(next_path(visit)) if visit.request_id else "/security"
