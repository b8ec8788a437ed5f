"""Deciding later: the price of an extract is set aside, then taken or given back. And giving an extract back."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from tools.demo_tool.extracts import ORDER_ID, get_parcel
from tools.demo_tool.platform import Charged, Refused, Reserved
from tools.demo_tool.sessions import Order, Session
from tools.demo_tool.visitor import Visitor, VisitorOf

router = APIRouter(include_in_schema=False)


@router.post("/reservations")
async def reserve(
    visitor: VisitorOf, parcel_id: Annotated[str, Form()], order_id: Annotated[str, Form(pattern=ORDER_ID)]
) -> Response:
    session = visitor.session
    if session is None or session.organisation_id is None:
        return _home()
    found = get_parcel(parcel_id)
    order = session.order(found.parcel_id, order_id)
    if order.charge_id is None and order.reservation_id is None:
        outcome = await visitor.tool.platform.reserve(
            session.organisation_id,
            key=f"{order.idempotency_key}-reserve",
            description=f"Cadastral extract {found.parcel_id}",
            account_id=session.account_id,
            language=visitor.language,
        )
        if isinstance(outcome, Reserved):
            order.reservation_id = outcome.reservation_id
        else:
            return _refused(visitor, order, outcome)
    return visitor.page("reserved.html", parcel=found, order=order)


@router.post("/reservations/{order_id}/capture")
async def capture(order_id: str, visitor: VisitorOf) -> Response:
    session, order = _order(visitor, order_id)
    if order is None or order.reservation_id is None:
        return _home()
    outcome = await visitor.tool.platform.capture(
        session.organisation_id or "",
        order.reservation_id,
        key=f"{order.idempotency_key}-capture",
        language=visitor.language,
    )
    order.reservation_id = None
    if isinstance(outcome, Charged):
        order.charge_id, order.balance_cents = outcome.charge_id, outcome.balance_cents
        return RedirectResponse(f"/extracts/{order.order_id}", status_code=303)
    return _refused(visitor, order, outcome)


@router.post("/reservations/{order_id}/release")
async def release(order_id: str, visitor: VisitorOf) -> Response:
    session, order = _order(visitor, order_id)
    if order is None or order.reservation_id is None:
        return _home()
    await visitor.tool.platform.release(
        session.organisation_id or "",
        order.reservation_id,
        key=f"{order.idempotency_key}-release",
        language=visitor.language,
    )
    order.reservation_id = None  # released, or it ended by itself
    order.attempt += 1
    return RedirectResponse(f"/parcels/{order.parcel_id}", status_code=303)


@router.post("/extracts/{order_id}/refund")
async def refund(order_id: str, visitor: VisitorOf) -> Response:
    session, order = _order(visitor, order_id)
    if order is None or order.charge_id is None:
        return _home()
    outcome = await visitor.tool.platform.refund(
        session.organisation_id or "",
        order.charge_id,
        by_plan=order.by_plan,
        key=f"{order.idempotency_key}-refund",
        language=visitor.language,
    )
    if isinstance(outcome, Charged):
        order.is_refunded, order.balance_cents = True, outcome.balance_cents
    return RedirectResponse(f"/extracts/{order.order_id}", status_code=303)


def _order(visitor: Visitor, order_id: str) -> tuple[Session, Order] | tuple[None, None]:
    session = visitor.session
    order = session.orders.get(order_id) if session else None
    return (session, order) if session and order else (None, None)


def _refused(visitor: Visitor, order: Order, refused: Refused) -> Response:
    order.attempt += 1
    return visitor.page(
        "parcel.html", status=refused.status, parcel=get_parcel(order.parcel_id), order=order, refused=refused
    )


def _home() -> Response:
    return RedirectResponse("/", status_code=303)
