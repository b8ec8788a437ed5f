"""A person's own recognitions over HTTP."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.recognition import handlers, inquiry_store, store
from services.recognition.catalogue import Catalogue, Kind
from services.recognition.export import export_of
from services.recognition.inquiry_store import Inquiry
from services.recognition.jobs import Desk
from services.recognition.settings import RecognitionSettings
from services.recognition.store import Recognition
from shared.http import Language
from shared.runtime import Runtime, runtime
from shared.tokens import Person, peer, person

router = APIRouter()
Caller = Annotated[Person, person()]


class RecognitionRuntime(Runtime[RecognitionSettings]):
    """The runtime as `app.py` sets it up."""

    own: Desk


At = Annotated[RecognitionRuntime, runtime()]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class RecognitionAnswer(_Answer):
    kind: str
    name: str
    number: str | None
    state: Literal["valid", "lapsed"]
    valid_until: date | None
    source: str
    fetched_at: datetime


class RegistryAnswer(_Answer):
    """state: pending while it was asked and no answer came yet; unavailable when asking fails. What was known stays."""

    registry: str
    name: str
    state: Literal["pending", "answered", "unavailable"]
    asked_at: datetime
    answered_at: datetime | None


class OwnAnswer(_Answer):
    """can_ask: whether registries can be asked. They cannot without a national number: of a card of another country, or once it
    was let go because its card did not come by for long.
    """

    recognitions: list[RecognitionAnswer]
    registries: list[RegistryAnswer]
    can_ask: bool


class AskedAnswer(_Answer):
    """registries: which were asked."""

    registries: list[str]


class KindAnswer(_Answer):
    kind: str
    name: str
    description: str
    registry: str
    registry_name: str


@router.get("/api/recognitions")
async def own_recognitions(caller: Caller, at: At, language: Language) -> OwnAnswer:
    async with at.database.acquire() as db:
        recognitions = await store.recognitions_of(db, caller.account_id)
        inquiries = await inquiry_store.inquiries_of(db, caller.account_id)
        subject = await store.find_subject(db, caller.account_id)
    catalogue = at.own.catalogue
    return OwnAnswer(
        recognitions=[_recognition(one, catalogue, language) for one in recognitions],
        registries=[_registry(one, catalogue, language) for one in inquiries],
        can_ask=subject is None or subject.national_number is not None,
    )


@router.post("/api/recognitions/refresh", status_code=202)
async def refresh(caller: Caller, at: At) -> AskedAnswer:
    """Raises EidNotLinked, TooSoon."""
    registries = [registry.id for registry in at.own.catalogue.registries]
    async with at.database.transaction() as db:
        await handlers.request_refresh(db, caller, registries, now=datetime.now(UTC))
    return AskedAnswer(registries=registries)


@router.get("/api/recognition-kinds")
async def kinds(caller: Caller, at: At, language: Language) -> list[KindAnswer]:
    return [
        KindAnswer(
            kind=kind.id,
            name=kind.names[language],
            description=kind.descriptions[language],
            registry=kind.registry,
            registry_name=_registry_name(at.own.catalogue, kind.registry, language),
        )
        for kind in at.own.catalogue.kinds
    ]


@router.get("/internal/export/{account_id}", dependencies=[peer("identity", "gateway")])
async def export(account_id: UUID, at: At) -> dict[str, object]:
    """All that this service knows of the person; the keys are explained in docs/export.md. Raises Unavailable."""
    await at.keyring.fetch([account_id])
    async with at.database.acquire() as db:
        return await export_of(db, account_id, at.keyring)


def _recognition(one: Recognition, catalogue: Catalogue, language: str) -> RecognitionAnswer:
    kinds_by_id: dict[str, Kind] = {kind.id: kind for kind in catalogue.kinds}
    kind = kinds_by_id.get(one.entry.kind)
    return RecognitionAnswer(
        kind=one.entry.kind,
        name=kind.names[language] if kind else one.entry.kind,
        number=one.entry.number,
        state="valid" if one.state == "valid" else "lapsed",
        valid_until=one.entry.valid_until,
        source=one.registry,
        fetched_at=one.fetched_at,
    )


def _registry(one: Inquiry, catalogue: Catalogue, language: str) -> RegistryAnswer:
    return RegistryAnswer.model_validate(
        {
            "registry": one.registry,
            "name": _registry_name(catalogue, one.registry, language),
            "state": one.state,
            "asked_at": one.asked_at,
            "answered_at": one.answered_at,
        }
    )


def _registry_name(catalogue: Catalogue, registry_id: str, language: str) -> str:
    found = next((registry for registry in catalogue.registries if registry.id == registry_id), None)
    return found.names[language] if found else registry_id
