"""A service as small as one can be, for the tests of the kit: notes that people write."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field

from shared.db import constraint_of
from shared.errors import Conflict, NotFound, PaymentRequired, TooMany, Violations
from shared.http import Language
from shared.markers import N_
from shared.runtime import Runtime, runtime
from shared.service import Service
from shared.settings import Settings
from shared.tokens import Peer, Person, Tool, peer, person, public, tool


class ExampleSettings(Settings):
    service: ClassVar[str] = "notify"  # it borrows the name, so that others know its key


class NoteTaken(Conflict):
    code = "note-taken"
    message = N_("There is a note of this name.")


class NoteUnknown(NotFound):
    code = "note-unknown"
    message = N_("There is no such note.")


class BalanceShort(PaymentRequired):
    code = "balance-short"
    message = "The balance is {balance_cents:money}."


class NoteInput(BaseModel):
    name: str = Field(min_length=2, max_length=10)
    colour: Literal["red", "blue"] = "red"
    count: int = Field(default=1, ge=1, le=9)
    tags: list[str] = []


router = APIRouter()
At = Annotated[Runtime[ExampleSettings], runtime()]


@router.get("/api/me")
async def me(caller: Annotated[Person, person()]) -> dict[str, Any]:
    return {"account_id": caller.account_id, "acr": caller.acr}


@router.get("/api/strong")
async def strong(caller: Annotated[Person, person(acr="eid")]) -> dict[str, Any]:
    return {"acr": caller.acr}


@router.post("/api/charges")
async def charge(caller: Annotated[Tool, tool("charges")]) -> dict[str, Any]:
    return {"tool_id": caller.tool_id}


@router.get("/internal/peers")
async def peers(caller: Annotated[Peer, peer("gateway")]) -> dict[str, str]:
    return {"service": caller.service}


@router.get("/outside/peers")
async def misplaced(caller: Annotated[Peer, peer("gateway")]) -> dict[str, str]:
    return {"service": caller.service}


@router.get("/api/language", dependencies=[public("test")])
async def language(language: Language) -> str:
    return language


@router.post("/api/notes", dependencies=[public("test")], status_code=201)
async def add(note: NoteInput, at: At) -> dict[str, str]:
    try:
        async with at.database.transaction() as db:
            await db.execute("INSERT INTO inbox (consumer, event_id) VALUES ('note', $1)", note.name)
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) != "inbox_pk":
            raise
        raise NoteTaken(field="name") from error
    return {"name": note.name}


@router.get("/api/notes/{name}", dependencies=[public("test")])
async def show(name: str, at: At) -> dict[str, str]:
    async with at.database.acquire() as db:
        if await db.fetchval("SELECT event_id FROM inbox WHERE consumer = 'note' AND event_id = $1", name) is None:
            raise NoteUnknown()
    return {"name": name}


@router.get("/api/problems/{kind}", dependencies=[public("test")])
async def problems(kind: str) -> None:
    if kind == "many":
        raise TooMany(retry_after_s=0)
    if kind == "short":
        raise BalanceShort(balance_cents=123_456, short_cents=1)
    if kind == "several":
        raise Violations([NoteTaken(field="name"), BalanceShort(field="amount", balance_cents=5)])
    raise RuntimeError("secret: anna@example.org")


@router.get("/api/slow", dependencies=[public("test")])
async def slow() -> str:
    await asyncio.sleep(1)
    return "done"


def _setup(at: Runtime[Any]) -> dict[str, bool]:
    return {"set up": True}


def _extend(app: FastAPI, _: Runtime[Any]) -> None:
    app.state.extended = True


SERVICE = Service(
    name="notify",
    folder=Path(__file__).parent / "example_folder",
    settings=ExampleSettings,
    routers=[router],
    setup=_setup,
    extend=_extend,
    max_body_bytes=10_000,
)
