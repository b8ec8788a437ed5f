"""The first page: what is simulated here, and how well each part behaves."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from tools.world import mail
from tools.world.behaviour import AskedBehaviour, Mode, behaviour_of, set_behaviour
from tools.world.world import WorldOf

MODES: dict[str, tuple[Mode, ...]] = {
    "registry": ("slow", "error", "maintenance", "wrong-person"),
    "register": ("slow", "error", "maintenance"),
    "revocation": ("slow", "error", "maintenance"),
    "payments": (
        "duplicate",
        "reorder",
        "lose",
        "late",
        "unknown-id",
        "wrong-amount",
        "not-cancelable",
        "slow",
        "error",
        "maintenance",
        "rate-limited",
        "forget-answer",
    ),
}
router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def show(request: Request, world: WorldOf) -> HTMLResponse:
    behaviours = {simulator: behaviour_of(world.store, simulator) for simulator in MODES}
    refused_until = mail.refused_until(world.store)
    page = world.page(request, "overview.html", behaviours=behaviours, modes=MODES, refused_until=refused_until)
    return HTMLResponse(page)


@router.post("/behaviour/{simulator}")
async def behave(
    simulator: str,
    request: Request,
    world: WorldOf,
    modes: Annotated[list[Mode] | None, Form()] = None,
    delay_s: Annotated[float, Form(ge=0, le=600)] = 10,
) -> RedirectResponse:
    if simulator in MODES:
        set_behaviour(world.store, simulator, AskedBehaviour(modes=modes or [], delay_s=delay_s))
    return RedirectResponse(f"/?{request.url.query}", status_code=303)


@router.post("/refuse-mail")
async def refuse_mail(
    request: Request, world: WorldOf, seconds: Annotated[float, Form(ge=0, le=600)]
) -> RedirectResponse:
    mail.refuse_for(world.store, seconds)
    return RedirectResponse(f"/?{request.url.query}", status_code=303)
