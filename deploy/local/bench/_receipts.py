"""Receipts a second, made one after the other: [receipts] from what the book says to the bytes of the PDF.

The ratio compares with an empty page by the same typst, with the same fonts and standards: what a receipt costs beyond is its own
words, its QR code and its layout. Both take turns, so that what else the machine does counts for both.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.bench import Figure
from services.wallet.ledger.rules import EUR
from services.wallet.paper.typesetting import ACCESSIBLE_ARCHIVE, pdf
from services.wallet.receipts.pdf import receipt_pdf
from services.wallet.receipts.rules import Organisation, Receipt, page_of
from services.wallet.seller import DEMO_SELLER
from services.wallet.statement.details import Detail
from services.wallet.statement.rules import Row
from shared.i18n import LANGUAGES
from shared.ids import new_id

ROUNDS = 5
RECEIPTS = 200
EMPTY_PAGE = Path(__file__).with_name("_empty_page.typ")


def receipt_figures() -> list[Figure]:
    """No two receipts are alike, in four languages. One processor: typst makes one at a time in each process."""
    _receipts_per_s(RECEIPTS)  # warm
    _empty_per_s(RECEIPTS)
    made: list[float] = []
    empty: list[float] = []
    for _ in range(ROUNDS):
        made.append(_receipts_per_s(RECEIPTS))
        empty.append(_empty_per_s(RECEIPTS))
    per_s, limit_per_s = statistics.median(made), statistics.median(empty)
    against = f"PDF/A-2a and PDF/UA-1; typst makes {limit_per_s:.0f} empty pages/s"
    return [Figure("receipts", round(per_s), "receipts/s", against, round(per_s / limit_per_s, 2))]


def _receipts_per_s(count: int) -> float:
    receipts = [_receipt(number) for number in range(count)]
    return _per_s(count, lambda number: receipt_pdf(receipts[number], LANGUAGES[number % len(LANGUAGES)]))


def _empty_per_s(count: int) -> float:
    return _per_s(
        count, lambda number: pdf(EMPTY_PAGE, {"number": number}, language="fr", standards=ACCESSIBLE_ARCHIVE)
    )


def _per_s(count: int, make: Callable[[int], bytes]) -> float:
    began = time.perf_counter()
    for number in range(count):
        assert make(number).startswith(b"%PDF-")
    return count / (time.perf_counter() - began)


def _receipt(number: int) -> Receipt:
    row = Row(
        id=new_id(),
        number=number,
        kind="charge",
        tool_id="bench",
        description=f"Extract for Rue Haute {number}",
        amount_cents=-2_299,
        balance_after_cents=10_000_000 - number * 2_299,
        state="completed",
        at=datetime.now(UTC),
        vat_cents=399,
        account_id=None,
    )
    url = page_of("https://bench.example", new_id(), row.id)
    detail = Detail(row, EUR, 2_100, None, None, [])
    return Receipt(detail, Organisation("Agence", "0123456749"), DEMO_SELLER, "Bench", url)
