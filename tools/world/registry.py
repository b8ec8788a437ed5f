"""The registry simulator: who holds which recognition, what changed, and how badly it answers today.

Its manners are those of real ones: slow, failing, limited, months behind, about somebody else, the same twice over, cut off in the middle,
or a page that speaks of maintenance where an answer was expected, with status 200.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from tools.world.behaviour import AskedBehaviour, Behaviour, behaviour_of, misbehave, set_behaviour
from tools.world.store import Store
from tools.world.world import WorldOf

KIND = "registry-person"
CHANGES_AT_ONCE = 500
USUAL_VALIDITY = timedelta(days=730)
STRANGER = "85010100105"
MAINTENANCE_PAGE = "<!doctype html><title>Maintenance</title><h1>We are back on Monday</h1>"

router = APIRouter(prefix="/registry", tags=["registry"])
caller = HTTPBearer(description="Any bearer: the simulator keeps no list of callers")
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(caller)]
NationalNumber = Annotated[str, Field(pattern=r"^\d{11}$")]


class Recognition(BaseModel):
    """valid_until: the last day on which it holds. recorded_on: when the registry got to know; one that lags has not yet."""

    kind: str = Field(min_length=1, max_length=60)
    number: str = Field(max_length=60)
    valid_from: date
    valid_until: date
    recorded_on: date = Field(default_factory=lambda: datetime.now(UTC).date())


class Entry(BaseModel):
    national_number: NationalNumber
    first_name: str | None = None
    last_name: str | None = None
    recognitions: list[Recognition] = []


class Lookup(BaseModel):
    national_number: NationalNumber


class Replacement(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    recognitions: list[Recognition]


class Named(BaseModel):
    national_number: NationalNumber
    kind: str


class Grant(Named):
    """What is left out is made up: a number, valid from a year ago until two years from now."""

    number: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    recorded_on: date | None = None


def find_entry(store: Store, number: str) -> Entry | None:
    found = store.find(KIND, number)
    return Entry.model_validate(found) if found else None


def save_entry(store: Store, entry: Entry) -> None:
    store.put(KIND, entry.national_number, entry.model_dump(mode="json"))


def granted(entry: Entry, grant: Grant, *, today: date) -> Entry:
    recognition = Recognition(
        kind=grant.kind,
        number=grant.number or _made_up_number(grant),
        valid_from=grant.valid_from or today - timedelta(days=365),
        valid_until=grant.valid_until or today + USUAL_VALIDITY,
        recorded_on=grant.recorded_on or today,
    )
    others = [held for held in entry.recognitions if held.kind != grant.kind]
    return entry.model_copy(update={"recognitions": [*others, recognition]})


def lapsed(entry: Entry, kind: str, *, today: date) -> Entry:
    ended = {"valid_until": today - timedelta(days=1)}
    changed = [held.model_copy(update=ended) if held.kind == kind else held for held in entry.recognitions]
    return entry.model_copy(update={"recognitions": changed})


def known_to(entry: Entry, behaviour: Behaviour, *, today: date) -> list[Recognition]:
    """What the registry tells of it, in its present state."""
    known = entry.recognitions
    if "lag" in behaviour.modes:
        latest = today - timedelta(days=behaviour.lag_days)
        known = [held for held in known if held.recorded_on <= latest]
    return [*known, *known] if "duplicate" in behaviour.modes else known


async def manners(store: Store) -> Behaviour:
    """Be slow or fail as told; what spoils an answer comes when there is one."""
    behaviour = behaviour_of(store, "registry")
    if "maintenance" in behaviour.modes:
        return behaviour
    return await misbehave(store, "registry")


def spoilt(behaviour: Behaviour, answer: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """The answer, or what came of it."""
    if "maintenance" in behaviour.modes:
        return Response(MAINTENANCE_PAGE, 200, media_type="text/html")
    if "truncated" in behaviour.modes:
        answer = answer[: len(answer) // 2]
    return Response(answer, 200, headers, media_type)


def _made_up_number(grant: Grant) -> str:
    digits = int(grant.national_number) * 31 + sum(grant.kind.encode())
    return f"{500_000 + digits % 100_000}"


@router.post("/v1/lookup")
async def look_up(asked: Lookup, world: WorldOf, _: Bearer) -> Response:
    """Answer with the person asked for and what they hold; someone the registry has never heard of holds nothing."""
    behaviour = await manners(world.store)
    number = STRANGER if "wrong-person" in behaviour.modes else asked.national_number
    entry = find_entry(world.store, number) or Entry(national_number=number)
    known = [
        held.model_dump(mode="json", exclude={"recorded_on"}) for held in known_to(entry, behaviour, today=_today())
    ]
    person = {key: getattr(entry, key) for key in ("national_number", "first_name", "last_name")}
    answer: dict[str, Any] = {"person": person, "recognitions": known}
    if "lag" in behaviour.modes:
        answer["as_of"] = str(_today() - timedelta(days=behaviour.lag_days))
    return spoilt(behaviour, json.dumps(answer).encode(), "application/json")


@router.get("/v1/changes")
async def changes(
    world: WorldOf, _: Bearer, after: int = 0, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Name everyone whose entry changed after the cursor. Ask again until nobody is named, or until 304 says that nobody would be."""
    behaviour = await manners(world.store)
    changed = world.store.oldest(KIND, after=after, limit=CHANGES_AT_ONCE)
    cursor = changed[-1].position if changed else after
    etag = f'"after-{cursor}"'
    if not changed and if_none_match == etag:
        return Response(status_code=304, headers={"etag": etag})
    answer = json.dumps({"cursor": cursor, "national_numbers": [document.key for document in changed]}).encode()
    return spoilt(behaviour, answer, "application/json", {"etag": etag})


@router.put("/control/persons/{national_number}")
async def replace(national_number: NationalNumber, new: Replacement, world: WorldOf) -> Entry:
    known = find_entry(world.store, national_number) or Entry(national_number=national_number)
    entry = known.model_copy(update={name: getattr(new, name) for name in new.model_fields_set})
    save_entry(world.store, entry)
    return entry


@router.post("/control/lapse")
async def lapse(named: Named, world: WorldOf) -> Entry:
    """End a recognition yesterday."""
    known = find_entry(world.store, named.national_number)
    if known is None or not any(held.kind == named.kind for held in known.recognitions):
        raise HTTPException(404, "Nobody of that number holds it")
    entry = lapsed(known, named.kind, today=_today())
    save_entry(world.store, entry)
    return entry


@router.post("/control/grant")
async def grant(wanted: Grant, world: WorldOf) -> Entry:
    known = find_entry(world.store, wanted.national_number) or Entry(national_number=wanted.national_number)
    entry = granted(known, wanted, today=_today())
    save_entry(world.store, entry)
    return entry


@router.post("/control/behaviour")
async def behave(asked: AskedBehaviour, world: WorldOf) -> Behaviour:
    """mode: ok, slow, error, rate-limited, maintenance, truncated, wrong-person, duplicate or lag; of files also empty, shrunken."""
    return set_behaviour(world.store, "registry", asked)


def _today() -> date:
    return datetime.now(UTC).date()
