"""A bank's file of any format."""

from services.wallet.bank import camt053, coda
from services.wallet.bank.rules import Statement
from services.wallet.bank.sightings import Format

MAX_FILE_BYTES = 128 * 1024 * 1024
_XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")


def format_of(data: bytes) -> Format:
    """XML begins with a bracket, CODA with its record 0."""
    begin = data[:1_000].lstrip(b"\x00\r\n\t ")
    return "camt.053" if begin.startswith(_XML) else "coda"


def read(data: bytes) -> list[Statement]:
    """Raises StatementRefused."""
    return camt053.parse(data) if format_of(data) == "camt.053" else coda.parse(data)
