"""The desk that issues virtual cards, and revokes them."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from tools.world import registry
from tools.world.cards import (
    Algorithm,
    Authority,
    Card,
    Condition,
    Person,
    Sex,
    issue_card,
    national_number,
    now_utc,
)
from tools.world.revocation import CARD, crl_url, ocsp_url
from tools.world.store import Store
from tools.world.world import WorldOf

NUMBERS_A_DAY = 499

router = APIRouter(tags=["cards"])


class WantedCard(BaseModel):
    """national_number: of a card to be renewed; without it, a new person is made up around what is given."""

    first_name: str = Field(min_length=1, max_length=80, pattern=r"\S")
    last_name: str = Field(min_length=1, max_length=80, pattern=r"\S")
    birth_date: date | None = None
    sex: Sex | None = None
    national_number: str | None = Field(None, pattern=r"^\d{11}$")
    recognitions: list[str] = Field([], max_length=20)
    algorithm: Algorithm = "ES384"
    authority: Authority = "citizen"
    condition: Condition = "valid"


@router.post("/cards", status_code=201)
async def issue(wanted: WantedCard, world: WorldOf) -> Card:
    """Issue a card and tell the registry what its holder holds."""
    person = Person(
        first_name=wanted.first_name.strip(),
        last_name=wanted.last_name.strip(),
        national_number=wanted.national_number or _free_number(world.store, wanted),
    )
    card = issue_card(
        person,
        world.pki.authorities[wanted.authority],
        authority=wanted.authority,
        algorithm=wanted.algorithm,
        condition=wanted.condition,
        ocsp_url=ocsp_url(world),
        crl_url=crl_url(world, wanted.authority),
        now=now_utc(),
    )
    world.store.put(CARD, card.card_id, card.model_dump(), label=wanted.condition)
    _register(world.store, person, wanted.recognitions)
    return card


@router.get("/cards")
async def cards(world: WorldOf, limit: int = 50) -> list[dict[str, Any]]:
    """List the newest cards, each with what the registry knows of its holder now."""
    found = [document.body for document in world.store.newest(CARD, limit=limit)]
    return [card | {"recognitions": _held(world.store, card["national_number"])} for card in found]


@router.post("/cards/{card_id}/revoke")
async def revoke(card_id: str, world: WorldOf) -> Card:
    found = world.store.find(CARD, card_id)
    if found is None:
        raise HTTPException(404, "No such card")
    card = Card.model_validate(found).model_copy(update={"condition": "revoked"})
    world.store.put(CARD, card_id, card.model_dump(), label=card.condition)
    return card


def _held(store: Store, number: str) -> list[str]:
    entry = registry.find_entry(store, number)
    return [held.kind for held in entry.recognitions] if entry else []


def _register(store: Store, person: Person, kinds: list[str]) -> None:
    entry = registry.find_entry(store, person.national_number) or registry.Entry(**person.model_dump())
    for kind in kinds:
        wanted = registry.Grant(national_number=person.national_number, kind=kind)
        entry = registry.granted(entry, wanted, today=now_utc().date())
    registry.save_entry(store, entry)


def _free_number(store: Store, wanted: WantedCard) -> str:
    """Return a number that no made-up person has yet, for the birth date and sex wanted or for any."""
    for birth, sex, counter in _candidates(wanted):
        number = national_number(birth, sex, counter)
        if registry.find_entry(store, number) is None:
            return number
    raise HTTPException(409, "Nobody else can be born on that day")


def _candidates(wanted: WantedCard) -> Iterator[tuple[date, Sex, int]]:
    sex: Sex = wanted.sex or random.choice(("M", "F"))
    birth = wanted.birth_date or date(random.randint(1955, 2003), random.randint(1, 12), random.randint(1, 28))
    start = random.randrange(NUMBERS_A_DAY)
    for step in range(NUMBERS_A_DAY):
        yield birth, sex, (start + step) % NUMBERS_A_DAY
