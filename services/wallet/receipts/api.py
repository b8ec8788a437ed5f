"""Receipts over HTTP, for those who may see the wallet."""

import asyncio
import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from services.wallet.access.viewers import Viewer
from services.wallet.at import At, WalletRuntime
from services.wallet.catalogue.store import tool_names
from services.wallet.invoices.store import find_party
from services.wallet.receipts.pdf import receipt_pdf
from services.wallet.receipts.rules import Organisation, Receipt, check_completed, file_name, page_of
from services.wallet.statement.details import get_detail
from shared.http import Language
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}/transactions", tags=["receipts"])
Caller = Annotated[Person, person()]
_SEEN = {"cache-control": "private, no-cache", "vary": "accept-language", "x-content-type-options": "nosniff"}


@router.get("/{transaction_id}/receipt.pdf")
async def download_receipt(
    organisation_id: UUID,
    transaction_id: UUID,
    caller: Caller,
    at: At,
    language: Language,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
) -> Response:
    """In the language asked for. Raises TransactionNotFound, ReceiptNotThere."""
    receipt = await _receipt(at, organisation_id, transaction_id, caller, language)
    async with at.own.paper:
        content = await asyncio.to_thread(receipt_pdf, receipt, language)
    headers = {**_SEEN, "etag": f'"{hashlib.sha256(content).hexdigest()}"'}
    if known == headers["etag"]:
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'attachment; filename="{file_name(receipt.detail)}"'
    return Response(content, media_type="application/pdf", headers=headers)


async def _receipt(
    at: WalletRuntime, organisation_id: UUID, transaction_id: UUID, caller: Person, language: str
) -> Receipt:
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        detail = await get_detail(db, viewer.organisation_id, transaction_id)
        check_completed(detail)
        party = await find_party(db, viewer.organisation_id)
        tool_id = detail.row.tool_id
        names = await tool_names(db, [tool_id] if tool_id else [], language)
    return Receipt(
        detail,
        Organisation(party.name if party else "", (party.enterprise_number if party else None) or ""),
        at.settings.seller,
        names[tool_id] if tool_id else "",
        page_of(at.settings.public_origin, viewer.organisation_id, detail.row.id),
    )
