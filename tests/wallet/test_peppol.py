"""Every invoice keeps the official rules, whatever is in the month; and what a month is billed as never taxes twice."""

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.wallet.invoices.amounts import split, spread
from services.wallet.invoices.documents import Buyer, Credited, Document, language_of, with_nets
from services.wallet.invoices.pdf import invoice_pdf
from services.wallet.invoices.rules import Before, Draft, Issued, Line, Movement, VatDue, bill
from services.wallet.invoices.ubl import ubl
from services.wallet.invoices.validation import PeppolRules
from services.wallet.seller import DEMO_SELLER
from shared.ids import new_id
from tests.wallet.pdf_text import text_of

BUYER = Buyer("Agence <Parc> & Co", "0123456749", "Rue Haute 1 3", "1000", "Bruxelles", "BE")
RATES = (0, 600, 1_200, 2_100)
INVOICE = UUID(int=1)


@pytest.fixture(scope="module")
def rules() -> Iterator[PeppolRules]:
    rules = PeppolRules()
    yield rules
    rules.close()


def document(lines: list[Line], **more: Any) -> Document:
    usual: dict[str, Any] = {
        "id": new_id(),
        "number": "2026-000007",
        "kind": "invoice",
        "vat_due": "charge",
        "issued_on": date(2026, 12, 1),
        "period": date(2026, 11, 1),
        "language": "nl",
        "seller": DEMO_SELLER,
        "buyer": BUYER,
        "lines": with_nets(lines),
    }
    return Document(**{**usual, **more})


SALE = st.builds(
    Line,
    what=st.sampled_from(["charge", "plan", "credits"]),
    tool_id=st.sampled_from(["cadastrefinder", "kft", "a&b"]),
    vat_rate_bp=st.sampled_from(RATES),
    uses=st.integers(0, 5_000),
    paid_cents=st.integers(1, 10**9),
    booked_net_cents=st.just(1),
)


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(SALE, min_size=1, max_size=8),
    prepaid=st.integers(0, 10**6),
    kind=st.sampled_from(["invoice", "credit-note"]),
    language=st.sampled_from(["nl", "fr", "de", "en"]),
    reference=st.sampled_from(["", "PO & <7>"]),
    peppol_id=st.sampled_from(["", "0208:0999999922", "0088:5412345000013"]),
)
def test_any_month_keeps_the_official_rules(
    rules: PeppolRules, lines: list[Line], prepaid: int, kind: str, language: str, reference: str, peppol_id: str
) -> None:
    buyer = Buyer(**{**BUYER.__dict__, "reference": reference, "purchase_order": reference, "peppol_id": peppol_id})
    taken = min(prepaid, sum(line.paid_cents for line in lines if line.vat_rate_bp == 2_100))
    if kind == "invoice" and taken:
        lines = [*lines, Line("prepaid", None, 2_100, 0, -taken)]
    credited = Credited(INVOICE, "2026-000001", date(2026, 11, 1)) if kind == "credit-note" else None
    made = document(lines, kind=kind, credits=credited, buyer=buyer, language=language)
    if made.total_cents > 0:
        assert asyncio.run(rules.faults(ubl(made, {}))) == []
        assert made.net_cents + made.vat_cents == made.total_cents
        assert made.net_cents == sum(one.net_cents for one in made.lines)


async def test_a_prepayment_keeps_them_too_and_a_document_that_does_not_is_found(rules: PeppolRules) -> None:
    xml = ubl(document([Line("topup", None, 2_100, 0, 5_000)], vat_due="topup"), {})
    assert ">386<" in xml
    assert await rules.faults(xml) == []
    wrong = xml.replace(">8.68<", ">7.68<", 1)
    assert any("BR-CO" in fault or "BR-S" in fault for fault in await rules.faults(wrong))


async def test_the_service_goes_on_while_the_rules_are_read_and_a_process_that_died_is_replaced() -> None:
    rules, xml = PeppolRules(), ubl(document([Line("charge", "kft", 2_100, 1, 2_299)]), {})
    checks = asyncio.create_task(rules.faults(xml))
    longest_s, before = 0.0, time.monotonic()
    while not checks.done():
        await asyncio.sleep(0.02)
        longest_s, before = max(longest_s, time.monotonic() - before), time.monotonic()
    assert await checks == []
    assert longest_s < 1.0
    assert rules._process is not None
    rules._process.kill()
    assert await rules.faults(xml) == []
    rules.close()


@given(paid=st.lists(st.integers(-(10**6), 10**8), min_size=1, max_size=30), rate=st.integers(0, 10_000))
def test_lines_add_up_and_are_within_a_cent_of_their_own(paid: list[int], rate: int) -> None:
    nets = spread(paid, rate)
    assert sum(nets) == split(sum(paid), rate).net_cents
    assert all(abs(net - cents * 10_000 / (10_000 + rate)) <= 1 for net, cents in zip(nets, paid, strict=True))


MONTH = st.lists(
    st.tuples(st.sampled_from(["top-up", "charge", "refund", "top-up-refund"]), st.integers(1, 20_000)), max_size=12
)


@example([("charge", [("top-up", 1), ("charge", 1)]), ("topup", [("refund", 1), ("top-up-refund", 1)])])
@example([("charge", [("top-up", 1), ("charge", 1)]), ("topup", [("refund", 1)]), ("charge", [("top-up-refund", 1)])])
@settings(max_examples=150, deadline=None)
@given(months=st.lists(st.tuples(st.sampled_from(["charge", "topup"]), MONTH), min_size=1, max_size=7))
def test_all_that_was_invoiced_was_used_or_is_still_there_paid_in_advance(months: list[tuple[VatDue, Any]]) -> None:
    """However often it changes when VAT falls due; what goes back, goes back of any month before."""
    balance = used = invoiced = 0
    before = Before(None, 0, 0)
    issued: list[Issued] = []
    open_charges: list[tuple[date, int]] = []
    open_top_ups: list[tuple[date, int]] = []
    for place, (vat_due, wishes) in enumerate(months):
        period = date(2026, 1 + place, 1)
        opening = balance
        movements: list[Movement] = []
        for kind, cents in wishes:
            match kind:
                case "top-up":
                    balance += cents
                    open_top_ups.append((period, cents))
                    movements.append(Movement(kind, None, 0, None, 1, -cents, None))
                case "charge" if cents <= balance:
                    balance, used = balance - cents, used + cents
                    open_charges.append((period, cents))
                    movements.append(Movement(kind, "a", 2_100, None, 1, cents, cents))
                case "refund" if open_charges:
                    of, cents = open_charges.pop(cents % len(open_charges))
                    balance, used = balance + cents, used - cents
                    movements.append(Movement(kind, "a", 2_100, None if of == period else of, 1, -cents, -cents))
                case "top-up-refund" if open_top_ups and open_top_ups[0][1] <= balance:
                    of, cents = open_top_ups.pop(0)
                    balance -= cents
                    movements.append(Movement(kind, None, 0, None if of == period else of, 1, cents, None))
                case _:
                    pass
        became = bill(
            Before(before.vat_due, opening, before.taxed_cents),
            movements,
            issued,
            vat_due=vat_due,
            prepaid_rate_bp=2_100,
        )
        for draft in became.drafts:
            total = sum(line.paid_cents for line in draft.lines)
            assert total > 0
            invoiced += -total if draft.credits else total
            if draft.credits is None:
                issued.insert(0, Issued(new_id(), period, vat_due, {2_100: total}))
        before = Before(vat_due, balance, became.taxed_cents)
        in_advance = balance if vat_due == "topup" else became.taxed_cents
        assert invoiced == used + in_advance


def test_the_pdf_is_for_archives_and_screen_readers_with_the_xml_in_it_and_always_the_same() -> None:
    made = document([Line("charge", "kft", 2_100, 37, 85_063, 70_300)], language="de")
    xml = ubl(made, {"kft": "KFT"})
    content = invoice_pdf(made, xml, {"kft": "KFT"})
    assert content == invoice_pdf(made, xml, {"kft": "KFT"})
    assert hashlib.sha256(content).digest() != hashlib.sha256(invoice_pdf(made, xml, {"kft": "Other"})).digest()
    for said in (rb"pdfaid:part>3<", rb"pdfaid:conformance>A<", rb"pdfuaid:part>1<", rb"/Lang", rb"2026-000007.xml"):
        assert re.search(said, content), said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Facture", "Facturé à", "TVA", "Utilisation de KFT", "703,00", "850,63")),
        ("nl", ("Factuur", "Gefactureerd aan", "btw", "Gebruik van KFT", "703,00", "850,63")),
        ("de", ("Rechnung", "MwSt", "Nutzung von KFT", "703,00", "850,63")),
        ("en", ("Invoice", "VAT", "Use of KFT", "703.00", "850.63")),
    ],
)
def test_the_pdf_says_in_its_language_who_owes_what_to_whom(language: str, words: tuple[str, ...]) -> None:
    made = document([Line("charge", "kft", 2_100, 37, 85_063, 70_300)], language=language)
    text = text_of(invoice_pdf(made, ubl(made, {"kft": "KFT"}), {"kft": "KFT"}))
    spaces = re.sub(r"\s+", " ", text)
    for said in (*words, made.number, made.seller.name, made.seller.mail, made.buyer.name, made.buyer.street):
        assert said.lower() in spaces.lower(), (said, spaces)


@pytest.mark.parametrize(
    ("languages", "postcode", "country", "language"),
    [
        (["fr", "nl"], "9000", "BE", "fr"),
        ([], "9000", "BE", "nl"),
        ([], "4700", "BE", "de"),
        ([], "4000", "BE", "fr"),
        ([], "1000", "BE", "fr"),
        ([], "75001", "FR", "en"),
    ],
)
def test_an_invoice_is_in_the_language_of_its_organisation(
    languages: list[str], postcode: str, country: str, language: str
) -> None:
    assert language_of(languages, postcode, country) == language


def test_a_month_in_which_all_was_prepaid_makes_no_invoice() -> None:
    used = Movement("charge", "a", 2_100, None, 3, 5_000, 4_132)
    month = bill(Before("topup", 5_000, 0), [used], [], vat_due="charge", prepaid_rate_bp=2_100)
    assert month.drafts == ()
    assert month.taxed_cents == 0
    assert bill(Before(None, 0, 0), [used], [], vat_due="charge", prepaid_rate_bp=2_100).drafts == (
        Draft((Line("charge", "a", 2_100, 3, 5_000, 4_132),)),
    )
