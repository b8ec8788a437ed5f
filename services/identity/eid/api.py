"""HTTP of the eID, for the person's own page."""

import asyncio
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.identity.accounts.api import Profile, profile_of
from services.identity.context import At, own_of, utc_now
from services.identity.eid import handlers
from services.identity.eid.refusals import EidRefused
from services.identity.eid.rules import NumberHasher
from services.identity.eid.validation import validate
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
    """session: with an access token that says eid."""

    session: SessionView


@router.post("/api/eid/challenge")
async def challenge(caller: Annotated[Person, person()], at: At) -> ChallengeView:
    ttl_s = at.settings.eid_challenge_ttl_s
    async with at.database.transaction() as db:
        made = await handlers.create_challenge(db, UUID(caller.session_id), ttl_s=ttl_s, now=utc_now())
    return ChallengeView(nonce=made.nonce, expires_in_s=ttl_s)


@router.post("/api/eid/link", response_model_exclude_none=True)
async def link(body: CardAnswer, caller: Annotated[Person, person()], at: At) -> Linked:
    own, now, session_id = own_of(at), utc_now(), UUID(caller.session_id)
    async with at.database.transaction() as db:
        nonce = await handlers.take_nonce(db, session_id, now=now)
    if isinstance(nonce, EidRefused):
        raise nonce
    check = partial(validate, body.token, nonce=nonce, origin=at.settings.public_origin, now=now, trust=own.trust)
    holder = await asyncio.to_thread(check)
    hasher = NumberHasher(at.settings.eid_hash_key)
    async with at.database.transaction() as db:
        account, session = await handlers.link(
            db, caller.account_id, session_id, holder, hasher=hasher, master=own.master, now=now
        )
    return Linked(**profile_of(account).model_dump(), session=await session_view(at, account, session, now=now))
