"""From this wallet to that of another organisation that one manages: chosen, confirmed, done."""

import secrets
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.organisations import store
from services.gateway.wallet.frame import api_of, here_of, wallet_page
from services.gateway.wallet.rules import cents_of
from services.gateway.web.access import signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, status_of
from services.gateway.web.visit import Visit
from shared.markers import N_

TOO_LITTLE = N_("There is less than that in the wallet: {amount_cents:money} can be spent.")
FIELDS = {"amount_cents": "amount"}

router = APIRouter(prefix="/organisations/{organisation_id}/wallet", include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]


@router.get("/transfer")
async def form(visit: Member, organisation_id: UUID) -> Response:
    return await _page(visit, organisation_id, Form())


@router.post("/transfer/check")
async def check(visit: Member, organisation_id: UUID) -> Response:
    """What will happen is said first; the key that is made here makes it happen once."""
    form, cents, others = await _read(visit, organisation_id)
    if form.has_errors:
        return await _page(visit, organisation_id, form, status=422)
    return await _confirmation(
        visit, organisation_id, form, cents, others[form.values["to"]], secrets.token_urlsafe(18)
    )


@router.post("/transfers")
async def transfer(visit: Member, organisation_id: UUID) -> Response:
    form, cents, others = await _read(visit, organisation_id)
    if form.has_errors:
        return await _page(visit, organisation_id, form, status=422)
    other = others[form.values["to"]]
    here = others.get(str(organisation_id))
    text = form.values["description"].strip() or f"{here.name if here else ''} → {other.name}"
    key = visit.fields.get("key", "")
    body = {
        "to": form.values["to"],
        "amount_cents": cents,
        "description": text[:200],
        "key": key,
    }
    try:
        made = await visit.post("wallet", api_of(organisation_id, "/transfers"), body)
    except REFUSALS as refusal:
        form, status = visit.refused(refusal, fields=FIELDS), status_of(refusal)
        if status >= 500:  # it may have been made: only the same key makes it once
            return await _confirmation(visit, organisation_id, form, cents, other, key, status=status)
        return await _page(visit, organisation_id, form, status=status)
    return visit.redirect(here_of(organisation_id, f"/transfers/{made['transfer_id']}"))


@router.get("/transfers/{transfer_id}")
async def done(visit: Member, organisation_id: UUID, transfer_id: UUID) -> Response:
    made: dict[str, Any] = await visit.get("wallet", api_of(organisation_id, f"/transfers/{transfer_id}"))
    async with visit.at.database.acquire() as db:
        names = await store.organisation_names(db, [UUID(made["to"])])
    return await wallet_page(
        visit,
        "wallet/transfer_done.html",
        organisation_id,
        "transfer",
        made=SimpleNamespace(**made, other_name=names.get(made["to"], "")),
    )


async def _others(visit: Visit) -> dict[str, SimpleNamespace]:
    """All organisations that one manages, by id: the read model names them, the wallet service decides."""
    async with visit.at.database.acquire() as db:
        rows = await store.managed(db, visit.account_id)
    return {str(row["id"]): SimpleNamespace(**dict(row)) for row in rows}


async def _read(visit: Visit, organisation_id: UUID) -> tuple[Form, int, dict[str, SimpleNamespace]]:
    form = Form.of(visit.fields)
    others = await _others(visit)
    cents = cents_of(visit.fields.get("amount", ""))
    if not cents:
        form.errors["amount"] = visit.words.gettext(N_("Enter an amount, for example 75 or 62.50."))
    if form.values["to"] not in others or form.values["to"] == str(organisation_id):
        form.errors["to"] = visit.words.gettext(N_("Choose the organisation that is to receive the money."))
    return form, cents or 0, others


async def _page(visit: Visit, organisation_id: UUID, form: Form, *, status: int = 200) -> Response:
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    others = await _others(visit)
    others.pop(str(organisation_id), None)
    return await wallet_page(
        visit,
        "wallet/transfer.html",
        organisation_id,
        "transfer",
        status=status,
        form=form,
        wallet=SimpleNamespace(**account),
        others=list(others.values()),
    )


async def _confirmation(
    visit: Visit, organisation_id: UUID, form: Form, cents: int, other: SimpleNamespace, key: str, *, status: int = 200
) -> Response:
    """An amount that is not there is said at once; not when it may be gone because the transfer was made."""
    account: dict[str, Any] = await visit.get("wallet", api_of(organisation_id))
    if status == 200 and cents > account["available_cents"]:
        form.errors["amount"] = visit.words.sentence(TOO_LITTLE, {"amount_cents": account["available_cents"]})
        return await _page(visit, organisation_id, form, status=422)
    return await wallet_page(
        visit,
        "wallet/transfer_confirm.html",
        organisation_id,
        "transfer",
        status=status,
        form=form,
        wallet=SimpleNamespace(**account),
        other=other,
        cents=cents,
        key=key,
    )
