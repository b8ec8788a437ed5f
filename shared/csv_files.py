"""CSV files that open right in a spreadsheet: UTF-8 with a mark that says so, semicolons, commas for decimals as in Belgium, and cells
that are never formulas."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from decimal import Decimal

from starlette.responses import StreamingResponse

MEDIA_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n\x00]")
Cell = str | int | Decimal | None
Row = Sequence[Cell]


def cell(value: Cell) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe in front, which makes it text. Numbers are what they are."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return f"'{text}" if _FORMULA.match(value) else text
    return format(value, "f").replace(".", ",") if isinstance(value, Decimal) else str(value)


def lines(rows: Iterable[Row]) -> str:
    """The rows as a piece of the file. The first piece of a file begins with BYTE_ORDER_MARK."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return piece.getvalue()


async def file_of(header: Row, pieces: AsyncIterator[Iterable[Row]]) -> AsyncIterator[bytes]:
    """The file a piece at a time: as much of it is in memory as one piece holds."""
    yield (BYTE_ORDER_MARK + lines([header])).encode()
    async for rows in pieces:
        yield lines(rows).encode()


def download(name: str, header: Row, pieces: AsyncIterator[Iterable[Row]]) -> StreamingResponse:
    """name: of the file, in ASCII without quotes."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(file_of(header, pieces), media_type=MEDIA_TYPE, headers=headers)
