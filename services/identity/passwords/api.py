"""HTTP of passwords, for the gateway only: judged while they are typed, changed, forgotten."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.identity.accounts.rules import MIN_PASSWORD_CHARS, Account, check_password, normalise_password
from services.identity.context import At, own_of, utc_now
from services.identity.passwords import handlers
from services.identity.passwords.proof import is_still_right
from services.identity.passwords.rules import PasswordUnchanged
from services.identity.sessions import store as session_store
from services.identity.sessions.rules import PasswordWrong
from services.identity.sessions.views import SessionView, session_view
from shared.errors import Problem, Violations
from shared.http import words_of
from shared.tokens import peer

FOLDER = Path(__file__).parents[1]

router = APIRouter(tags=["passwords"], dependencies=[peer("gateway")])

Text = Annotated[str, Field(max_length=400)]
PasswordText = Annotated[str, Field(max_length=1000)]


class Judged(BaseModel):
    """known: names and addresses of whoever chooses it."""

    password: PasswordText
    known: Annotated[list[Text], Field(max_length=10)] = []


class Strength(BaseModel):
    """score: 0 (guessed at once) to 4. advice: in the reader's language. is_acceptable: a form with it is not refused for it."""

    score: int
    advice: list[str]
    is_acceptable: bool


class Change(BaseModel):
    session_token: Text
    current: PasswordText
    password: PasswordText


class Forgotten(BaseModel):
    """sends: False for whoever has a code already, and only wants to enter it."""

    email: Text
    client_address: Text = ""
    sends: bool = True


class Asked(BaseModel):
    reset_token: str
    retry_after_s: int


class Proof(BaseModel):
    reset_token: Text
    code: Annotated[str, Field(max_length=100)]


class Proven(BaseModel):
    username: str


class NewPassword(BaseModel):
    reset_token: Text
    password: PasswordText


@router.post("/internal/passwords/judge")
async def judge(body: Judged, request: Request, at: At) -> Strength:
    """Nothing of it is kept or logged."""
    judged = await own_of(at).passwords.judge(body.password, *body.known)
    words = words_of(request, FOLDER)
    advice = [words.sentence(sentence, {"min_length": MIN_PASSWORD_CHARS}) for sentence in judged.advice]
    return Strength(score=judged.score, advice=advice, is_acceptable=judged.score >= at.settings.password_min_score)


@router.post("/internal/passwords/change", response_model_exclude_none=True)
async def change(body: Change, at: At) -> SessionView:
    """The session goes on under another token; all others end."""
    own, now = own_of(at), utc_now()
    password, current = check_password(body.password), normalise_password(body.current)
    async with at.database.transaction() as db:
        begun = await handlers.begin_change(db, body.session_token, master=own.master, policy=own.sessions, now=now)
    if isinstance(begun, Problem):
        raise begun
    account, session = begun
    if not await own.passwords.verify(account.password_hash, current):
        async with at.database.transaction() as db:
            await handlers.fail_change(db, account, now=now)
        raise Violations([PasswordWrong(field="current")])
    if password == current:
        raise Violations([PasswordUnchanged(field="password")])
    await own.passwords.refuse_weak(password, *_known(account))
    password_hash = await own.passwords.hash(password)
    async with at.database.transaction() as db:
        await session_store.lock_sessions(db, account.id)
        if not await is_still_right(db, own.passwords, account, current):
            raise Violations([PasswordWrong(field="current")])
        opened = await handlers.change_password(db, account, session, password_hash, master=own.master, now=now)
    return await session_view(at, account, opened.session, token=opened.token, now=now)


@router.post("/internal/passwords/forgotten", status_code=202)
async def ask(body: Forgotten, at: At) -> Asked:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        token = await handlers.ask_reset(
            db, body.email, body.client_address, sends=body.sends, master=own.master, policy=own.codes, now=now
        )
    if isinstance(token, Problem):
        raise token
    return Asked(reset_token=token, retry_after_s=own.codes.resend_s)


@router.post("/internal/passwords/forgotten/prove")
async def prove(body: Proof, at: At) -> Proven:
    async with at.database.transaction() as db:
        outcome = await handlers.prove_reset(db, body.reset_token, body.code, master=own_of(at).master, now=utc_now())
    if isinstance(outcome, Problem):
        raise Violations([outcome])
    return Proven(username=outcome.username)


@router.post("/internal/passwords/forgotten/complete", status_code=204)
async def complete(body: NewPassword, at: At) -> Response:
    own, now = own_of(at), utc_now()
    password = check_password(body.password)
    async with at.database.acquire() as db:
        account = await handlers.get_proven(db, body.reset_token, now=now)
    await own.passwords.refuse_weak(password, *_known(account))
    password_hash = await own.passwords.hash(password)
    async with at.database.transaction() as db:
        await handlers.complete_reset(db, body.reset_token, password_hash, master=own.master, now=now)
    return Response(status_code=204)


def _known(account: Account) -> tuple[str, ...]:
    return account.first_name, account.last_name, account.username, account.email
