"""The desk that issues virtual cards, and the responder that says whether they are revoked."""

import base64
import binascii
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi import APIRouter, HTTPException, Request, Response
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
from tools.world.store import Store
from tools.world.world import World, WorldOf

KIND = "card"
NUMBERS_A_DAY = 499
OCSP_LIFE = timedelta(hours=12)
OCSP_BYTES = 10_000
ANSWER = "application/ocsp-response"

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
        ocsp_url=f"{world.settings.own_url}/ocsp",
        now=now_utc(),
    )
    world.store.put(KIND, card.card_id, card.model_dump(), label=wanted.condition)
    _register(world.store, person, wanted.recognitions)
    return card


@router.get("/cards")
async def cards(world: WorldOf, limit: int = 50) -> list[dict[str, Any]]:
    """List the newest cards, each with what the registry knows of its holder now."""
    found = [document.body for document in world.store.newest(KIND, limit=limit)]
    return [card | {"recognitions": _held(world.store, card["national_number"])} for card in found]


@router.post("/cards/{card_id}/revoke")
async def revoke(card_id: str, world: WorldOf) -> Card:
    found = world.store.find(KIND, card_id)
    if found is None:
        raise HTTPException(404, "No such card")
    card = Card.model_validate(found).model_copy(update={"condition": "revoked"})
    world.store.put(KIND, card_id, card.model_dump(), label=card.condition)
    return card


@router.post("/ocsp")
async def answer_post(request: Request, world: WorldOf) -> Response:
    return _answer(world, await request.body())


@router.get("/ocsp/{encoded:path}")
async def answer_get(encoded: str, world: WorldOf) -> Response:
    try:
        return _answer(world, base64.b64decode(encoded, validate=True))
    except binascii.Error:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)


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


def _answer(world: World, asked: bytes) -> Response:
    try:
        if len(asked) > OCSP_BYTES:
            raise ValueError("too long")
        request = ocsp.load_der_ocsp_request(asked)
        found = world.store.find(KIND, f"{request.serial_number:x}")
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if found is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    signed = _status(world, Card.model_validate(found), request)
    return Response(signed.public_bytes(Encoding.DER), media_type=ANSWER)


def _status(world: World, card: Card, request: ocsp.OCSPRequest) -> ocsp.OCSPResponse:
    authority, responder = world.pki.authorities[card.authority], world.pki.responders[card.authority]
    revoked, now = card.condition == "revoked", now_utc().replace(microsecond=0)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=x509.load_der_x509_certificate(base64.b64decode(card.certificate)),
            issuer=authority.certificate,
            algorithm=request.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + OCSP_LIFE,
            revocation_time=now if revoked else None,
            revocation_reason=x509.ReasonFlags.certificate_hold if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    for extension in request.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    return builder.sign(responder.key, SHA384())


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> Response:
    return Response(ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER), media_type=ANSWER)
