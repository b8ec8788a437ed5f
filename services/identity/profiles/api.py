"""HTTP of "my data"."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.identity.accounts import rules as accounts
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account
from services.identity.context import At, own_of, utc_now
from services.identity.profiles import handlers, store
from services.identity.profiles.problems import PictureMissing
from services.identity.profiles.rules import (
    Address,
    AddressKind,
    Link,
    LinkKind,
    MyData,
    OfficialLanguage,
    Phone,
    PhoneKind,
    Salutation,
    Sex,
)
from shared.events.identity import Language
from shared.formats import BRUSSELS
from shared.phones import written
from shared.pictures import MEDIA_TYPE, SQUARE
from shared.tokens import Person, person

PICTURE_PATH = "/api/account/picture"

router = APIRouter(tags=["my data"])
Caller = Annotated[Person, person()]
Text = Annotated[str, Field(max_length=400)]


class PhoneView(BaseModel):
    """number: in any usual notation; kept and given back as E.164, with `written` for reading."""

    kind: PhoneKind
    number: Text
    extension: Text = ""
    written: str = ""


class AddressView(BaseModel):
    kind: AddressKind
    street: Text = ""
    number: Text = ""
    box: Text = ""
    postal_code: Text = ""
    city: Text = ""
    country: Annotated[str, Field(max_length=2)]


class LinkView(BaseModel):
    kind: LinkKind
    url: Text


class MyDataBody(BaseModel):
    """The whole of it: what is left out is removed. version: as it was read; another one is refused."""

    version: Annotated[int, Field(ge=0)]
    salutation: Salutation | None = None
    first_name: Text
    last_name: Text
    sex: Sex | None = None
    birth_date: date | None = None
    country: Annotated[str, Field(max_length=2)] | None = None
    official_language: OfficialLanguage | None = None
    language: Language
    phones: Annotated[list[PhoneView], Field(max_length=10)] = []
    addresses: Annotated[list[AddressView], Field(max_length=10)] = []
    links: Annotated[list[LinkView], Field(max_length=10)] = []


class MyDataView(MyDataBody):
    """picture: its SHA-256, None where there is none. locked_fields: read from the identity card."""

    username: str
    email: str
    eid_linked: bool
    locked_fields: tuple[str, ...]
    picture: str | None


class PictureView(BaseModel):
    picture: str


@router.get("/api/account/profile")
async def read(caller: Caller, at: At) -> MyDataView:
    async with at.database.acquire() as db:
        account = await get_account(db, caller.account_id)
        return _view(account, await store.read_data(db, account), await store.find_picture_hash(db, account.id))


@router.put("/api/account/profile")
async def save(body: MyDataBody, caller: Caller, at: At) -> MyDataView:
    now = utc_now()
    today = now.astimezone(BRUSSELS).date()
    async with at.database.transaction() as db:
        account, data = await handlers.save(
            db, caller.account_id, _data(body), master=own_of(at).master, today=today, now=now
        )
        picture = await store.find_picture_hash(db, account.id)
    return _view(account, data, picture)


@router.get(PICTURE_PATH)
async def read_picture(caller: Caller, at: At) -> Response:
    async with at.database.acquire() as db:
        picture = await store.find_picture(db, caller.account_id)
    if picture is None:
        raise PictureMissing()
    headers = {"etag": f'"{picture.sha256}"', "cache-control": "private, no-cache"}
    return Response(picture.body, media_type=MEDIA_TYPE, headers=headers)


@router.put(PICTURE_PATH)
async def save_picture(request: Request, caller: Caller, at: At) -> PictureView:
    """The body is the file itself, JPEG, PNG or WebP."""
    upload = await request.body()
    picture = await own_of(at).pictures.remake(upload, SQUARE)
    async with at.database.transaction() as db:
        await handlers.save_picture(db, caller.account_id, picture, now=utc_now())
    return PictureView(picture=picture.sha256)


@router.delete(PICTURE_PATH, status_code=204)
async def delete_picture(caller: Caller, at: At) -> None:
    async with at.database.transaction() as db:
        await handlers.delete_picture(db, caller.account_id, now=utc_now())


def _data(body: MyDataBody) -> MyData:
    given: dict[str, Any] = {name: getattr(body, name) for name in MyDataBody.model_fields}
    given["phones"] = tuple(Phone(p.kind, p.number, p.extension) for p in body.phones)
    given["addresses"] = tuple(Address(**a.model_dump()) for a in body.addresses)
    given["links"] = tuple(Link(**link.model_dump()) for link in body.links)
    return MyData(**given)


def _view(account: Account, data: MyData, picture: str | None) -> MyDataView:
    facts = asdict(data)
    for phone, facts_of in zip(data.phones, facts["phones"], strict=True):
        facts_of["written"] = written(phone.number)
    return MyDataView(
        **facts,
        username=account.username,
        email=account.email,
        eid_linked=account.is_eid_linked,
        locked_fields=accounts.locked_fields(account),
        picture=picture,
    )
