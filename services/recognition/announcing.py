"""The events that say what changed in what someone holds."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from services.recognition.held_store import Recognition
from services.recognition.rules import Entry, held_elsewhere
from shared.events.recognition import (
    HeldRecognition,
    RecognitionExpiring,
    RecognitionGranted,
    RecognitionLapsed,
    RecognitionsFetched,
)
from shared.sealed import Keyring


def fetched(
    account_id: UUID, registry: str, counting: Iterable[Recognition], keyring: Keyring, *, now: datetime
) -> RecognitionsFetched:
    """The keyring holds the person's key. counting: over all registries. Raises SubjectErased."""
    held = tuple(_held(account_id, one, keyring) for one in counting)
    return RecognitionsFetched(account_id=account_id, registry=registry, recognitions=held, fetched_at=now)


def granted(account_id: UUID, registry: str, entries: Iterable[Entry]) -> list[RecognitionGranted]:
    return [
        RecognitionGranted(
            account_id=account_id,
            kind=entry.kind,
            valid_until=entry.valid_until,
            source=registry,
            counts_until=_grace_end(entry),
        )
        for entry in entries
    ]


def lapsed(
    account_id: UUID, ended: Iterable[tuple[str, str]], counting: Collection[tuple[str, str]], *, cause: str
) -> list[RecognitionLapsed]:
    """ended, counting: kind and source, of what ceased to count and of all that counts now. cause: one of LAPSE_CAUSES."""
    return [
        RecognitionLapsed(
            account_id=account_id,
            kind=kind,
            source=source,
            held_elsewhere=held_elsewhere(kind, source, counting),
            cause=cause,
        )
        for kind, source in ended
    ]


def expiring(one: Recognition, valid_until: date, *, today: date) -> RecognitionExpiring:
    return RecognitionExpiring(
        account_id=one.account_id,
        kind=one.entry.kind,
        source=one.registry,
        valid_until=valid_until,
        days_left=max(0, (valid_until - today).days),
        counts_until=_grace_end(one.entry),
        in_grace=one.entry.is_in_grace(today),
    )


def valid(recognitions: Sequence[Recognition]) -> list[Recognition]:
    return [one for one in recognitions if one.state == "valid"]


def keys_of(recognitions: Iterable[Recognition]) -> list[tuple[str, str]]:
    return [(one.entry.kind, one.registry) for one in recognitions]


def _held(account_id: UUID, one: Recognition, keyring: Keyring) -> HeldRecognition:
    number = one.entry.number
    return HeldRecognition(
        kind=one.entry.kind,
        number=keyring.seal(account_id, "number", number) if number else None,
        valid_until=one.entry.valid_until,
        source=one.registry,
        counts_until=_grace_end(one.entry),
    )


def _grace_end(entry: Entry) -> date | None:
    """None where there is no grace: then it counts until its end."""
    return entry.counts_until if entry.grace_days else None
