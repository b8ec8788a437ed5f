"""HTTP of fresh proof, for the gateway only."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.accounts.rules import normalise_password
from services.identity.context import At, own_of, utc_now
from services.identity.factors.passkeys import Site
from services.identity.passwords.proof import is_still_right
from services.identity.sessions import confirmation
from services.identity.sessions import store as session_store
from services.identity.sessions.confirmation import PASSWORD
from services.identity.sessions.handlers import Opened
from services.identity.sessions.rules import PasswordWrong
from services.identity.sessions.views import SessionView, session_view
from shared.errors import Problem
from shared.tokens import peer

router = APIRouter(tags=["sessions"], dependencies=[peer("gateway")])


class Confirmation(BaseModel):
    """One of password, code (of the app, or a recovery code) and credential (a passkey's answer)."""

    session_token: Annotated[str, Field(max_length=400)]
    password: Annotated[str, Field(max_length=1000)] = ""
    code: Annotated[str, Field(max_length=100)] = ""
    credential: dict[str, Any] | None = None


class Confirming(BaseModel):
    session_token: Annotated[str, Field(max_length=400)]


class Options(BaseModel):
    """options: for `navigator.credentials`, in its JSON form."""

    options: dict[str, Any]


@router.post("/internal/sessions/confirm", response_model_exclude_none=True)
async def confirm(body: Confirmation, at: At) -> SessionView:
    """The same session, its proof renewed, under another token."""
    now = utc_now()
    if body.credential is None and not body.code:
        opened = await _by_password(body, at)
    else:
        own = own_of(at)
        async with at.database.transaction() as db:
            if body.credential is not None:
                answer = await confirmation.with_passkey(
                    db,
                    body.session_token,
                    body.credential,
                    site=Site.of(at.settings.public_origin),
                    master=own.master,
                    policy=own.sessions,
                    now=now,
                )
            else:
                answer = await confirmation.with_code(
                    db, body.session_token, body.code, master=own.master, policy=own.sessions, now=now
                )
        if isinstance(answer, Problem):
            raise answer
        opened = answer
    return await session_view(at, opened.account, opened.session, token=opened.token, now=now)


@router.post("/internal/sessions/confirm/passkey-options")
async def passkey_options(body: Confirming, at: At) -> Options:
    own, site = own_of(at), Site.of(at.settings.public_origin)
    async with at.database.transaction() as db:
        options = await confirmation.passkey_options(
            db, body.session_token, site=site, master=own.master, policy=own.sessions, now=utc_now()
        )
    return Options(options=options)


async def _by_password(body: Confirmation, at: At) -> Opened:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        begun = await confirmation.begin_with_password(
            db, body.session_token, master=own.master, policy=own.sessions, now=now
        )
    if isinstance(begun, Problem):
        raise begun
    account, session = begun
    password = normalise_password(body.password)
    if not await own.passwords.verify(account.password_hash, password):
        async with at.database.transaction() as db:
            await confirmation.fail(db, session, now=now)
        raise PasswordWrong(field="password")
    async with at.database.transaction() as db:
        await session_store.lock_sessions(db, account.id)
        if not await is_still_right(db, own.passwords, account, password):
            raise PasswordWrong(field="password")
        return await confirmation.confirm(db, account, session, PASSWORD, master=own.master, now=now)
