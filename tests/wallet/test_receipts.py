"""Receipts: what stands on them in each language, and that they are made for archives and screen readers."""

import hashlib
import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
import typst
from PIL import Image
from pydantic_core import to_json

from services.wallet.ledger.rules import EUR, credits_of
from services.wallet.paper.typesetting import ACCESSIBLE_ARCHIVE, pdf
from services.wallet.receipts.pdf import TEMPLATE, content_of, qr_of, receipt_pdf
from services.wallet.receipts.rules import Organisation, Receipt, file_name, page_of
from services.wallet.seller import DEMO_SELLER
from services.wallet.statement.details import Detail
from services.wallet.statement.rules import KINDS, Row
from shared.i18n import LANGUAGES
from shared.ids import new_id
from tests.wallet.book import TOOL
from tests.wallet.pdf_text import pages_of, text_of

ORGANISATION = UUID("0195a7c0-0000-7000-8000-000000000009")
REFERENCE = UUID("0195a7c0-0000-7000-8000-00000000000a")
ADDRESS = page_of("https://immo-connect.example", ORGANISATION, REFERENCE)
DOTS_PER_MM = 10
SAID = {
    "fr": (
        "Reçu 12 Ceci n’est pas une facture.",
        "Date 29 mars 2026 00:30 Numéro 12 Type Utilisation d’un outil Outil CadastreFinder Description An extract",
        "Montant hors TVA -19,00 € TVA 21 % -3,99 € Montant TVA comprise -22,99 € Solde après 77,01 €",
    ),
    "nl": (
        "Ontvangstbewijs 12 Dit is geen factuur.",
        "Datum 29 maart 2026 00:30 Nummer 12 Soort Gebruik van een tool Tool CadastreFinder Omschrijving An extract",
        "Bedrag excl. btw € -19,00 Btw 21 % € -3,99 Bedrag incl. btw € -22,99 Saldo nadien € 77,01",
    ),
    "en": (
        "Receipt 12 This is not an invoice.",
        "Date 29 March 2026 00:30 Number 12 Type Use of a tool Tool CadastreFinder Description An extract",
        "Amount excl. VAT -€19.00 VAT 21 % -€3.99 Amount incl. VAT -€22.99 Balance after €77.01",
    ),
    "de": (
        "Quittung 12 Dies ist keine Rechnung.",
        "Datum 29. März 2026 00:30 Nummer 12 Art Nutzung einer Anwendung Anwendung CadastreFinder Beschreibung An extract",
        "Betrag ohne MwSt. -19,00 € MwSt. 21 % -3,99 € Betrag inkl. MwSt. -22,99 € Guthaben danach 77,01 €",
    ),
}


def receipt(*, unit: str = EUR, rate_bp: int | None = 2_100, plan_id: UUID | None = None, **more: Any) -> Receipt:
    """Of a charge, half an hour after midnight in Brussels; more: of its row."""
    usual: dict[str, Any] = {
        "id": REFERENCE,
        "number": 12,
        "kind": "charge",
        "tool_id": TOOL,
        "description": "An extract",
        "amount_cents": -2_299,
        "balance_after_cents": 7_701,
        "state": "completed",
        "at": datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
        "vat_cents": 399,
        "account_id": None,
    }
    detail = Detail(Row(**{**usual, **more}), unit, rate_bp, plan_id, None, [])
    named = Organisation("Agence du Parc & Fils", "0123456749")
    return Receipt(detail, named, DEMO_SELLER, "CadastreFinder" if detail.row.tool_id else "", ADDRESS)


def said(one: Receipt, language: str = "en") -> str:
    return text_of(receipt_pdf(one, language))


def drawn(one: Receipt) -> Image.Image:
    """The page as people see it, in grey."""
    inputs = {"data": to_json(content_of(one, "fr")).decode(), "language": "fr"}
    png = typst.compile(
        str(TEMPLATE), format="png", ppi=25.4 * DOTS_PER_MM, ignore_system_fonts=True, sys_inputs=inputs
    )
    return Image.open(io.BytesIO(png)).convert("L")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_says_in_each_language_what_it_is_and_that_it_is_no_invoice(language: str) -> None:
    text = said(receipt(), language)
    for expected in (*SAID[language], "Agence du Parc & Fils", "0123.456.749", str(REFERENCE),
                     DEMO_SELLER.name, DEMO_SELLER.vat_number, DEMO_SELLER.street):  # fmt: skip
        assert expected in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_transaction_has_one(kind: str) -> None:
    one = receipt(kind=kind, tool_id=None, vat_cents=None, rate_bp=None, amount_cents=5_000, description="")
    text = said(one)
    assert "Amount €50.00" in text
    assert "VAT" not in text.replace(f"VAT {DEMO_SELLER.vat_number}", "")


def test_a_top_up_says_how_it_was_paid_and_a_use_that_a_plan_pays_says_so() -> None:
    top_up = receipt(kind="top-up", tool_id=None, vat_cents=None, amount_cents=5_000, description="bancontact")
    assert "Top-up by Bancontact" in said(top_up)
    by_plan = receipt(plan_id=new_id(), amount_cents=0, vat_cents=None)
    assert "Paid by a plan" in said(by_plan)
    assert "Amount €0.00" in said(by_plan)


def test_what_is_given_back_shows_its_vat_without_a_sign() -> None:
    text = said(receipt(kind="refund", amount_cents=2_299, vat_cents=-399, rate_bp=None))
    for expected in ("Amount excl. VAT €19.00", "VAT €3.99", "Amount incl. VAT €22.99"):
        assert expected in text


def test_credits_are_counted_not_paid() -> None:
    one = receipt(unit=credits_of("kft"), amount_cents=-1, vat_cents=None, balance_after_cents=1_200)
    assert "Amount -1 credit Balance after 1,200 credits" in said(one)
    assert file_name(one.detail) == "receipt-kft-12-2026-03-29.pdf"


def test_it_is_for_archives_and_screen_readers_in_its_language() -> None:
    content = receipt_pdf(receipt(), "nl")
    for expected in (rb"pdfaid:part>2<", rb"pdfaid:conformance>A<", rb"pdfuaid:part>1<", rb"/Lang(nl-BE)", rb"/Marked true",
                     rb"/S/H1", rb"/S/Figure", rb"/Alt(", rb"/S/Link"):  # fmt: skip
        assert expected in content, expected


def test_the_same_facts_are_the_same_bytes_also_from_another_process() -> None:
    again = (
        "import hashlib, sys; from tests.wallet.test_receipts import receipt, receipt_pdf; "
        "sys.stdout.write(hashlib.sha256(receipt_pdf(receipt(), 'de')).hexdigest())"
    )
    elsewhere = {**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    found = subprocess.run([sys.executable, "-c", again], env=elsewhere, check=True, capture_output=True, text=True)
    receipt_pdf(receipt(description="another one in between"), "fr")
    for _ in range(2):
        assert hashlib.sha256(receipt_pdf(receipt(), "de")).hexdigest() == found.stdout
    assert receipt_pdf(receipt(number=13), "de") != receipt_pdf(receipt(), "de")


def test_its_qr_code_is_the_one_of_the_transactions_page() -> None:
    page = drawn(receipt())
    modules = [[bool(dot) for dot in row] for row in qr_of(ADDRESS).matrix]
    size_mm = 30 / len(modules)
    left_mm, top_mm = 210 - 20 - 30, 22
    for y, row in enumerate(modules):
        for x, is_dark in enumerate(row):
            place = (left_mm + (x + 0.5) * size_mm, top_mm + (y + 0.5) * size_mm)
            shade = cast(int, page.getpixel((round(place[0] * DOTS_PER_MM), round(place[1] * DOTS_PER_MM))))
            assert (shade < 128) == is_dark, (x, y)


@pytest.mark.parametrize(
    "text",
    [
        '#panic("no") #read("invoice.typ") *bold* _soft_ $x^2$ `raw` @name <label> // gone? /* gone? */',
        r"\ \u{41} ~ -- --- ' \" #(1 + 1) #sys.inputs = heading [content] {code}",
        '"}, {"title": "another"',
    ],
)
def test_what_a_tool_writes_is_never_markup(text: str) -> None:
    assert text in said(receipt(description=text))


@pytest.mark.parametrize("text", ["W" * 200, "Rue de la Loi " * 14, "ligature-fi-" * 16, "Ünïcödé" * 28])
def test_long_descriptions_stay_on_the_page(text: str) -> None:
    one = receipt(description=text)
    content = receipt_pdf(one, "en")
    assert pages_of(content) == 1
    assert text.replace(" ", "").strip() in text_of(content).replace(" ", "")
    page = drawn(one)
    margin = page.crop((round((210 - 19) * DOTS_PER_MM), 0, page.width, page.height))
    assert margin.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rue 房地产 12 😀 end", "Rue � 12 � end"),
        ("private \ue000 unassigned \u0378 mark \ufeff end", "private � unassigned � mark � end"),
        ("Ελληνικά Русский עברית €", "Ελληνικά Русский"),
        ("Ελληνικά e\u0301 and 中", "Ελληνικά é and �"),
    ],
)
def test_what_the_fonts_do_not_have_is_shown_as_missing(text: str, expected: str) -> None:
    assert expected in said(receipt(description=text))


def test_names_of_organisations_and_tools_may_be_anything_too() -> None:
    one = replace(receipt(), organisation=Organisation("名前 #strong[x]", ""), tool_name="🏠 Finder")
    text = said(one)
    for expected in ("� #strong[x]", "� Finder"):
        assert expected in text
    assert "Enterprise number" not in text


def test_every_sign_that_is_said_to_be_there_is_there() -> None:
    """One sign that the fonts lack would leave a receipt without anything to fall back on."""
    ranges = [(0x20, 0x7E), (0xA0, 0x377), (0x384, 0x38A), (0x38E, 0x3A1), (0x3A3, 0x4FF), (0x5D0, 0x5EA), (0x1E00, 0x1EFF),
              (0x2010, 0x2027), (0x2030, 0x2040), (0x20A0, 0x20C0), (0x2190, 0x22FF), (0x2500, 0x25FF)]  # fmt: skip
    signs = " ".join(chr(code) for first, last in ranges for code in range(first, last + 1))
    content = {**content_of(receipt(), "fr"), "facts": [("all", f"{signs} 中")]}
    made = pdf(TEMPLATE, content, language="fr", standards=ACCESSIBLE_ARCHIVE)
    assert text_of(made).count("\ufffd") == 1
