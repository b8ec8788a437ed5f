"""Support and bank transfers: those that name no wallet, whose they may be, and what is decided about them."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.support.pages import STAFF_FRESH_S
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

PAGE, API = "/support/bank", "/api/support/bank/movements"
ROWS = 50
MAX_SEARCH_CHARS = 100
DONE = {
    "attribute": N_("The wallet is credited."),
    "set-aside": N_("The transfer is set aside."),
    "undo": N_("The transfer waits again."),
}
WHY = {
    "communication": N_("Its communication is nearly the one in the transfer"),
    "payer": N_("The same account paid into this wallet before"),
    "enterprise-number": N_("Its enterprise number stands in the transfer"),
    "name": N_("Its name stands in the transfer"),
}
ACTIONS = {
    "attributed": N_("Credited to a wallet"),
    "set-aside": N_("Put aside"),
    "undone": N_("Undone"),
}
STATES = {
    "waiting": N_("Waiting"),
    "credited": N_("Credited"),
    "set-aside": N_("Put aside"),
    "out": N_("Money that left"),
}

router = APIRouter(prefix=PAGE, include_in_schema=False, route_class=PageRoute)
Staff = Annotated[Visit, signed_in(acr="mfa", fresh_s=STAFF_FRESH_S, staff="support")]
Action = Literal["attribute", "set-aside", "undo"]
State = Literal["waiting", "credited", "set-aside", "out"]


@router.get("")
async def transfers(visit: Staff, state: State = "waiting", q: str = "", after: UUID | None = None) -> Response:
    search = " ".join(q.split())[:MAX_SEARCH_CHARS]
    query: dict[str, Any] = {"state": state, "q": search, "limit": ROWS, **({"after": after} if after else {})}
    found: dict[str, Any] = await visit.get("wallet", API, query)
    here = {"state": state, **({"q": search} if search else {})}
    return visit.page(
        "support/bank.html",
        form=Form.of({"q": search, "state": state}),
        states=[(code, visit.words.gettext(text)) for code, text in STATES.items()],
        transfers=[SimpleNamespace(**one) for one in found["transfers"]],
        waiting=found["waiting"],
        next_url=f"{PAGE}?{urlencode({**here, 'after': found['after']})}" if found["after"] else "",
    )


@router.get("/{movement_id}")
async def show(visit: Staff, movement_id: UUID, payee: str = "") -> Response:
    """payee: whose wallet is looked for."""
    search = " ".join(payee.split())[:MAX_SEARCH_CHARS]
    found = await _detail(visit, movement_id, payee=search)
    return visit.page(
        "support/bank_transfer.html",
        transfer=SimpleNamespace(**found["transfer"]),
        state_name=visit.words.gettext(STATES.get(found["transfer"]["state"], "")),
        wallet=found["wallet"],
        suggestions=found["suggestions"],
        payees=found["payees"] if search else None,
        decisions=found["decisions"],
        form=Form.of({"payee": search}),
        why={code: visit.words.gettext(text) for code, text in WHY.items()},
        actions={code: visit.words.gettext(text) for code, text in ACTIONS.items()},
    )


@router.get("/{movement_id}/{action}")
async def ask(visit: Staff, movement_id: UUID, action: Action, wallet_id: UUID | None = None) -> Response:
    """wallet_id: which one is to be credited."""
    if action == "attribute" and wallet_id is None:
        return visit.redirect(f"{PAGE}/{movement_id}")
    return await _confirmation(visit, movement_id, action, Form.of({"wallet_id": str(wallet_id or "")}))


@router.post("/{movement_id}/{action}")
async def act(visit: Staff, movement_id: UUID, action: Action) -> Response:
    body = {"reason": visit.fields.get("reason", "")[:1_000]}
    if action == "attribute":
        body["wallet_id"] = visit.fields.get("wallet_id", "")
    try:
        await visit.post("wallet", f"{API}/{movement_id}/{action}", body)
    except REFUSALS as refusal:
        form = visit.refused(refusal)
        return await _confirmation(visit, movement_id, action, form, status=status_of(refusal))
    visit.say(DONE[action])
    return visit.redirect(f"{PAGE}/{movement_id}" if action == "undo" else PAGE)


async def _detail(visit: Visit, movement_id: UUID, *, payee: str = "") -> dict[str, Any]:
    return await visit.get("wallet", f"{API}/{movement_id}", {"payee": payee} if payee else None)


async def _confirmation(visit: Visit, movement_id: UUID, action: Action, form: Form, *, status: int = 200) -> Response:
    wallet_id = form.values["wallet_id"]
    found = await _detail(visit, movement_id, payee=wallet_id)
    payee = found["wallet"] or next((one for one in found["payees"] if one["organisation_id"] == wallet_id), None)
    return visit.page(
        "support/bank_decision.html",
        status=status,
        transfer=SimpleNamespace(**found["transfer"]),
        payee=payee,
        action=action,
        form=form,
    )
