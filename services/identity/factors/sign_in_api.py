"""HTTP of signing in with a second factor or a passkey, for the gateway only."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.accounts import store as accounts
from services.identity.context import At, own_of, utc_now
from services.identity.factors import challenges, passkeys, sign_in, store
from services.identity.factors.passkeys import Site
from services.identity.factors.rules import UNFINISHED_TTL_S
from services.identity.passwords.proof import is_still_right
from services.identity.sessions.confirm_api import Options
from services.identity.sessions.handlers import Attempt
from services.identity.sessions.rules import Client, CredentialsWrong
from services.identity.sessions.views import SessionView, session_view
from shared.errors import Problem
from shared.tokens import peer

router = APIRouter(tags=["second factors"], dependencies=[peer("gateway")])

Token = Annotated[str, Field(min_length=20, max_length=400)]


class UnfinishedView(BaseModel):
    """token: for giving the second factor. methods: "passkey", "totp", "recovery-code", as far as the account has them."""

    token: str
    methods: tuple[str, ...]
    expires_in_s: int


class SecondFactorView(BaseModel):
    """In the place of a session: the password was right and is not enough."""

    second_factor: UnfinishedView


class Unfinished(BaseModel):
    token: Token


class SecondFactor(Unfinished):
    """Either code (of the app, or a recovery code) or credential (a passkey's answer)."""

    code: Annotated[str, Field(max_length=100)] = ""
    credential: dict[str, Any] | None = None


class Visitor(BaseModel):
    """bound_to: what only this browser has."""

    bound_to: Token


class PasskeySignIn(Visitor):
    credential: dict[str, Any]
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Annotated[str, Field(max_length=400)] = ""
    device: Annotated[str, Field(max_length=400)] = ""


async def begin(at: At, attempt: Attempt, client: Client, password: str, new_hash: str | None) -> SecondFactorView:
    """After the right password of an account that asks for more. new_hash: of that password, where the kept one is outdated.

    Raises CredentialsWrong, if it is no longer the right one.
    """
    now, account = utc_now(), attempt.account
    if account is None:
        raise ValueError("nobody gave a password")
    async with at.database.transaction() as db:
        if not await is_still_right(db, own_of(at).passwords, account, password):
            raise CredentialsWrong()
        token = await sign_in.begin(db, attempt, account, client, now=now)
        if new_hash is not None:
            await accounts.set_password_hash(db, account.id, new_hash)
        factors = await store.find_factors(db, account.id)
    methods = {
        "passkey": bool(factors.passkeys),
        "totp": factors.totp_since is not None,
        "recovery-code": factors.recovery_codes_left > 0,
    }
    offered = tuple(method for method, has in methods.items() if has)
    return SecondFactorView(second_factor=UnfinishedView(token=token, methods=offered, expires_in_s=UNFINISHED_TTL_S))


@router.post("/internal/sessions/second-factor", response_model_exclude_none=True)
async def finish(body: SecondFactor, at: At) -> SessionView:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        if body.credential is not None:
            site = Site.of(at.settings.public_origin)
            opened = await sign_in.finish_with_passkey(
                db, body.token, body.credential, site=site, master=own.master, policy=own.sessions, now=now
            )
        else:
            opened = await sign_in.finish_with_code(
                db, body.token, body.code, master=own.master, policy=own.sessions, now=now
            )
    if isinstance(opened, Problem):
        raise opened
    return await session_view(at, opened.account, opened.session, token=opened.token, now=now)


@router.post("/internal/sessions/second-factor/passkey-options")
async def second_factor_options(body: Unfinished, at: At) -> Options:
    site = Site.of(at.settings.public_origin)
    async with at.database.acquire() as db:
        options = await sign_in.passkey_options(db, body.token, site=site, master=own_of(at).master, now=utc_now())
    return Options(options=options)


@router.post("/internal/sessions/passkey/options")
async def passkey_options(body: Visitor, at: At) -> Options:
    """For whichever passkey the person has here; who it is, the passkey will say."""
    challenge = challenges.make(own_of(at).master, "sign-in", body.bound_to, now=utc_now())
    return Options(options=passkeys.assertion_options(Site.of(at.settings.public_origin), (), challenge))


@router.post("/internal/sessions/passkey", response_model_exclude_none=True)
async def with_passkey(body: PasskeySignIn, at: At) -> SessionView:
    own, now = own_of(at), utc_now()
    client = Client(body.user_agent, body.client_address, body.device)
    site = Site.of(at.settings.public_origin)
    async with at.database.transaction() as db:
        opened = await sign_in.with_passkey(
            db, body.credential, body.bound_to, client, site=site, master=own.master, policy=own.sessions, now=now
        )
    if isinstance(opened, Problem):
        raise opened
    return await session_view(at, opened.account, opened.session, token=opened.token, now=now)
