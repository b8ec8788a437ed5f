"""The same transactions as files: CSV without end, XLSX up to a limit."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from services.wallet.access.viewers import Viewer
from services.wallet.at import At, WalletRuntime
from services.wallet.ledger.rules import EUR, wallet_id_of
from services.wallet.statement.api import Caller, Unit, Wanted
from services.wallet.statement.exports import Cell, Export, csv_rows, xlsx_file
from services.wallet.statement.pages import Asked
from services.wallet.statement.rules import Filters, Sort
from services.wallet.statement.words import words_in
from shared.csv_files import Row, download
from shared.errors import TooMany
from shared.http import Language
from shared.tokens import Person

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

DAY = timedelta(days=1)

router = APIRouter(prefix="/api/wallets/{organisation_id}", tags=["statement"])
Order = Annotated[Literal["asc", "desc"], Query()]


@router.get("/transactions.csv")
async def csv_of_transactions(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    wanted: Wanted,
    language: Language,
    sort: Sort = Sort.DATE,
    order: Order = "desc",
    unit: Unit = EUR,
) -> Response:
    """All of the filter, however many rows; memory holds a piece at a time. Raises TooManyToSort."""
    asked = Asked(organisation_id, wanted, sort, order == "asc")
    export = await _export(at, organisation_id, caller, asked, unit, language)
    pieces = export.pieces()
    first = await anext(pieces)
    return download(f"{_name(wanted)}.csv", export.header, _csv(first, pieces))


@router.get("/transactions.xlsx")
async def xlsx_of_transactions(
    organisation_id: UUID,
    caller: Caller,
    at: At,
    wanted: Wanted,
    language: Language,
    sort: Sort = Sort.DATE,
    order: Order = "desc",
    unit: Unit = EUR,
) -> Response:
    """Raises TooManyToSort, TooManyForXlsx, TooMany."""
    asked = Asked(organisation_id, wanted, sort, order == "asc")
    export = await _export(at, organisation_id, caller, asked, unit, language)
    if at.own.xlsx_files.locked():
        raise TooMany(retry_after_s=5)
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="immo-xlsx-")
    try:
        async with at.own.xlsx_files:
            path = await xlsx_file(export, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    headers = {"cache-control": "no-store"}
    return FileResponse(
        path, media_type=XLSX_TYPE, filename=f"{_name(wanted)}.xlsx", headers=headers, background=remove
    )


async def _export(
    at: WalletRuntime, organisation_id: UUID, caller: Person, asked: Asked, unit: str, language: str
) -> Export:
    async with at.database.acquire() as db:
        viewer = await Viewer.of(db, organisation_id, caller)
    wallet_id = wallet_id_of(viewer.organisation_id, unit)
    return Export(at.database, replace(asked, wallet_id=wallet_id), unit, words_in(language))


async def _csv(first: list[list[Cell]], pieces: AsyncIterator[list[list[Cell]]]) -> AsyncIterator[list[Row]]:
    yield [*csv_rows(first)]
    async for piece in pieces:
        yield [*csv_rows(piece)]


def _name(wanted: Filters) -> str:
    """transactions-2026-01-01-2026-03-31: the first and the last day, where they are given."""
    days = [f"{moment:%Y-%m-%d}" for moment in (wanted.begin, wanted.end and wanted.end - DAY) if moment]
    return "-".join(("transactions", *days))
