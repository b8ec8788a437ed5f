"""HTTP of keys: data keys for services, public keys for everyone."""

import base64
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.identity import audit
from services.identity.context import At, own_of, utc_now
from services.identity.keys import rewrapping
from services.identity.keys.handlers import add_data_key, destroy_data_key, read_data_keys, rotate_signing_key
from services.identity.keys.rotation import JWKS_MAX_AGE_S, Algorithm
from shared.tokens import peer, public

MAX_SUBJECTS = 2_000

router = APIRouter(tags=["keys"])


class Subjects(BaseModel):
    subjects: Annotated[list[UUID], Field(max_length=MAX_SUBJECTS)]


class DataKeyView(BaseModel):
    """key: base64 of 32 bytes."""

    version: int
    key: str


class DataKeys(BaseModel):
    """None for a subject whose key was destroyed: what was sealed for them stays unreadable."""

    keys: dict[UUID, DataKeyView | None]


class Rotation(BaseModel):
    """at_once: a key has leaked; what all present ones signed is void."""

    at_once: bool = False


class NextKey(BaseModel):
    """activates_at: when it begins to sign."""

    kid: str
    algorithm: Algorithm
    activates_at: datetime


class Rewrapped(BaseModel):
    done: int
    left: int


@router.post("/internal/data-keys", dependencies=[peer("organisation", "recognition", "wallet", "notify", "gateway")])
async def data_keys(body: Subjects, at: At) -> DataKeys:
    async with at.database.acquire() as db:
        found = await read_data_keys(db, own_of(at).master, body.subjects)
    views = {
        subject: None if key is None else DataKeyView(version=key.version, key=base64.b64encode(key.key).decode())
        for subject, key in found.items()
    }
    return DataKeys(keys=views)


@router.put("/internal/data-keys/{subject}", status_code=204, dependencies=[peer("organisation", "notify")])
async def add_key(subject: UUID, at: At) -> None:
    """For what is no account: a key of its own, until that is destroyed. May be repeated. Raises SubjectIsAnAccount."""
    async with at.database.transaction() as db:
        await add_data_key(db, own_of(at).master, subject, now=utc_now())


@router.delete("/internal/data-keys/{subject}", status_code=204, dependencies=[peer("organisation", "notify")])
async def destroy_key(subject: UUID, at: At) -> None:
    """Raises SubjectIsAnAccount."""
    async with at.database.transaction() as db:
        await destroy_data_key(db, subject, now=utc_now())
    at.keyring.forget(subject)


@router.get("/oauth2/jwks", dependencies=[public("public keys")])
async def jwks(at: At, response: Response) -> dict[str, Any]:
    response.headers["cache-control"] = f"public, max-age={JWKS_MAX_AGE_S}"
    return await own_of(at).signing.jwks()


@router.post("/internal/signing-keys/{algorithm}/rotate", dependencies=[peer("operator")])
async def rotate(algorithm: Algorithm, body: Rotation, at: At) -> NextKey:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        key = await rotate_signing_key(db, own.master, own.rotation, algorithm, at_once=body.at_once, now=now)
    own.signing.forget()
    return NextKey(kid=key.kid, algorithm=key.algorithm, activates_at=key.activates_at)


@router.post("/internal/keys/rewrap", dependencies=[peer("operator")])
async def rewrap(at: At) -> Rewrapped:
    """A batch; ask again while some are left."""
    master, now = own_of(at).master, utc_now()
    async with at.database.transaction() as db:
        done = await rewrapping.rewrap(db, master)
        left = await rewrapping.count_left(db, master)
        if done:
            details = {"master_key": master.id, "done": done, "left": left}
            await audit.record(db, "keys-rewrapped", now=now, actor="service:operator", details=details)
    return Rewrapped(done=done, left=left)
