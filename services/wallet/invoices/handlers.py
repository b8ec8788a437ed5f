"""From what a month booked to invoices. Each function runs in the caller's transaction; none calls out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.wallet.catalogue.store import tool_names
from services.wallet.invoices import run_store
from services.wallet.invoices.documents import Buyer, Credited, Document, language_of, with_nets
from services.wallet.invoices.months import Terms, end_of
from services.wallet.invoices.rules import Draft, bill
from services.wallet.invoices.run_store import Due
from services.wallet.invoices.ubl import ubl
from services.wallet.seller import Seller
from shared import jobs, outbox
from shared.db import Connection
from shared.events.wallet import InvoiceIssued
from shared.formats import BRUSSELS
from shared.ids import new_id

BATCH = 50
SEND_INVOICE_JOB = "wallet.send-invoice"
_ROUNDING = "Rounding of VAT"


@dataclass(frozen=True)
class Batch:
    """wallets: how many were looked at; after: the last of them, None when there is none left."""

    wallets: int
    documents: int
    after: UUID | None


async def invoice_batch(
    db: Connection, seller: Seller, terms: Terms, month: date, *, after: UUID | None, now: datetime
) -> Batch:
    """Invoice the next wallets of this month. What commits is done for good; what does not never happened, nor its numbers."""
    await run_store.lock_run(db)
    vat_due = terms.vat_due_in(month)
    due = await run_store.due_wallets(db, month, end_of(month), vat_due, after=after, limit=BATCH)
    if not due:
        return Batch(0, 0, None)
    moved = await run_store.movements(db, due)
    asked = [one.wallet_id for one in due if any(_looks_back(movement.kind) for movement in moved[one.wallet_id])]
    issued = await run_store.issued_with_rest(db, asked) if asked else {}
    done: list[tuple[Due, int]] = []
    drafts: list[tuple[Due, Draft]] = []
    for one in due:
        became = bill(
            one.before,
            moved[one.wallet_id],
            issued.get(one.wallet_id, []),
            vat_due=vat_due,
            prepaid_rate_bp=terms.prepaid_rate_bp,
        )
        done.append((one, became.taxed_cents))
        drafts += [(one, draft) for draft in became.drafts]
    if drafts:
        await _issue(db, seller, terms, month, drafts, now=now)
    await run_store.insert_periods(db, month, vat_due, done)
    return Batch(len(due), len(drafts), due[-1].wallet_id)


def _looks_back(kind: str) -> bool:
    return kind in ("refund", "top-up-refund", "chargeback")


async def _issue(
    db: Connection, seller: Seller, terms: Terms, month: date, drafts: Sequence[tuple[Due, Draft]], *, now: datetime
) -> None:
    """The numbers are taken last: whoever else issues waits from then on."""
    tools = {line.tool_id for _, draft in drafts for line in draft.lines if line.tool_id}
    names = {language: await tool_names(db, tools, language) for language in {_language(due) for due, _ in drafts}}
    known = await run_store.credited(db, [draft.credits for _, draft in drafts if draft.credits])
    today = now.astimezone(BRUSSELS).date()
    issued_on, first = await run_store.take_numbers(db, seller.enterprise_number, today, len(drafts))
    documents = [
        (due.wallet_id, _document(seller, terms, month, due, draft, known, issued_on, place))
        for place, (due, draft) in enumerate(drafts, first)
    ]
    rows = [
        _row(wallet_id, document, place, ubl(document, names[document.language]))
        for place, (wallet_id, document) in enumerate(documents, first)
    ]
    await run_store.insert_invoices(db, rows)
    await run_store.insert_deliveries(db, [document.id for _, document in documents], now=now)
    roundings = [rounding for _, document in documents if (rounding := _rounding(document))]
    if roundings:
        await run_store.book_roundings(db, roundings, now=now)
    await _announce(db, documents)


async def _announce(db: Connection, documents: Sequence[tuple[UUID, Document]]) -> None:
    versions = await run_store.raise_versions(db, Counter(wallet_id for wallet_id, _ in documents))
    events: list[InvoiceIssued] = []
    for wallet_id, document in documents:
        versions[wallet_id] += 1
        event = InvoiceIssued(
            wallet_id=wallet_id,
            invoice_id=document.id,
            number=document.number,
            total_incl_cents=document.total_cents,
            credits_invoice=document.credits.id if document.credits else None,
            period=document.period.strftime("%Y-%m"),
            version=versions[wallet_id],
        )
        events.append(event)
    await outbox.append(db, *events)
    await jobs.enqueue_all(db, SEND_INVOICE_JOB, [asked_to_send(document.id) for _, document in documents])


def asked_to_send(invoice_id: UUID) -> jobs.Asked:
    return jobs.Asked({"invoice_id": str(invoice_id)}, key=str(invoice_id), unique=str(invoice_id))


def buyer_of(party: Mapping[str, Any], details: Mapping[str, Any]) -> Buyer:
    """party, details: rows of billing_party and billing_details."""
    address: Mapping[str, str] = party["billing_address"] or party["address"]
    number = "/".join(part for part in (address["number"], address["box"]) if part)
    street = f"{address['street']} {number}".strip()
    return Buyer(
        name=party["name"],
        enterprise_number=party["enterprise_number"],
        street=street,
        postcode=address["postal_code"],
        city=address["city"],
        country=address["country"],
        reference=details.get("reference", ""),
        purchase_order=details.get("purchase_order", ""),
        peppol_id=details.get("peppol_id", ""),
    )


def _language(due: Due) -> str:
    buyer = buyer_of(due.party, due.details)
    return due.details.get("language") or language_of(due.party["languages"], buyer.postcode, buyer.country)


def _document(
    seller: Seller,
    terms: Terms,
    month: date,
    due: Due,
    draft: Draft,
    known: Mapping[UUID, tuple[str, date]],
    issued_on: date,
    place: int,
) -> Document:
    return Document(
        id=new_id(),
        number=f"{issued_on.year}-{place:06d}",
        kind="credit-note" if draft.credits else "invoice",
        vat_due=terms.vat_due_in(month),
        issued_on=issued_on,
        period=month,
        language=_language(due),
        seller=seller,
        buyer=buyer_of(due.party, due.details),
        lines=with_nets(draft.lines),
        credits=Credited(draft.credits, *known[draft.credits]) if draft.credits else None,
    )


def _row(wallet_id: UUID, document: Document, place: int, xml: str) -> dict[str, Any]:
    return {
        "id": document.id,
        "seller": document.seller.enterprise_number,
        "year": document.issued_on.year,
        "place": place,
        "kind": document.kind,
        "organisation_id": wallet_id,
        "period": document.period,
        "vat_due": document.vat_due,
        "issued_on": document.issued_on,
        "credits_invoice": document.credits.id if document.credits else None,
        "language": document.language,
        "seller_party": document.seller.model_dump(),
        "buyer_party": asdict(document.buyer),
        "net_cents": document.net_cents,
        "vat_cents": document.vat_cents,
        "xml": xml,
        "lines": [
            {"line": line, **asdict(one.line), "net_cents": one.net_cents} for line, one in enumerate(document.lines, 1)
        ],
    }


def _rounding(document: Document) -> dict[str, Any] | None:
    """What the document says more or less of each tool, without VAT, than the book does."""
    sign = 1 if document.kind == "invoice" else -1
    differs: Counter[str] = Counter()
    for one in document.lines:
        if one.line.tool_id is not None and one.line.booked_net_cents is not None:
            differs[one.line.tool_id] += sign * (one.net_cents - one.line.booked_net_cents)
    revenue = [{"party": tool, "amount_cents": cents} for tool, cents in sorted(differs.items()) if cents]
    if not revenue:
        return None
    return {"transaction_id": new_id(), "invoice_id": document.id, "description": _ROUNDING, "revenue": revenue}
