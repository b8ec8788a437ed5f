"""The pictures of organisations over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.organisation.at import At
from services.organisation.commands import command
from services.organisation.fields import Answer
from services.organisation.organisations.membership import Involved, Manager
from services.organisation.pictures import handlers, store
from services.organisation.pictures.rules import SHAPES, Kind, PictureMissing
from shared.pictures import MEDIA_TYPE
from shared.tokens import Person, person

UPLOADS = "/api/organisations/*/pictures/*"
"""The paths whose bodies are pictures."""
FOR_GOOD = "private, max-age=31536000, immutable"

router = APIRouter(prefix="/api/organisations/{organisation_id}/pictures")
Caller = Annotated[Person, person()]


class PictureAnswer(Answer):
    """picture: its name, under which it is served from now on."""

    picture: UUID


@router.get("/{name}")
async def read_picture(organisation_id: UUID, name: UUID, caller: Caller, at: At) -> Response:
    """Also for who waits for confirmation: it stands beside the organisation's name. Raises PictureMissing."""
    async with at.database.acquire() as db:
        involved = await Involved.of(db, organisation_id, caller)
        body = await store.find_picture(db, involved.organisation_id, name)
    if body is None:
        raise PictureMissing()
    return Response(body, media_type=MEDIA_TYPE, headers={"cache-control": FOR_GOOD, "etag": f'"{name}"'})


@router.put("/{kind}")
async def save_picture(organisation_id: UUID, kind: Kind, request: Request, caller: Caller, at: At) -> PictureAnswer:
    """The body is the file itself, JPEG, PNG or WebP.

    Raises PictureUnreadable, PictureTooLarge, PictureTooSmall, after it made sure that a manager asks: decoding is dear.
    """
    async with at.database.acquire() as db:
        await Manager.of(db, organisation_id, caller)
    picture = await at.own.pictures.remake(await request.body(), SHAPES[kind])

    @command
    async def save() -> UUID:
        async with at.database.transaction() as db:
            manager = await Manager.locked(db, organisation_id, caller)
            return await handlers.save_picture(db, manager, kind, picture, now=datetime.now(UTC))

    return PictureAnswer(picture=await save())


@router.delete("/{kind}", status_code=204)
@command
async def delete_picture(organisation_id: UUID, kind: Kind, caller: Caller, at: At) -> None:
    async with at.database.transaction() as db:
        manager = await Manager.locked(db, organisation_id, caller)
        await handlers.delete_picture(db, manager, kind)
