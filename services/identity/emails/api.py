"""HTTP of changing one's mail address."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.identity.accounts.emails import normalise_email
from services.identity.context import At, own_of, utc_now
from services.identity.emails import handlers
from services.identity.sessions import handlers as sessions
from shared.errors import Problem, Violations
from shared.tokens import Person, peer, person

router = APIRouter(tags=["email address"])

FRESH_S = 900
Member = Annotated[Person, person()]
Proven = Annotated[Person, person(fresh_s=FRESH_S)]


class NewAddress(BaseModel):
    email: Annotated[str, Field(max_length=400)]


class CorrectedAddress(NewAddress):
    session_token: Annotated[str, Field(max_length=400)]


class Code(BaseModel):
    code: Annotated[str, Field(max_length=100)]


class Address(BaseModel):
    """pending: the new one, while it waits for its code."""

    email: str
    pending: str | None = None
    retry_after_s: int = 0


@router.get("/api/account/email")
async def read(caller: Member, at: At) -> Address:
    async with at.database.acquire() as db:
        state = await handlers.read_state(db, caller.account_id, policy=own_of(at).codes, now=utc_now())
    return Address(email=state.email, pending=state.pending, retry_after_s=state.retry_after_s)


@router.put("/api/account/email", status_code=202)
async def request(body: NewAddress, caller: Proven, at: At) -> Address:
    own, now = own_of(at), utc_now()
    email = _checked(body.email, at)
    async with at.database.transaction() as db:
        refusal = await handlers.count_request(db, caller.account_id, master=own.master, now=now)
    if refusal is not None:
        raise refusal
    async with at.database.transaction() as db:
        await handlers.request_change(db, caller.account_id, email, master=own.master, policy=own.codes, now=now)
    return await read(caller, at)


@router.post("/api/account/email/code", status_code=202)
async def resend(caller: Member, at: At) -> Address:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        await handlers.resend_code(db, caller.account_id, master=own.master, policy=own.codes, now=now)
    return await read(caller, at)


@router.post("/api/account/email/confirm")
async def confirm(body: Code, caller: Member, at: At) -> Address:
    async with at.database.transaction() as db:
        outcome = await handlers.confirm_change(
            db, caller.account_id, body.code, master=own_of(at).master, now=utc_now()
        )
    if isinstance(outcome, Problem):
        raise Violations([outcome])
    return Address(email=outcome.email)


@router.delete("/api/account/email", status_code=204)
async def cancel(caller: Member, at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.cancel_change(db, caller.account_id, now=utc_now())
    return Response(status_code=204)


@router.post("/internal/accounts/activation-address", status_code=202, dependencies=[peer("gateway")])
async def correct(body: CorrectedAddress, at: At) -> Address:
    """Before the activation: the address that was meant when signing up."""
    own, now = own_of(at), utc_now()
    email = _checked(body.email, at)
    async with at.database.transaction() as db:
        account, _ = await sessions.get_session(db, body.session_token, policy=own.sessions, now=now)
        refusal = await handlers.count_request(db, account.id, master=own.master, now=now)
    if refusal is not None:
        raise refusal
    async with at.database.transaction() as db:
        await handlers.correct_address(db, account.id, email, master=own.master, policy=own.codes, now=now)
    return Address(email=email)


def _checked(email: str, at: At) -> str:
    try:
        return normalise_email(email, allow_test_domains=at.settings.is_demo)
    except Problem as problem:
        raise Violations([problem]) from problem
