"""HTTP of the eID, for the person's own pages."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.identity import audit
from services.identity.accounts.api import Profile, profile_of
from services.identity.context import At, own_of, utc_now
from services.identity.eid import handlers, store
from services.identity.eid.handlers import FRESH_S, Keys
from services.identity.eid.refusals import EidRefused
from services.identity.eid.rules import Kind, Outcome, Presented
from services.identity.eid.unlinking import unlink
from services.identity.sessions.handlers import Opened
from services.identity.sessions.views import SessionView, session_view
from shared.tokens import Person, person

router = APIRouter(tags=["eID"])


class ChallengeView(BaseModel):
    nonce: str
    expires_in_s: int


class CardAnswer(BaseModel):
    """token: as the Web eID extension gave it, untouched."""

    token: dict[str, Any]


class Linked(Profile):
    """session: with an access token that says eid, and under another token than before. outcome: unchanged for the same card again."""

    session: SessionView
    outcome: Outcome


class LinkView(BaseModel):
    """What its holder may know the card by. ending: of the certificate's serial number."""

    kind: Kind
    linked_at: datetime
    used_at: datetime | None
    ending: str
    valid_until: datetime | None


class LinkState(BaseModel):
    link: LinkView | None


@router.get("/api/eid")
async def read_link(caller: Annotated[Person, person()], at: At) -> LinkState:
    async with at.database.acquire() as db:
        link = await store.find_link(db, caller.account_id)
    if link is None or link.linked_at is None:
        return LinkState(link=None)
    view = LinkView(
        kind=link.kind,
        linked_at=link.linked_at,
        used_at=link.used_at,
        ending=link.certificate_ending,
        valid_until=link.valid_until,
    )
    return LinkState(link=view)


@router.post("/api/eid/challenge")
async def challenge(caller: Annotated[Person, person()], at: At) -> ChallengeView:
    ttl_s = at.settings.eid_challenge_ttl_s
    async with at.database.transaction() as db:
        made = await handlers.create_challenge(db, UUID(caller.session_id), ttl_s=ttl_s, now=utc_now())
    return ChallengeView(nonce=made.nonce, expires_in_s=ttl_s)


@router.post("/api/eid/link", response_model_exclude_none=True)
async def link(body: CardAnswer, caller: Annotated[Person, person()], at: At) -> Linked:
    now, session_id = utc_now(), UUID(caller.session_id)
    async with at.database.transaction() as db:
        nonce = await handlers.take_nonce(db, session_id, now=now)
    if isinstance(nonce, EidRefused):
        raise nonce
    card = await believed(at, partial(own_of(at).cards.read_token, body.token, nonce=nonce, now=now), now=now)
    opened, outcome = await link_card(at, caller.account_id, session_id, card, now=now)
    view = await session_view(at, opened.account, opened.session, token=opened.token, now=now)
    return Linked(**profile_of(opened.account).model_dump(), session=view, outcome=outcome)


async def believed(at: At, read: Callable[..., Awaitable[Presented]], *, now: datetime) -> Presented:
    """With no transaction open: an authority may be asked. A card that comes in during its outage is put on record."""

    async def account_of(card: Presented) -> UUID | None:
        async with at.database.acquire() as db:
            return await store.find_account_of_number(db, own_of(at).numbers.hashes(card.subject.text))

    async def is_linked(card: Presented) -> bool:
        return await account_of(card) is not None

    card = await read(is_linked=is_linked)
    if card.revocation == "unavailable":
        account_id = await account_of(card)
        actor = audit.person(account_id) if account_id else "anonymous"
        details: dict[str, object] = {"certificate_sha256": card.holder.certificate_sha256}
        async with at.database.transaction() as db:
            await audit.record(
                db, "eid-revocation-unchecked", now=now, actor=actor, account_id=account_id, details=details
            )
    return card


async def link_card(
    at: At, account_id: UUID, session_id: UUID, card: Presented, *, now: datetime
) -> tuple[Opened, Outcome]:
    """Also for the front door."""
    async with at.database.transaction() as db:
        return await handlers.link(db, account_id, session_id, card, keys=keys_of(at), now=now)


@router.post("/api/eid/unlink")
async def unlink_card(caller: Annotated[Person, person(fresh_s=FRESH_S)], at: At) -> Profile:
    """The session goes on, weaker: its next access token says so."""
    async with at.database.transaction() as db:
        account = await unlink(
            db, caller.account_id, actor=audit.person(caller.account_id), keep=UUID(caller.session_id), now=utc_now()
        )
    return profile_of(account)


def keys_of(at: At) -> Keys:
    return Keys(own_of(at).numbers, own_of(at).master)
