"""For operators: how the registries are doing, and reading a file of theirs by hand."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from services.recognition.at import At
from services.recognition.connectors.files import store as file_store
from services.recognition.connectors.files.registry import FileRegistry
from services.recognition.connectors.files.rules import NoFileRegistry, day_of
from services.recognition.connectors.files.store import FileRecord
from services.recognition.registries import Condition, conditions
from shared.tokens import peer

FILES_PATH = "/internal/registry-files"
MAX_FILE_BYTES = 2_000_000_000

router = APIRouter(tags=["operator"])


class FaultAnswer(BaseModel):
    line: int
    why: str


class FileAnswer(BaseModel):
    """lines: of the file, bad ones included. changed, removed: what it says of people that was not known, or says no more."""

    name: str
    state: Literal["applied", "refused"]
    why: str | None
    as_of: date | None
    lines: int
    bad: int
    changed: int
    removed: int
    read_at: datetime
    faults: list[FaultAnswer] = []


class ConditionAnswer(BaseModel):
    """circuit: closed, open (left alone until open_until) or half-open. waiting: questions that wait. pending: people without an answer."""

    registry: str
    connector: str
    circuit: Literal["closed", "open", "half-open"]
    open_until: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    failed_why: str | None
    as_of: date | None
    waiting: int
    pending: int
    changes_read_at: datetime | None
    files: list[FileAnswer]


@router.get("/internal/registries", dependencies=[peer("operator")])
async def registries(at: At) -> list[ConditionAnswer]:
    async with at.database.acquire() as db:
        found = await conditions(db, at.own)
    return [_condition(one) for one in found]


@router.put(FILES_PATH, dependencies=[peer("operator")])
async def read_file(
    request: Request,
    at: At,
    registry: Annotated[str, Query(max_length=50)],
    name: Annotated[str, Query(min_length=1, max_length=200)],
    as_of: date | None = None,
    accept_shrunken: bool = False,
) -> FileAnswer:
    """The body is the file. Answers once it is read, and what became of it. Raises NoFileRegistry, FileBeingRead."""
    connector = at.own.connectors.get(registry)
    if not isinstance(connector, FileRegistry):
        raise NoFileRegistry(registry=registry)
    with tempfile.TemporaryDirectory(prefix="registry-file-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            async for part in request.stream():
                file.write(part)
        day = as_of or day_of(name, connector.files.file)
        record = await connector.files.read(path, name, as_of=day, accept_shrunken=accept_shrunken)
    async with at.database.acquire() as db:
        faults = await file_store.faults_of(db, record.id)
    return _file(record, [FaultAnswer(line=fault.line, why=fault.why) for fault in faults])


def _condition(one: Condition) -> ConditionAnswer:
    state = one.state
    return ConditionAnswer.model_validate(
        {
            "registry": one.registry.id,
            "connector": one.registry.connector.type,
            "circuit": one.circuit,
            "open_until": state.circuit.open_until if state else None,
            "answered_at": state.answered_at if state else None,
            "failed_at": state.failed_at if state else None,
            "failed_why": state.failed_why if state else None,
            "as_of": one.as_of,
            "waiting": one.waiting,
            "pending": one.pending,
            "changes_read_at": one.polled_at,
            "files": [_file(file, []) for file in one.files],
        }
    )


def _file(record: FileRecord, faults: list[FaultAnswer]) -> FileAnswer:
    names = ("name", "state", "why", "as_of", "lines", "bad", "changed", "removed", "read_at")
    return FileAnswer.model_validate({**{name: getattr(record, name) for name in names}, "faults": faults})
