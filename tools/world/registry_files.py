"""The files that a registry delivers: all who hold a recognition of one kind, as its own programs have written them out."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from tools.world import registry
from tools.world.behaviour import Behaviour
from tools.world.cards import national_number
from tools.world.store import Store
from tools.world.world import WorldOf

HEADER = ("INSZ", "NAAM", "DOSSIER", "VAN", "TOT")
OTHERS = 60
"""Made-up people who are in every file: no real one is ever empty."""

router = APIRouter(prefix="/registry/files", tags=["registry"])
caller = HTTPBasic(description="Any name and password: the simulator keeps no list of callers")
Basic = Annotated[HTTPBasicCredentials, Depends(caller)]


@router.get("/{kind}.csv")
async def whole_file(
    kind: str, world: WorldOf, _: Basic, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """A line for each person who holds a recognition of this kind, or held it."""
    behaviour = await registry.manners(world.store)
    today = datetime.now(UTC).date()
    lines = [*_others(today), *_known(world.store, kind, behaviour, today)]
    content = _written(_fewer(lines, behaviour))
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if if_none_match == etag and not behaviour.modes:
        return Response(status_code=304, headers={"etag": etag})
    as_of = today - timedelta(days=behaviour.lag_days) if "lag" in behaviour.modes else today
    modified = format_datetime(datetime.combine(as_of, time(6), UTC), usegmt=True)
    return registry.spoilt(behaviour, content, "text/csv", {"etag": etag, "last-modified": modified})


def _known(store: Store, kind: str, behaviour: Behaviour, today: date) -> Iterator[tuple[str, ...]]:
    position = 0
    while documents := store.oldest(registry.KIND, after=position, limit=500):
        for document in documents:
            entry = registry.Entry.model_validate(document.body)
            name = " ".join(part for part in (entry.first_name, entry.last_name) if part)
            for held in registry.known_to(entry, behaviour, today=today):
                if held.kind == kind:
                    yield (entry.national_number, name, held.number, _day(held.valid_from), _day(held.valid_until))
        position = documents[-1].position


def _others(today: date) -> Iterator[tuple[str, ...]]:
    ends = _day(date(today.year + 1, 12, 31))
    for count in range(OTHERS):
        number = national_number(date(1950, 1 + count % 12, 1 + count % 28), "M" if count % 2 else "F", count)
        yield number, f"Medewerker {count}", f"{700_000 + count}", "01/01/2020", ends


def _fewer(lines: list[tuple[str, ...]], behaviour: Behaviour) -> list[tuple[str, ...]]:
    if "empty" in behaviour.modes:
        return []
    return lines[: len(lines) // 3] if "shrunken" in behaviour.modes else lines


def _written(lines: list[tuple[str, ...]]) -> bytes:
    """As spreadsheets write it: semicolons, and a mark at the beginning that says UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
