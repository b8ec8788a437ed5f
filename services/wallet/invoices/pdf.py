"""The PDF of an invoice or credit note: in its language, with the XML in it."""

from collections.abc import Mapping
from typing import Any

from services.wallet.at import FOLDER
from services.wallet.invoices.documents import Document, name_of, uses_of
from services.wallet.invoices.ubl import payment_note
from services.wallet.paper.typesetting import ACCESSIBLE_ARCHIVE_WITH_FILES, pdf
from shared.i18n import Translator, translator
from shared.markers import N_

TEMPLATE = FOLDER / "paper" / "invoice.typ"
TITLES = {"invoice": N_("Invoice {number}"), "credit-note": N_("Credit note {number}")}
_PREPAYMENT = N_("Prepayment invoice {number}")


def file_name(document: Document, ending: str) -> str:
    return f"{document.number}.{ending}"


def invoice_pdf(document: Document, xml: str, tools: Mapping[str, str]) -> bytes:
    """PDF/A-3a and PDF/UA-1. tools: what they are called in the document's language. Not for the event loop."""
    words = translator(FOLDER, document.language)
    issued_on = document.issued_on
    data: dict[str, Any] = {
        "title": _title(document, words),
        "date": [issued_on.year, issued_on.month, issued_on.day],
        "xml_name": file_name(document, "xml"),
        "seller": {**document.seller.model_dump(), "vat_number": document.seller.vat_number},
        "buyer": _buyer(document),
        "facts": _facts(document, words),
        "lines": [
            {
                "name": name_of(one.line, tools, words),
                "uses": uses_of(one.line, words),
                "rate": _percent(one.line.vat_rate_bp, words),
                "net": words.money(one.net_cents),
            }
            for one in document.lines
        ],
        **_totals(document, words),
        "note": words.gettext(payment_note(document)),
        "words": {
            "to": words.gettext("Invoiced to"),
            "vat_number": words.gettext("VAT"),
            "description": words.gettext("Description"),
            "rate": words.gettext("VAT rate"),
            "net": words.gettext("Excl. VAT"),
            "xml": words.gettext("The same as a structured electronic invoice (UBL)"),
        },
    }
    standards = ACCESSIBLE_ARCHIVE_WITH_FILES
    return pdf(TEMPLATE, data, language=document.language, standards=standards, files={"xml": xml})


def _title(document: Document, words: Translator) -> str:
    is_prepayment = document.kind == "invoice" and document.vat_due == "topup"
    return words.sentence(_PREPAYMENT if is_prepayment else TITLES[document.kind], {"number": document.number})


def _buyer(document: Document) -> dict[str, Any]:
    buyer = document.buyer
    country = [] if buyer.country == "BE" else [buyer.country]
    lines = [buyer.street, f"{buyer.postcode} {buyer.city}".strip(), *country]
    return {"name": buyer.name, "lines": lines, "vat_number": f"BE{buyer.enterprise_number}"}


def _facts(document: Document, words: Translator) -> list[tuple[str, str]]:
    facts = [
        (words.gettext("Date"), words.date(document.issued_on)),
        (words.gettext("Period"), f"{words.date(document.period)} – {words.date(document.last_day)}"),
    ]
    if document.credits is not None:
        facts.append((words.gettext("Credits invoice"), document.credits.number))
    if document.buyer.reference:
        facts.append((words.gettext("Your reference"), document.buyer.reference))
    if document.buyer.purchase_order:
        facts.append((words.gettext("Purchase order"), document.buyer.purchase_order))
    return facts


def _totals(document: Document, words: Translator) -> dict[str, Any]:
    taxes: list[tuple[str, str]] = []
    for tax in document.taxes:
        rate = _percent(tax.rate_bp, words)
        on = words.sentence(N_("VAT {rate} on {net:money}"), {"rate": rate, "net": tax.net_cents})
        taxes.append((on, words.money(tax.vat_cents)))
    return {
        "totals": [(words.gettext("Total excl. VAT"), words.money(document.net_cents)), *taxes],
        "total": (words.gettext("Total incl. VAT"), words.money(document.total_cents)),
        "paid": (words.gettext("Already settled"), words.money(-document.total_cents)),
        "due": (words.gettext("To be paid"), words.money(0)),
    }


def _percent(rate_bp: int, words: Translator) -> str:
    return f"{words.number(rate_bp / 100)} %"
