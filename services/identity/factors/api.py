"""HTTP of one's own second factors. What changes them asks for proof that is fresh."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.identity.accounts.handlers import get_account
from services.identity.context import At, own_of, utc_now
from services.identity.factors import challenges, handlers, passkeys, proof, store, totp
from services.identity.factors.passkeys import Site
from services.identity.factors.problems import PasskeysUnavailable
from services.identity.factors.rules import FEW_RECOVERY_CODES, FRESH_S
from services.identity.sessions.confirm_api import Options
from services.identity.sessions.views import SessionView, session_view
from shared.errors import Problem
from shared.tokens import Person, person

router = APIRouter(tags=["second factors"])
Fresh = Annotated[Person, person(fresh_s=FRESH_S)]

Text = Annotated[str, Field(max_length=400)]


class PasskeyView(BaseModel):
    id: UUID
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


class FactorsView(BaseModel):
    """passkeys_available: False where the public address is a number. few_codes: it is time for new ones."""

    passkeys: list[PasskeyView]
    passkeys_available: bool
    totp_since: datetime | None
    recovery_codes_left: int
    few_codes: bool


class TotpSetup(BaseModel):
    """secret: in base32. uri: the same for a QR code."""

    secret: str
    uri: str


class Code(BaseModel):
    code: Annotated[str, Field(max_length=100)]


class Name(BaseModel):
    name: Text


class NewPasskey(Name):
    credential: dict[str, Any]


class Added(BaseModel):
    """session: stronger than before, so under another token. recovery_codes_left: 0 where it is time to make some."""

    session: SessionView
    recovery_codes_left: int


class RecoveryCodes(BaseModel):
    codes: list[str]


@router.get("/api/factors")
async def read_factors(caller: Annotated[Person, person()], at: At) -> FactorsView:
    async with at.database.acquire() as db:
        found = await store.find_factors(db, caller.account_id)
    views = [
        PasskeyView(
            id=passkey.id,
            name=passkey.name,
            is_synced=passkey.is_synced,
            created_at=passkey.created_at,
            last_used_at=passkey.last_used_at,
        )
        for passkey in found.passkeys
    ]
    return FactorsView(
        passkeys=views,
        passkeys_available=_has_passkeys(at),
        totp_since=found.totp_since,
        recovery_codes_left=found.recovery_codes_left,
        few_codes=found.has_any and found.recovery_codes_left <= FEW_RECOVERY_CODES,
    )


@router.post("/api/factors/passkeys/options")
async def passkey_options(caller: Fresh, at: At) -> Options:
    site = Site.of(at.settings.public_origin)
    challenge = challenges.make(own_of(at).master, "register", caller.session_id, now=utc_now())
    async with at.database.acquire() as db:
        account = await get_account(db, caller.account_id)
        existing = await store.find_passkeys(db, caller.account_id)
    name = f"{account.first_name} {account.last_name}".strip()
    return Options(options=passkeys.registration_options(site, account.id, account.username, name, existing, challenge))


@router.post("/api/factors/passkeys", status_code=201, response_model_exclude_none=True)
async def add_passkey(body: NewPasskey, caller: Fresh, at: At) -> Added:
    own, now, site = own_of(at), utc_now(), Site.of(at.settings.public_origin)
    async with at.database.transaction() as db:
        challenge = await proof.take_challenge(
            db, body.credential, "register", caller.session_id, master=own.master, now=now
        )
    if isinstance(challenge, Problem):
        raise challenge
    registered = passkeys.verify_registration(site, body.credential, challenge)
    async with at.database.transaction() as db:
        opened = await handlers.add_passkey(
            db, caller.account_id, UUID(caller.session_id), registered, body.name, now=now
        )
        _, left = await store.find_totp_and_codes(db, caller.account_id)
    view = await session_view(at, opened.account, opened.session, token=opened.token, now=now)
    return Added(session=view, recovery_codes_left=left)


@router.put("/api/factors/passkeys/{passkey_id}", status_code=204)
async def rename_passkey(passkey_id: UUID, body: Name, caller: Fresh, at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.rename_passkey(db, caller.account_id, passkey_id, body.name)
    return Response(status_code=204)


@router.delete("/api/factors/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: UUID, caller: Fresh, at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.remove_passkey(db, caller.account_id, passkey_id, now=utc_now())
    return Response(status_code=204)


@router.post("/api/factors/totp")
async def begin_totp(caller: Fresh, at: At) -> TotpSetup:
    async with at.database.transaction() as db:
        account, secret = await handlers.begin_totp(db, caller.account_id, master=own_of(at).master, now=utc_now())
    return TotpSetup(secret=secret, uri=totp.uri(secret, account.username))


@router.put("/api/factors/totp", response_model_exclude_none=True)
async def finish_totp(body: Code, caller: Fresh, at: At) -> Added:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        opened = await handlers.finish_totp(
            db, caller.account_id, UUID(caller.session_id), body.code, master=own.master, now=now
        )
        _, left = await store.find_totp_and_codes(db, caller.account_id)
    view = await session_view(at, opened.account, opened.session, token=opened.token, now=now)
    return Added(session=view, recovery_codes_left=left)


@router.delete("/api/factors/totp", status_code=204)
async def remove_totp(caller: Fresh, at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.remove_totp(db, caller.account_id, now=utc_now())
    return Response(status_code=204)


@router.post("/api/factors/recovery-codes")
async def make_recovery_codes(caller: Fresh, at: At) -> RecoveryCodes:
    async with at.database.transaction() as db:
        codes = await handlers.make_recovery_codes(db, caller.account_id, master=own_of(at).master, now=utc_now())
    return RecoveryCodes(codes=codes)


def _has_passkeys(at: At) -> bool:
    try:
        Site.of(at.settings.public_origin)
    except PasskeysUnavailable:
        return False
    return True
