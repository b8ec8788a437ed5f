"""Invoices, whom they go to and how far they came, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.wallet.invoices.documents import Buyer, Credited, Document, DocumentLine
from services.wallet.invoices.rules import Line
from services.wallet.seller import Seller
from shared.db import Connection

MAX_LISTED = 500


@dataclass(frozen=True)
class Party:
    """An organisation as its invoices name it. None: what the event did not say."""

    organisation_id: UUID
    enterprise_number: str | None
    name: str
    address: Mapping[str, str] | None
    billing_address: Mapping[str, str] | None
    languages: Sequence[str]


@dataclass(frozen=True)
class Details:
    """What a manager wants to have on invoices; each may be empty."""

    reference: str = ""
    purchase_order: str = ""
    peppol_id: str = ""
    language: str = ""


@dataclass(frozen=True)
class Summary:
    """A row of the list. state: issued, sent, refused or faulty."""

    id: UUID
    number: str
    kind: str
    period: date
    issued_on: date
    net_cents: int
    vat_cents: int
    credits_number: str | None
    state: str
    reason: str | None


async def upsert_party(db: Connection, party: Party, *, version: int) -> None:
    """An older version changes nothing; what the event did not say stays."""
    await db.execute(
        """
        INSERT INTO billing_party AS p (organisation_id, enterprise_number, name, address, billing_address, languages, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT billing_party_pk DO UPDATE
        SET enterprise_number = coalesce(excluded.enterprise_number, p.enterprise_number), name = excluded.name,
            address = coalesce(excluded.address, p.address), languages = excluded.languages, version = excluded.version,
            billing_address = CASE WHEN excluded.address IS NULL THEN p.billing_address ELSE excluded.billing_address END
        WHERE p.version <= excluded.version
        """,
        party.organisation_id,
        party.enterprise_number,
        party.name,
        party.address,
        party.billing_address,
        list(party.languages),
        version,
    )


async def find_party(db: Connection, organisation_id: UUID) -> Party | None:
    row = await db.fetchrow(
        """
        SELECT organisation_id, enterprise_number, name, address, billing_address, languages
        FROM billing_party WHERE organisation_id = $1
        """,
        organisation_id,
    )
    return Party(**row) if row else None


async def get_details(db: Connection, organisation_id: UUID) -> Details:
    """Empty ones where nobody gave any."""
    row = await db.fetchrow(
        "SELECT reference, purchase_order, peppol_id, language FROM billing_details WHERE organisation_id = $1",
        organisation_id,
    )
    return Details(**row) if row else Details()


async def save_details(db: Connection, organisation_id: UUID, details: Details) -> None:
    await db.execute(
        """
        INSERT INTO billing_details (organisation_id, reference, purchase_order, peppol_id, language) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT billing_details_pk DO UPDATE
        SET reference = excluded.reference, purchase_order = excluded.purchase_order, peppol_id = excluded.peppol_id,
            language = excluded.language
        """,
        organisation_id,
        *asdict(details).values(),
    )


async def years(db: Connection, organisation_id: UUID) -> list[int]:
    """In which it was sent invoices, the latest first."""
    rows = await db.fetch(
        "SELECT DISTINCT year FROM invoice WHERE organisation_id = $1 ORDER BY year DESC", organisation_id
    )
    return [row["year"] for row in rows]


async def invoices_of(db: Connection, organisation_id: UUID, year: int) -> list[Summary]:
    """Of that year, the latest first."""
    rows = await db.fetch(
        """
        SELECT i.id, i.number, i.kind, i.period, i.issued_on, i.net_cents, i.vat_cents, c.number AS credits_number,
               d.state, d.reason
        FROM invoice i JOIN invoice_delivery d ON d.invoice_id = i.id LEFT JOIN invoice c ON c.id = i.credits_invoice
        WHERE i.organisation_id = $1 AND i.year = $2
        ORDER BY i.place DESC LIMIT $3
        """,
        organisation_id,
        year,
        MAX_LISTED,
    )
    return [Summary(**row) for row in rows]


async def find_document(db: Connection, organisation_id: UUID, invoice_id: UUID) -> tuple[Document, str] | None:
    """An invoice of that organisation, with its XML."""
    row = await db.fetchrow(
        """
        SELECT i.id, i.number, i.kind, i.vat_due, i.issued_on, i.period, i.language, i.seller_party, i.buyer_party, i.xml,
               c.id AS credits_id, c.number AS credits_number, c.issued_on AS credits_on
        FROM invoice i LEFT JOIN invoice c ON c.id = i.credits_invoice
        WHERE i.organisation_id = $1 AND i.id = $2
        """,
        organisation_id,
        invoice_id,
    )
    return (_document(row, await _lines(db, invoice_id)), row["xml"]) if row else None


async def _lines(db: Connection, invoice_id: UUID) -> tuple[DocumentLine, ...]:
    rows = await db.fetch(
        """
        SELECT what, tool_id, vat_rate_bp, uses, paid_cents, booked_net_cents, net_cents
        FROM invoice_line WHERE invoice_id = $1 ORDER BY line
        """,
        invoice_id,
    )
    return tuple(DocumentLine(Line(*list(row.values())[:6]), row["net_cents"]) for row in rows)


def _document(row: Any, lines: tuple[DocumentLine, ...]) -> Document:
    return Document(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        vat_due=row["vat_due"],
        issued_on=row["issued_on"],
        period=row["period"],
        language=row["language"],
        seller=Seller.model_validate(row["seller_party"]),
        buyer=Buyer(**row["buyer_party"]),
        lines=lines,
        credits=Credited(row["credits_id"], row["credits_number"], row["credits_on"]) if row["credits_id"] else None,
    )


async def note_delivery(
    db: Connection,
    invoice_id: UUID,
    state: str,
    *,
    now: datetime,
    reason: str | None = None,
    reference: str | None = None,
) -> None:
    await db.execute(
        """
        UPDATE invoice_delivery
        SET state = $2, reason = $3, reference = coalesce($4, reference), changed_at = $5,
            sent_count = sent_count + CASE $2 WHEN 'sent' THEN 1 ELSE 0 END
        WHERE invoice_id = $1
        """,
        invoice_id,
        state,
        reason,
        reference,
        now,
    )
