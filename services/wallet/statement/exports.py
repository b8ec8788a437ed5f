"""All that a filter lets through, as rows for a spreadsheet: piece after piece, or as a file of Excel's own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from services.wallet.catalogue.store import tool_names
from services.wallet.ledger.rules import EUR
from services.wallet.statement import store
from services.wallet.statement.pages import Asked, read_page
from services.wallet.statement.rules import MAX_XLSX, Row, TooManyForXlsx
from services.wallet.statement.words import KINDS, STATES, description_of
from shared.db import Database
from shared.formats import BRUSSELS
from shared.i18n import Translator
from shared.markers import N_

PIECE = 2_000
HEADER = (
    N_("Number"),
    N_("Date"),
    N_("Type"),
    N_("Tool"),
    N_("Description"),
    N_("State"),
    N_("Amount"),
    N_("of which VAT"),
    N_("Balance before"),
    N_("Balance after"),
    N_("Unit"),
    N_("Reference"),
)
WIDTHS = (10, 18, 18, 20, 44, 12, 12, 12, 14, 14, 12, 38)
Cell = str | int | Decimal | datetime | None


@dataclass(frozen=True)
class Export:
    """unit: of the amounts, which are whole numbers unless it is EUR."""

    database: Database
    asked: Asked
    unit: str
    words: Translator

    @property
    def header(self) -> list[str]:
        return [self.words.gettext(name) for name in HEADER]

    async def pieces(self) -> AsyncIterator[list[list[Cell]]]:
        """Each piece is read by itself, so that a slow reader holds nothing; what is booked after the beginning is not in it.

        Raises what `read_page` raises, with the first piece.
        """
        async with self.database.acquire() as db:
            extent = await store.get_extent(db, self.asked.wallet_id)
        asked = replace(self.asked, limit=PIECE, last=extent.last, after=None, before=None)
        while True:
            async with self.database.acquire() as db:
                page = await read_page(db, asked)
                tool_ids = {row.tool_id for row in page.rows if row.tool_id is not None}
                names = await tool_names(db, tool_ids, self.words.language)
            yield [self._cells(row, names) for row in page.rows]
            if page.next is None:
                return
            asked = replace(asked, after=str(page.next))

    def _cells(self, row: Row, names: Mapping[str, str]) -> list[Cell]:
        return [
            row.number,
            row.at.astimezone(BRUSSELS),
            self.words.gettext(KINDS[row.kind]),
            names[row.tool_id] if row.tool_id else None,
            description_of(row, self.words),
            self.words.gettext(STATES[row.state]),
            self._amount(row.amount_cents),
            self._amount(row.vat_cents),
            self._amount(row.balance_before_cents),
            self._amount(row.balance_after_cents),
            self.unit,
            str(row.id),
        ]

    def _amount(self, cents: int | None) -> Decimal | int | None:
        return cents if cents is None or self.unit != EUR else Decimal(cents).scaleb(-2)


def csv_rows(cells: Sequence[Sequence[Cell]]) -> list[list[str | int | Decimal | None]]:
    """Times as every spreadsheet reads them."""
    return [[f"{cell:%Y-%m-%d %H:%M:%S}" if isinstance(cell, datetime) else cell for cell in row] for row in cells]


async def xlsx_file(export: Export, folder: str) -> Path:
    """An Excel file below this folder. In memory is a piece at a time; writing goes on beside the other work of the process.

    Raises TooManyForXlsx, and what `Export.pieces` raises.
    """
    path = Path(tempfile.mkstemp(dir=folder, suffix=".xlsx")[1])
    sheet = _Sheet(path, export)
    rows = 0
    try:
        async for piece in export.pieces():
            rows += len(piece)
            if rows > MAX_XLSX:
                raise TooManyForXlsx(field="until", limit=MAX_XLSX)
            await asyncio.to_thread(sheet.write, piece)
    finally:
        await asyncio.to_thread(sheet.close)
    return path


class _Sheet:
    """Rows go to the disk as they come. Texts stay texts, whatever they begin with."""

    def __init__(self, path: Path, export: Export) -> None:
        settings = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book: Any = xlsxwriter.Workbook(str(path), {**settings, "tmpdir": str(path.parent)})
        self._sheet: Any = self._book.add_worksheet()
        self._moment: Any = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        self._money: Any = self._book.add_format({"num_format": "#,##0.00"})
        bold: Any = self._book.add_format({"bold": True})
        for at, width in enumerate(WIDTHS):
            self._sheet.set_column(at, at, width)
        self._sheet.freeze_panes(1, 0)
        for at, name in enumerate(export.header):
            self._sheet.write_string(0, at, name, bold)
        self._row = 1

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            for at, cell in enumerate(row):
                self._write(at, cell)
            self._row += 1

    def _write(self, at: int, cell: Cell) -> None:
        match cell:
            case None:
                pass
            case datetime():
                self._sheet.write_datetime(self._row, at, cell.replace(tzinfo=None), self._moment)
            case Decimal():
                self._sheet.write_number(self._row, at, float(cell), self._money)
            case int():
                self._sheet.write_number(self._row, at, cell)
            case str():
                self._sheet.write_string(self._row, at, cell)

    def close(self) -> None:
        self._book.close()
