"""HTTP of keys: data keys for services, public keys for everyone."""

import base64
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.identity.context import At, own_of
from services.identity.keys.handlers import read_data_keys
from shared.tokens import peer, public

MAX_SUBJECTS = 2_000
_JWKS_MAX_AGE_S = 300

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


@router.post("/internal/data-keys", dependencies=[peer("organisation", "recognition", "wallet", "notify", "gateway")])
async def data_keys(body: Subjects, at: At) -> DataKeys:
    async with at.database.acquire() as db:
        found = await read_data_keys(db, own_of(at).master, body.subjects)
    views = {
        subject: None if key is None else DataKeyView(version=key.version, key=base64.b64encode(key.key).decode())
        for subject, key in found.items()
    }
    return DataKeys(keys=views)


@router.get("/oauth2/jwks", dependencies=[public("public keys")])
async def jwks(at: At, response: Response) -> dict[str, Any]:
    response.headers["cache-control"] = f"public, max-age={_JWKS_MAX_AGE_S}"
    return await own_of(at).signing.jwks()
