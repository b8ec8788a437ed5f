"""HTTP of accounts."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.identity.accounts import codes, handlers, rules, sign_up_limit, store
from services.identity.accounts.problems import AccountNotFound
from services.identity.accounts.rules import Account, Candidate
from services.identity.context import At, own_of, utc_now
from services.identity.sessions import handlers as sessions
from services.identity.sessions.handlers import Client
from services.identity.sessions.views import SessionView, session_view
from shared.errors import Problem
from shared.events.identity import Language
from shared.tokens import Person, peer, person

router = APIRouter(tags=["accounts"])

Text = Annotated[str, Field(max_length=400)]


class SignUp(BaseModel):
    """client_address, user_agent: of the browser, as the gateway sees them. device: the mark that the browser keeps."""

    first_name: Text
    last_name: Text
    username: Text
    email: Text
    password: Annotated[str, Field(max_length=1000)]
    language: Language
    terms_version: Annotated[str, Field(min_length=1, max_length=100)]
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Text = ""
    device: Text = ""


class SignedUp(BaseModel):
    account_id: UUID
    session: SessionView


class SessionToken(BaseModel):
    session_token: Text


class Activation(SessionToken):
    code: Annotated[str, Field(max_length=100)]


class Activated(BaseModel):
    session: SessionView


class CodeSent(BaseModel):
    retry_after_s: int


class Waiting(BaseModel):
    """Of an account whose code is to be entered: where it went, and after how many seconds there may be another."""

    email: str
    retry_after_s: int


class TermsAccepted(BaseModel):
    terms_version: Annotated[str, Field(min_length=1, max_length=100)]


class Address(BaseModel):
    email: Text


class Held(BaseModel):
    holds: bool


class Names(BaseModel):
    first_name: Text = ""
    last_name: Text = ""


class Proposal(BaseModel):
    username: str


class Lookup(BaseModel):
    """Either of them, exactly as the person has it."""

    email: Text | None = None
    username: Text | None = None


class LookedUp(BaseModel):
    account_id: UUID


class LanguageChoice(BaseModel):
    language: Language


class Profile(BaseModel):
    """locked_fields: read from the identity card, so not the person's to change."""

    id: UUID
    username: str
    first_name: str
    last_name: str
    email: str
    language: Language
    state: str
    eid_linked: bool
    birth_date: date | None
    sex: str | None
    locked_fields: tuple[str, ...]


@router.post("/internal/accounts", status_code=201, response_model_exclude_none=True, dependencies=[peer("gateway")])
async def sign_up(body: SignUp, at: At) -> SignedUp:
    own, now = own_of(at), utc_now()
    client = Client(body.user_agent, body.client_address, body.device)
    candidate = rules.check_sign_up(
        **body.model_dump(exclude={"user_agent", "client_address", "device"}), allow_test_domains=at.settings.is_demo
    )
    known = (candidate.first_name, candidate.last_name, candidate.username, candidate.email)
    await own.passwords.refuse_weak(candidate.password, *known)
    await _refuse_taken(at, candidate, body.client_address, now=now)
    password_hash = await own.passwords.hash(candidate.password)
    async with at.database.transaction() as db:
        account = await handlers.sign_up(
            db,
            candidate,
            password_hash,
            master=own.master,
            policy=own.codes,
            now=now,
            client_address=body.client_address,
        )
        opened = await sessions.open_session(db, account, client, policy=own.sessions, now=now)
    view = await session_view(at, account, opened.session, token=opened.token, now=now)
    return SignedUp(account_id=account.id, session=view)


async def _refuse_taken(at: At, candidate: Candidate, client_address: str, *, now: datetime) -> None:
    """Who hears too often that something is taken has to wait: they do not sign up, they look for names."""
    async with at.database.transaction() as db:
        refusal = await sign_up_limit.count(db, client_address, master=own_of(at).master, now=now)
    if refusal is not None:
        raise refusal
    async with at.database.transaction() as db:
        await handlers.refuse_taken(db, candidate)
        await sign_up_limit.take_back(db, client_address, master=own_of(at).master, now=now)


@router.post("/internal/username-proposal", dependencies=[peer("gateway")])
async def propose_username(body: Names, at: At) -> Proposal:
    async with at.database.acquire() as db:
        return Proposal(username=await handlers.propose_username(db, body.first_name, body.last_name))


@router.post("/internal/accounts/activate", response_model_exclude_none=True, dependencies=[peer("gateway")])
async def activate(body: Activation, at: At) -> Activated:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        account, session = await sessions.get_session(db, body.session_token, policy=own.sessions, now=now)
        outcome = await handlers.activate(db, account.id, body.code, master=own.master, now=now)
        opened = None if isinstance(outcome, Problem) else await sessions.renew_token(db, outcome, session)
    if isinstance(outcome, Problem) or opened is None:
        raise outcome  # pyright: ignore[reportGeneralTypeIssues] - only a Problem has no session
    view = await session_view(at, opened.account, opened.session, token=opened.token, now=now)
    return Activated(session=view)


@router.post("/internal/accounts/activation-code", status_code=202, dependencies=[peer("gateway")])
async def send_activation_code(body: SessionToken, at: At) -> CodeSent:
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        account, _ = await sessions.get_session(db, body.session_token, policy=own.sessions, now=now)
        retry_after_s = await handlers.send_activation_code(
            db, account.id, master=own.master, policy=own.codes, now=now
        )
    return CodeSent(retry_after_s=retry_after_s)


@router.post("/internal/accounts/lookup", dependencies=[peer("organisation")])
async def look_up(body: Lookup, at: At) -> LookedUp:
    async with at.database.acquire() as db:
        account_id = await store.find_account_id(db, username=body.username, email=body.email)
    if account_id is None:
        raise AccountNotFound()
    return LookedUp(account_id=account_id)


@router.post("/internal/accounts/{account_id}/holds-address", dependencies=[peer("organisation")])
async def holds_address(account_id: UUID, body: Address, at: At) -> Held:
    """Whether this is the address of the account, and was confirmed."""
    async with at.database.acquire() as db:
        owner = await store.find_account_id(db, username=None, email=body.email)
    return Held(holds=owner == account_id)


@router.get("/api/account")
async def read_profile(caller: Annotated[Person, person(acr="pending")], at: At) -> Profile:
    async with at.database.acquire() as db:
        return profile_of(await handlers.get_account(db, caller.account_id))


@router.get("/api/account/activation")
async def read_waiting(caller: Annotated[Person, person(acr="pending")], at: At) -> Waiting:
    async with at.database.acquire() as db:
        account = await handlers.get_account(db, caller.account_id)
        wait_s = await codes.wait_s(db, account.id, "activation", policy=own_of(at).codes, now=utc_now())
    return Waiting(email=account.email, retry_after_s=wait_s)


@router.put("/api/account/terms", status_code=204)
async def accept_terms(body: TermsAccepted, caller: Annotated[Person, person(acr="pending")], at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.accept_terms(db, caller.account_id, body.terms_version, now=utc_now())
    return Response(status_code=204)


@router.put("/api/account/language")
async def change_language(body: LanguageChoice, caller: Annotated[Person, person(acr="pending")], at: At) -> Profile:
    async with at.database.transaction() as db:
        account = await handlers.change_language(db, caller.account_id, body.language, master=own_of(at).master)
    return profile_of(account)


def profile_of(account: Account) -> Profile:
    return Profile(
        id=account.id,
        username=account.username,
        first_name=account.first_name,
        last_name=account.last_name,
        email=account.email,
        language=account.language,
        state=account.state,
        eid_linked=account.is_eid_linked,
        birth_date=account.birth_date,
        sex=account.sex,
        locked_fields=rules.locked_fields(account),
    )
