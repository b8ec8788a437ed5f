"""Invoices over HTTP: a wallet's viewers read them, its managers say what is to stand on them."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from services.wallet import audit
from services.wallet.access.managers import Manager
from services.wallet.access.viewers import Viewer
from services.wallet.at import At
from services.wallet.catalogue.store import tool_names
from services.wallet.fields import Answer, Body
from services.wallet.invoices import store
from services.wallet.invoices.details import InvoiceNotFound, check_peppol_id
from services.wallet.invoices.documents import Document
from services.wallet.invoices.handlers import buyer_of
from services.wallet.invoices.pdf import file_name, invoice_pdf
from services.wallet.invoices.store import Details
from shared.formats import BRUSSELS
from shared.tokens import Person, person

router = APIRouter(prefix="/api/wallets/{organisation_id}")
Caller = Annotated[Person, person()]
Year = Annotated[int | None, Query(ge=2000, le=9999)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
_SEEN = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


class InvoiceAnswer(Answer):
    """state: issued (not sent yet), sent, refused, faulty. credits_number: of a credit note."""

    id: UUID
    number: str
    kind: Literal["invoice", "credit-note"]
    period: date
    issued_on: date
    net_cents: int
    vat_cents: int
    credits_number: str | None
    state: Literal["issued", "sent", "refused", "faulty"]
    reason: str | None


class InvoicesAnswer(Answer):
    """years: in which there are invoices, the latest first; year: the one that is listed."""

    years: list[int]
    year: int
    invoices: list[InvoiceAnswer]
    may_manage: bool


class DetailsBody(Body):
    """language: empty for the organisation's own."""

    reference: Text = ""
    purchase_order: Text = ""
    peppol_id: Annotated[Text, Field(examples=["0208:0123456749"])] = ""
    language: Literal["", "fr", "nl", "en", "de"] = ""


class DetailsAnswer(Answer):
    """name, enterprise_number, address: as the organisation has them; None while that is not known."""

    reference: str
    purchase_order: str
    peppol_id: str
    language: str
    name: str | None
    enterprise_number: str | None
    address: list[str] | None
    may_manage: bool


@router.get("/invoices")
async def list_invoices(organisation_id: UUID, caller: Caller, at: At, year: Year = None) -> InvoicesAnswer:
    """Of one year, the latest first; without `year` of the last one there is."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        years = await store.years(db, organisation_id)
        wanted = year or (years[0] if years else datetime.now(BRUSSELS).year)
        found = await store.invoices_of(db, organisation_id, wanted)
    invoices = [InvoiceAnswer.model_validate(one) for one in found]
    return InvoicesAnswer(years=years, year=wanted, invoices=invoices, may_manage=viewer.may_manage)


@router.get("/invoices/{invoice_id}.pdf")
async def download_pdf(organisation_id: UUID, invoice_id: UUID, caller: Caller, at: At) -> Response:
    """PDF/A-3 with the XML in it."""
    document, xml = await _document(organisation_id, invoice_id, caller, at)
    async with at.database.acquire() as db:
        tools = {one.line.tool_id for one in document.lines if one.line.tool_id}
        names = await tool_names(db, tools, document.language)
    async with at.own.paper:
        content = await asyncio.to_thread(invoice_pdf, document, xml, names)
    return _file(content, file_name(document, "pdf"), "application/pdf")


@router.get("/invoices/{invoice_id}.xml")
async def download_xml(organisation_id: UUID, invoice_id: UUID, caller: Caller, at: At) -> Response:
    """UBL, as it was issued."""
    document, xml = await _document(organisation_id, invoice_id, caller, at)
    return _file(xml.encode(), file_name(document, "xml"), "application/xml")


async def _document(organisation_id: UUID, invoice_id: UUID, caller: Person, at: At) -> tuple[Document, str]:
    async with at.database.acquire() as db:
        await Viewer.of(db, organisation_id, caller)
        found = await store.find_document(db, organisation_id, invoice_id)
    if found is None:
        raise InvoiceNotFound()
    return found


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {**_SEEN, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/billing")
async def show_details(organisation_id: UUID, caller: Caller, at: At) -> DetailsAnswer:
    """Whom invoices go to, and what stands on them."""
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
        return await _details(at, organisation_id, may_manage=viewer.may_manage)


@router.put("/billing")
async def save_details(organisation_id: UUID, body: DetailsBody, caller: Caller, at: At) -> DetailsAnswer:
    """From the next invoice on; those that were issued never change."""
    check_peppol_id(body.peppol_id)
    details = Details(**body.model_dump())
    async with at.database.transaction() as db:
        manager = await Manager.of(db, organisation_id, caller)
        if details != await store.get_details(db, organisation_id):
            await store.save_details(db, organisation_id, details)
            await audit.record(db, organisation_id, "billing-changed", actor=manager.account_id, now=datetime.now(UTC))
    return await _details(at, organisation_id, may_manage=True)


async def _details(at: At, organisation_id: UUID, *, may_manage: bool) -> DetailsAnswer:
    async with at.database.acquire() as db:
        details = await store.get_details(db, organisation_id)
        party = await store.find_party(db, organisation_id)
    address: list[str] | None = None
    if party is not None and party.address is not None and party.enterprise_number is not None:
        buyer = buyer_of(
            {
                "name": party.name,
                "enterprise_number": party.enterprise_number,
                "address": party.address,
                "billing_address": party.billing_address,
            },
            {},
        )
        address = [
            buyer.street,
            f"{buyer.postcode} {buyer.city}".strip(),
            *([] if buyer.country == "BE" else [buyer.country]),
        ]
    return DetailsAnswer(
        reference=details.reference,
        purchase_order=details.purchase_order,
        peppol_id=details.peppol_id,
        language=details.language,
        name=party.name if party else None,
        enterprise_number=party.enterprise_number if party else None,
        address=address,
        may_manage=may_manage,
    )
