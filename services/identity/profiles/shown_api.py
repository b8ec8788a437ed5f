"""What an organisation may show of a person who belongs to it: its own service asks, once it has checked who looks."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from services.identity.accounts.handlers import get_account
from services.identity.context import At
from services.identity.profiles import store
from services.identity.profiles.problems import PictureMissing
from shared.events.identity import Language
from shared.pictures import MEDIA_TYPE
from shared.tokens import peer

router = APIRouter(prefix="/internal/accounts/{account_id}", dependencies=[peer("organisation")])


class Card(BaseModel):
    """language: preferred. picture: its SHA-256, None where there is none."""

    language: Language
    picture: str | None


@router.get("/card")
async def read_card(account_id: UUID, at: At) -> Card:
    """Raises AccountNotFound."""
    async with at.database.acquire() as db:
        account = await get_account(db, account_id)
        return Card(language=account.language, picture=await store.find_picture_hash(db, account_id))


@router.get("/picture")
async def read_picture(account_id: UUID, at: At) -> Response:
    """Raises PictureMissing."""
    async with at.database.acquire() as db:
        picture = await store.find_picture(db, account_id)
    if picture is None:
        raise PictureMissing()
    return Response(picture.body, media_type=MEDIA_TYPE)
