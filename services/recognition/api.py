"""A person's own recognitions over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.recognition import handlers, held_store, history_store, inquiry_store, store, views
from services.recognition.at import At, today, utc_now
from services.recognition.connectors.gate import store as gate_store
from services.recognition.export import export_of
from services.recognition.views import KindAnswer, LineAnswer, RecognitionAnswer, RegistryAnswer
from shared.http import Language
from shared.tokens import Person, peer, person

MAX_LINES = 100
HIGHEST_ID = 2**63 - 1

router = APIRouter()
Caller = Annotated[Person, person()]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class OwnAnswer(_Answer):
    """can_ask: whether registries can be asked. They cannot without a national number: of a card of another country, or once it
    was let go because its card did not come by for long. ask_again_at: from when the person may have them asked; None for at once.
    """

    recognitions: list[RecognitionAnswer]
    registries: list[RegistryAnswer]
    can_ask: bool
    ask_again_at: datetime | None


class AskedAnswer(_Answer):
    """registries: which were asked."""

    registries: list[str]


class HistoryAnswer(_Answer):
    """Newest first. next: for `before`, where there is more."""

    lines: list[LineAnswer]
    next: int | None


@router.get("/api/recognitions")
async def own_recognitions(caller: Caller, at: At, language: Language) -> OwnAnswer:
    catalogue, now = at.own.catalogue, utc_now()
    async with at.database.acquire() as db:
        recognitions = await held_store.recognitions_of(db, caller.account_id)
        inquiries = await inquiry_store.inquiries_of(db, caller.account_id)
        subject = await store.find_subject(db, caller.account_id)
        states = {state.registry: state for state in await gate_store.states_of(db, at.own.registries)}
        again_at = await handlers.ask_again_at(db, caller.account_id)
    return OwnAnswer(
        recognitions=[views.recognition(one, catalogue, language, today=today()) for one in recognitions],
        registries=[views.registry(one, states.get(one.registry), catalogue, language) for one in inquiries],
        can_ask=subject is None or subject.national_number is not None,
        ask_again_at=again_at if again_at and again_at > now else None,
    )


@router.get("/api/recognitions/history")
async def own_history(
    caller: Caller,
    at: At,
    language: Language,
    before: Annotated[int | None, Query(ge=1, le=HIGHEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 20,
) -> HistoryAnswer:
    async with at.database.acquire() as db:
        lines = await history_store.lines_of(db, caller.account_id, before=before, limit=limit + 1)
    shown = [views.line(one, at.own.catalogue, language) for one in lines[:limit]]
    return HistoryAnswer(lines=shown, next=shown[-1].id if len(lines) > limit else None)


@router.post("/api/recognitions/refresh", status_code=202)
async def refresh(caller: Caller, at: At) -> AskedAnswer:
    """Raises EidNotLinked, TooSoon."""
    async with at.database.transaction() as db:
        await handlers.request_refresh(db, caller, at.own.registries, now=utc_now())
    return AskedAnswer(registries=at.own.registries)


@router.get("/api/recognition-kinds")
async def kinds(caller: Caller, at: At, language: Language) -> list[KindAnswer]:
    return views.kinds(at.own.catalogue, language)


@router.get("/internal/export/{account_id}", dependencies=[peer("identity", "gateway")])
async def export(account_id: UUID, at: At) -> dict[str, object]:
    """All that this service knows of the person; the keys are explained in docs/export.md. Raises Unavailable."""
    await at.keyring.fetch([account_id])
    async with at.database.acquire() as db:
        return await export_of(db, account_id, at.keyring)
