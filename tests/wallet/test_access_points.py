"""The contract of an access point, which each adapter keeps; and what becomes of an invoice on its way."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from services.wallet.invoices import store
from services.wallet.invoices.access_point.file_drop import FileDrop
from services.wallet.invoices.access_point.port import (
    AccessPoint,
    AccessPointRefused,
    AccessPointUnavailable,
    Outgoing,
)
from services.wallet.invoices.handlers import SEND_INVOICE_JOB
from services.wallet.invoices.jobs import send_invoice_job
from services.wallet.invoices.validation import PeppolRules
from services.wallet.invoices.watch import LATE, STATES, report
from shared.ids import new_id
from shared.jobs import Job, Retry
from tests.conftest import DatabaseOf
from tests.wallet.billing import Books

ADAPTERS: dict[str, Callable[[Path], AccessPoint]] = {"file-drop": lambda folder: FileDrop(folder / "out")}


def outgoing(*, receiver: str = "0208:0123456749", xml: str = "<a>é</a>") -> Outgoing:
    return Outgoing(UUID(int=7), "2026-000007", receiver, xml)


@pytest.mark.parametrize("adapter", ADAPTERS)
async def test_the_same_document_is_the_same_however_often_it_is_sent(adapter: str, tmp_path: Path) -> None:
    access_point = ADAPTERS[adapter](tmp_path)
    assert await access_point.send(outgoing()) == await access_point.send(outgoing())


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("receiver", ["", "0208", "0208:", "0208:../../x", "a b:1"])
async def test_nobody_can_be_sent_anything_under_what_is_no_identifier(
    adapter: str, receiver: str, tmp_path: Path
) -> None:
    with pytest.raises(AccessPointRefused):
        await ADAPTERS[adapter](tmp_path).send(outgoing(receiver=receiver))


async def test_a_file_is_there_whole_and_nothing_else_is(tmp_path: Path) -> None:
    name = await FileDrop(tmp_path).send(outgoing())
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "<a>é</a>"


async def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessPointUnavailable):
        await FileDrop(tmp_path / "file" / "folder").send(outgoing())


class Answers:
    """An access point that does as the test says."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.sent: list[Outgoing] = []

    async def send(self, document: Outgoing) -> str:
        self.sent.append(document)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class NoRules(PeppolRules):
    """Finds what the test says, at once."""

    def __init__(self, *found: str) -> None:
        super().__init__()
        self.found = list(found)

    async def faults(self, xml: str) -> list[str]:
        return self.found


@pytest.mark.parametrize(
    ("answer", "faults", "state", "sent"),
    [
        ("ap-1", [], "sent", 1),
        (AccessPointRefused("unknown receiver"), [], "refused", 1),
        ("ap-1", ["[BR-01] wrong"], "faulty", 0),
        (None, [], "issued", 0),
    ],
)
async def test_what_became_of_an_invoice_is_kept(
    database_of: DatabaseOf, answer: str | Exception | None, faults: list[str], state: str, sent: int
) -> None:
    books = Books(await database_of("wallet"))
    wallet_id = await books.open()
    await books.use(wallet_id)
    await books.run()
    [invoice] = await books.documents(wallet_id)
    access_point = Answers(answer) if answer is not None else None
    send = send_invoice_job(books.database, NoRules(*faults), access_point)
    await send(job_of(invoice["id"]))
    async with books.database.acquire() as db:
        row = await db.fetchrow("SELECT state, reason, reference, sent_count FROM invoice_delivery")
    assert row is not None
    assert (row["state"], row["reference"], row["sent_count"]) == (
        state,
        "ap-1" if state == "sent" else None,
        int(state == "sent"),
    )
    assert (row["reason"] is None) == (state in ("sent", "issued"))
    assert len(access_point.sent if access_point else []) == sent


async def test_an_access_point_that_is_away_is_asked_again(database_of: DatabaseOf) -> None:
    books = Books(await database_of("wallet"))
    wallet_id = await books.open()
    await books.use(wallet_id)
    await books.run()
    [invoice] = await books.documents(wallet_id)
    send = send_invoice_job(books.database, NoRules(), Answers(AccessPointUnavailable("away")))
    with pytest.raises(Retry):
        await send(job_of(invoice["id"]))


async def test_what_did_not_reach_its_buyer_is_seen_by_who_watches(database_of: DatabaseOf) -> None:
    books = Books(await database_of("wallet"))
    for _ in range(3):
        await books.use(await books.open())
    await books.use(await books.open(address=None))
    await books.run()
    send = report(books.database, sends=True)
    await send()
    assert seen() == {"faulty": 0, "refused": 0, "undelivered": 0, "unaddressed": 1}
    async with books.database.transaction() as db:
        ids = [row["invoice_id"] for row in await db.fetch("SELECT invoice_id FROM invoice_delivery")]
        now = datetime.now(UTC)
        await store.note_delivery(db, ids[0], "faulty", reason="[BR-01]", now=now)
        await store.note_delivery(db, ids[1], "refused", reason="unknown", now=now)
        await store.note_delivery(db, ids[2], "issued", now=now - 2 * LATE)
    await send()
    assert seen() == {"faulty": 1, "refused": 1, "undelivered": 1, "unaddressed": 1}
    await report(books.database, sends=False)()
    assert seen()["undelivered"] == 0, "nothing is late where nothing is sent"


def seen() -> dict[str, float | None]:
    return {state: REGISTRY.get_sample_value("immo_wallet_invoices_in_trouble", {"state": state}) for state in STATES}


def job_of(invoice_id: UUID) -> Job:
    return Job(
        id=new_id(),
        kind=SEND_INVOICE_JOB,
        key=str(invoice_id),
        payload={"invoice_id": str(invoice_id)},
        headers={},
        attempt=1,
        forgiven=0,
        lease=new_id(),
    )
