"""The PDF of a receipt, in the language of who reads it."""

from typing import Any

import segno

from services.wallet.at import FOLDER
from services.wallet.paper.typesetting import ACCESSIBLE_ARCHIVE, breakable, pdf
from services.wallet.receipts.rules import Receipt, amounts_of, balance_of, facts_of
from services.wallet.statement.words import words_in
from shared.formats import BRUSSELS
from shared.markers import N_

TEMPLATE = FOLDER / "paper" / "receipt.typ"
_TITLE = N_("Receipt {number}")
_MASK = 3
"""Cameras read all eight alike; choosing the one that looks best takes longer than all the rest of a receipt."""


def receipt_pdf(receipt: Receipt, language: str) -> bytes:
    """PDF/A-2a and PDF/UA-1, the same bytes for the same facts. Not for the event loop."""
    return pdf(TEMPLATE, content_of(receipt, language), language=language, standards=ACCESSIBLE_ARCHIVE)


def content_of(receipt: Receipt, language: str) -> dict[str, Any]:
    """What the template fills in. Nothing of it is ever read as markup."""
    words = words_in(language)
    day = receipt.row.at.astimezone(BRUSSELS)
    *parts, total = amounts_of(receipt, words)
    return {
        "title": words.sentence(_TITLE, {"number": receipt.row.number}),
        "date": [day.year, day.month, day.day],
        "seller": {**receipt.seller.model_dump(), "vat_number": receipt.seller.vat_number},
        "facts": [(name, breakable(text)) for name, text in facts_of(receipt, words)],
        "reference": str(receipt.row.id),
        "parts": parts,
        "total": total,
        "balance": balance_of(receipt, words),
        "url": receipt.url,
        "qr": qr_of(receipt.url).svg_inline(border=0, dark="#000", omitsize=True),
        "words": {
            "no_invoice": words.gettext("This is not an invoice."),
            "invoices": words.gettext("Invoices are on the platform, with the wallet of the organisation."),
            "reference": words.gettext("Reference"),
            "qr": words.gettext("QR code of this transaction’s page on the platform"),
            "page": words.gettext("This transaction on the platform"),
            "vat_number": words.gettext("VAT"),
        },
    }


def qr_of(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", mask=_MASK)
