"""Searching the make-believe cadastre, and buying an extract from the organisation's wallet."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from tools.demo_tool.parcels import Parcel, is_parcel_id, parcel_of, search
from tools.demo_tool.platform import Charged, Refused
from tools.demo_tool.sessions import Order, Session
from tools.demo_tool.visitor import Visitor, VisitorOf

SAMPLE_PARCEL = "21815A0001-00A000"
ORDER_ID = r"^[A-Za-z0-9-]{8,60}$"
router = APIRouter()


class WantedExtract(BaseModel):
    """order_id: the caller's own; the same one never pays twice. parcel: any will do for a program that only buys."""

    parcel: str = SAMPLE_PARCEL
    order_id: str | None = Field(None, pattern=ORDER_ID)


@router.get("/", include_in_schema=False)
async def home(visitor: VisitorOf, q: str = "") -> Response:
    """Signed out: what this is, and the way in. Signed in: who one is here, and the search."""
    parcels = search(q) if visitor.session else []
    return visitor.page("home.html", just_signed_out=False, query=q, parcels=parcels)


@router.get("/parcels/{parcel_id}", include_in_schema=False)
async def parcel(parcel_id: str, visitor: VisitorOf) -> Response:
    if visitor.session is None:
        return RedirectResponse("/", status_code=303)
    found = get_parcel(parcel_id)
    order = visitor.session.order(found.parcel_id)
    return visitor.page("parcel.html", parcel=found, order=order, refused=None)


@router.post("/extracts", include_in_schema=False)
async def buy(
    visitor: VisitorOf, parcel_id: Annotated[str, Form()], order_id: Annotated[str, Form(pattern=ORDER_ID)]
) -> Response:
    session = visitor.session
    if session is None or session.organisation_id is None:
        return RedirectResponse("/", status_code=303)
    found = get_parcel(parcel_id)
    order = session.order(found.parcel_id, order_id)
    refused = await _pay(visitor, session, found, order)
    if refused is None:
        return RedirectResponse(f"/extracts/{order.order_id}", status_code=303)
    return visitor.page("parcel.html", status=refused.status, parcel=found, order=order, refused=refused)


@router.get("/extracts/{order_id}", include_in_schema=False)
async def extract(order_id: str, visitor: VisitorOf) -> Response:
    order = visitor.session.orders.get(order_id) if visitor.session else None
    if order is None or order.charge_id is None:
        return RedirectResponse("/", status_code=303)
    return visitor.page("extract.html", parcel=get_parcel(order.parcel_id), order=order)


@router.get("/api/session")
async def session_json(visitor: VisitorOf) -> dict[str, Any]:
    """Who is signed in in this browser, as the id token told."""
    if visitor.session is None:
        return {"signed_in": False}
    told = ("sub", "name", "org", "usage_mode", "role", "recognitions", "acr", "amr", "locale", "sid")
    return {"signed_in": True} | {name: visitor.session.claims.get(name) for name in told}


@router.get("/api/events")
async def events_json(visitor: VisitorOf) -> list[dict[str, Any]]:
    """What happened lately in the visitor's organisation, newest first."""
    return visitor.events()


@router.get("/events", include_in_schema=False)
async def events_panel(visitor: VisitorOf) -> Response:
    """The list of events alone, to be put into the page as it changes."""
    return visitor.page("events.html", status=200 if visitor.session else 401)


@router.post("/api/extracts")
async def buy_json(wanted: WantedExtract, visitor: VisitorOf) -> Response:
    session = visitor.session
    if session is None or session.organisation_id is None:
        raise HTTPException(401, "sign in first")
    found = get_parcel(wanted.parcel)
    order = session.order(found.parcel_id, wanted.order_id)
    refused = await _pay(visitor, session, found, order)
    if refused is None:
        bought = {"charge_id": order.charge_id, "balance_cents": order.balance_cents}
        return JSONResponse({"order_id": order.order_id, "parcel": found.parcel_id, **bought}, 201)
    reason = {"code": refused.code, "detail": refused.detail, "top_up_url": refused.top_up_url}
    return JSONResponse({"order_id": order.order_id, "short_cents": refused.short_cents, **reason}, refused.status)


def get_parcel(parcel_id: str) -> Parcel:
    if not is_parcel_id(parcel_id):
        raise HTTPException(404, "no such parcel")
    return parcel_of(parcel_id)


async def _pay(visitor: Visitor, session: Session, found: Parcel, order: Order) -> Refused | None:
    """Charge the wallet unless this order is paid already. Nothing is known when the platform does not answer: same key again."""
    if order.charge_id is not None:
        return None
    outcome = await visitor.tool.platform.charge(
        session.organisation_id or "",
        key=order.idempotency_key,
        description=f"Cadastral extract {found.parcel_id}",
        account_id=session.account_id,
        language=visitor.language,
    )
    if isinstance(outcome, Charged):
        order.charge_id, order.balance_cents = outcome.charge_id, outcome.balance_cents
        order.by_plan = outcome.by_plan
        return None
    order.attempt += 1
    return outcome
