"""HTTP of what the staff records by hand. Each request stands under a case that identity vouches for."""

from datetime import date
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from services.recognition import held_store, history_store, views
from services.recognition.at import At, today, utc_now
from services.recognition.rules import Entry
from services.recognition.support import handlers, rules, store
from services.recognition.support.rules import Case, EvidenceMissing
from services.recognition.views import KindAnswer, RecognitionAnswer, StaffLineAnswer
from shared.client import RemoteProblem
from shared.errors import NotFound
from shared.http import Language
from shared.markers import N_
from shared.tokens import Person, WrongCaller, person

RECORD_PATH = "/api/support/recognitions"
MAX_LINES = 200

router = APIRouter(tags=["support"])
Staff = Annotated[Person, person(acr="mfa", staff=rules.ROLE, fresh_s=rules.FRESH_S)]
Text = Annotated[str, Field(max_length=4_000)]


class CaseEnded(NotFound):
    code = "case-ended"
    message = N_("This case is closed. Open another one to go on.")


class FileBody(BaseModel):
    """content: base64."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Text
    content: Base64Bytes


class Record(BaseModel):
    """statement: what the evidence is and who has seen it. valid_until: the last day, None for no end."""

    model_config = ConfigDict(hide_input_in_errors=True)

    case_id: UUID
    kind: Text
    number: Text | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    statement: Text
    file: FileBody | None = None


class Withdrawal(BaseModel):
    kind: Text
    statement: Text


class CaseAnswer(BaseModel):
    """recorded: the kinds that the staff has recorded and that count."""

    account_id: UUID
    recognitions: list[RecognitionAnswer]
    history: list[StaffLineAnswer]
    kinds: list[KindAnswer]
    recorded: list[str]


@router.get("/api/support/recognitions/{case_id}")
async def read(case_id: UUID, caller: Staff, at: At, language: Language) -> CaseAnswer:
    case = await _case(at, case_id, caller)
    catalogue = at.own.catalogue
    async with at.database.acquire() as db:
        held = await held_store.recognitions_of(db, case.account_id)
        lines = await history_store.lines_of(db, case.account_id, before=None, limit=MAX_LINES)
    return CaseAnswer(
        account_id=case.account_id,
        recognitions=[views.recognition(one, catalogue, language, today=today()) for one in held],
        history=[views.staff_line(one, catalogue, language) for one in lines],
        kinds=views.kinds(catalogue, language),
        recorded=[one.entry.kind for one in held if one.registry == rules.ROLE and one.state == "valid"],
    )


@router.post(RECORD_PATH, status_code=204)
async def record(body: Record, caller: Staff, at: At) -> None:
    """Raises CaseEnded, and whatever speaks against what is to be recorded."""
    case = await _case(at, body.case_id, caller)
    now, day = utc_now(), today()
    kinds = frozenset(kind.id for kind in at.own.catalogue.kinds)
    entry = rules.check_entry(Entry(body.kind, body.number, body.valid_from, body.valid_until), kinds, today=day)
    statement = rules.check_statement(body.statement)
    file = rules.read_evidence(body.file.name, body.file.content) if body.file else None
    await at.keyring.fetch([case.account_id])
    async with at.database.transaction() as db:
        await handlers.record(db, case, entry, statement, file, at.keyring, today=day, now=now)


@router.post("/api/support/recognitions/{case_id}/withdraw", status_code=204)
async def withdraw(case_id: UUID, body: Withdrawal, caller: Staff, at: At) -> None:
    """Raises CaseEnded, StatementMissing, NotRecorded."""
    case = await _case(at, case_id, caller)
    statement = rules.check_statement(body.statement)
    await at.keyring.fetch([case.account_id])
    async with at.database.transaction() as db:
        await handlers.withdraw(db, case, body.kind, statement, at.keyring, now=utc_now())


@router.get("/api/support/recognitions/{case_id}/evidence/{evidence_id}", response_class=Response)
async def evidence(case_id: UUID, evidence_id: UUID, caller: Staff, at: At) -> Response:
    """The file, to be saved and never to be shown as a page of ours. Raises CaseEnded, EvidenceMissing."""
    case = await _case(at, case_id, caller)
    async with at.database.transaction() as db:
        file = await store.find_file(db, case.account_id, evidence_id)
        if file is None:
            raise EvidenceMissing()
        await handlers.note_reading(db, case, evidence_id)
    disposition = f"attachment; filename*=utf-8''{quote(file.name, safe='')}"
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return Response(file.content, media_type=file.media_type, headers=headers)


async def _case(at: At, case_id: UUID, caller: Person) -> Case:
    """Asked anew each time: a case ends, and so does the right to open one. Raises CaseEnded, WrongCaller, Unavailable."""
    try:
        found = await at.client("identity").get(f"/internal/support/cases/{case_id}/{caller.account_id}")
    except RemoteProblem as refusal:
        if refusal.code == WrongCaller.code:
            raise WrongCaller() from refusal
        raise CaseEnded() from refusal
    return Case(case_id, caller.account_id, UUID(found["account_id"]), found["reason"])
