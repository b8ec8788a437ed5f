"""The bank's counter: pay by transfer, and fetch statements; a page for people, JSON for programs."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from tools.world.bank import desk
from tools.world.bank.coda import Account
from tools.world.world import WorldOf

ACCOUNT = Account(iban="BE65999001234596", bic="DEMOBEBB", name="IMMO-CONNECT DEMO")
"""Of the made-up seller, which is the wallet service's own default."""
CODA_TYPE = "application/octet-stream"

router = APIRouter(prefix="/bank", tags=["bank"])


@router.get("", response_class=HTMLResponse, include_in_schema=False)
async def show(request: Request, world: WorldOf, wrong: bool = False) -> HTMLResponse:
    page = world.page(
        request,
        "bank.html",
        account=ACCOUNT,
        waiting=[document.body for document in desk.waiting(world.store)],
        statements=desk.statements(world.store),
        wrong=wrong,
    )
    return HTMLResponse(page)


@router.post("", include_in_schema=False)
async def pay(
    request: Request,
    world: WorldOf,
    amount: Annotated[str, Form(max_length=20)],
    communication: Annotated[str, Form(max_length=140)] = "",
) -> RedirectResponse:
    """amount: in euros, with a comma or a point."""
    language = world.language(request)
    try:
        euros = Decimal(amount.strip().replace(",", "."))
        transfer = desk.Transfer(amount_cents=int(euros * 100), communication=communication)
    except (InvalidOperation, ValidationError, ValueError, OverflowError):
        return RedirectResponse(f"/bank?lang={language}&wrong=true", status_code=303)
    desk.take(world.store, transfer)
    return RedirectResponse(f"/bank?lang={language}", status_code=303)


@router.post("/statement", include_in_schema=False)
async def make(request: Request, world: WorldOf) -> RedirectResponse:
    desk.make_statement(world.store, ACCOUNT, now=datetime.now(UTC))
    return RedirectResponse(f"/bank?lang={world.language(request)}", status_code=303)


@router.post("/transfers", status_code=201)
async def transfer(transfer: desk.Transfer, world: WorldOf) -> dict[str, str]:
    return {"reference": desk.take(world.store, transfer)}


@router.post("/statements", status_code=201)
async def make_statement(world: WorldOf) -> dict[str, str | None]:
    """Of what came in since the last one; `name` is null where nothing did."""
    return {"name": desk.make_statement(world.store, ACCOUNT, now=datetime.now(UTC))}


@router.get("/statements/{name}")
async def download(name: str, world: WorldOf) -> Response:
    file = desk.file_of(world.store, name)
    if file is None:
        raise HTTPException(404, "no such statement")
    return Response(file, media_type=CODA_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'})
