"""What is shown of someone's recognitions, in the reader's language."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.recognition.catalogue import Catalogue
from services.recognition.connectors.gate.store import State
from services.recognition.held_store import Recognition
from services.recognition.history_store import Line
from services.recognition.inquiry_store import Inquiry
from services.recognition.rules import SUPPORT


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class RecognitionAnswer(_Answer):
    """source: the registry's id, or `support`; source_name: empty for support. counts_until: later than valid_until where there is grace.

    in_grace: its validity has ended, and it counts all the same until then.
    """

    kind: str
    name: str
    number: str | None
    state: Literal["valid", "lapsed"]
    valid_from: date | None
    valid_until: date | None
    counts_until: date | None
    in_grace: bool
    source: str
    source_name: str
    fetched_at: datetime


class LagAnswer(_Answer):
    from_months: int
    to_months: int


class RegistryAnswer(_Answer):
    """state: pending while it was asked and no answer came yet; unavailable when asking fails. What was known stays.

    as_of: the day up to which the registry knew. lag: how long it can take until someone new is in it.
    """

    registry: str
    name: str
    state: Literal["pending", "answered", "unavailable"]
    asked_at: datetime
    answered_at: datetime | None
    as_of: date | None
    lag: LagAnswer | None


class LineAnswer(_Answer):
    """why: answer, ended, withdrawn, grace, card-unlinked, number-let-go, recorded-by-support, withdrawn-by-support."""

    id: int
    at: datetime
    kind: str
    name: str
    source: str
    source_name: str
    change: Literal["granted", "changed", "in-grace", "lapsed"]
    why: str
    number: str | None
    valid_from: date | None
    valid_until: date | None


class StaffLineAnswer(LineAnswer):
    """statement, file_name: of the evidence, where there was some."""

    evidence_id: UUID | None
    statement: str | None
    file_name: str | None


class KindAnswer(_Answer):
    """ways: how one gets it. grace_days: how long it counts after its end while the registry has said nothing else."""

    kind: str
    name: str
    description: str
    ways: str
    grace_days: int
    registry: str
    registry_name: str
    lag: LagAnswer | None


def recognition(one: Recognition, catalogue: Catalogue, language: str, *, today: date) -> RecognitionAnswer:
    entry, is_valid = one.entry, one.state == "valid"
    return RecognitionAnswer(
        kind=entry.kind,
        name=kind_name(catalogue, entry.kind, language),
        number=entry.number,
        state="valid" if is_valid else "lapsed",
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        counts_until=entry.counts_until,
        in_grace=is_valid and entry.is_in_grace(today),
        source=one.registry,
        source_name=_source_name(catalogue, one.registry, language),
        fetched_at=one.fetched_at,
    )


def registry(one: Inquiry, state: State | None, catalogue: Catalogue, language: str) -> RegistryAnswer:
    found = catalogue.find_registry(one.registry)
    is_file = found is not None and found.connector.type == "file"
    return RegistryAnswer.model_validate(
        {
            "registry": one.registry,
            "name": catalogue.name_of(one.registry, language),
            "state": one.state,
            "asked_at": one.asked_at,
            "answered_at": one.answered_at,
            "as_of": state.as_of if is_file and state else one.as_of,
            "lag": _lag(catalogue, one.registry),
        }
    )


def line(one: Line, catalogue: Catalogue, language: str) -> LineAnswer:
    return LineAnswer.model_validate(_line(one, catalogue, language))


def staff_line(one: Line, catalogue: Catalogue, language: str) -> StaffLineAnswer:
    more = {"evidence_id": one.evidence_id, "statement": one.statement, "file_name": one.file_name}
    return StaffLineAnswer.model_validate({**_line(one, catalogue, language), **more})


def kinds(catalogue: Catalogue, language: str) -> list[KindAnswer]:
    return [
        KindAnswer(
            kind=kind.id,
            name=kind.names[language],
            description=kind.descriptions[language],
            ways=kind.ways[language],
            grace_days=kind.grace_days,
            registry=kind.registry,
            registry_name=catalogue.name_of(kind.registry, language),
            lag=_lag(catalogue, kind.registry),
        )
        for kind in catalogue.kinds
    ]


def kind_name(catalogue: Catalogue, kind_id: str, language: str) -> str:
    found = catalogue.find_kind(kind_id)
    return found.names[language] if found else kind_id


def _line(one: Line, catalogue: Catalogue, language: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "kind": one.kind,
        "name": kind_name(catalogue, one.kind, language),
        "source": one.source,
        "source_name": _source_name(catalogue, one.source, language),
        "change": one.change,
        "why": one.why,
        "number": one.number,
        "valid_from": one.valid_from,
        "valid_until": one.valid_until,
    }


def _source_name(catalogue: Catalogue, source: str, language: str) -> str:
    return "" if source == SUPPORT else catalogue.name_of(source, language)


def _lag(catalogue: Catalogue, registry_id: str) -> LagAnswer | None:
    found = catalogue.find_registry(registry_id)
    return LagAnswer(**found.lag.model_dump()) if found and found.lag else None
