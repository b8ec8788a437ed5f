"""HTTP of old accounts: the upgrade, for the gateway; the list and one more, for the person's own page; the import, for operators."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.accounts import sign_up_limit
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account
from services.identity.context import At, own_of, utc_now
from services.identity.keys.rules import MasterKey
from services.identity.legacy import attaching, claims, importing, signing_in
from services.identity.legacy.claims import FRESH_S, Claimed, Given
from services.identity.legacy.importing import Batch, Outcome
from services.identity.legacy.rules import Missing
from services.identity.legacy.views import OldAccountView
from services.identity.sessions import handlers as sessions
from services.identity.sessions.rules import Client, CredentialsWrong, effective_acr
from services.identity.sessions.views import SessionView, session_view
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import Language
from shared.tokens import AcrTooWeak, Person, peer, person

MAX_LINES = 1_000
IMPORT_PATH = "/internal/old-accounts/import"
IMPORT_MAX_BYTES = 8_000_000
router = APIRouter(tags=["old accounts"])

Text = Annotated[str, Field(max_length=400)]
PasswordText = Annotated[str, Field(max_length=1000)]


class Token(BaseModel):
    """terms_version: the one in force."""

    upgrade_token: Text
    terms_version: Annotated[str, Field(max_length=100)]


class Upgrade(Token):
    """What was asked for; empty where it was not."""

    first_name: Text = ""
    last_name: Text = ""
    username: Text = ""
    email: Text = ""
    password: PasswordText = ""
    language: Language
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Text = ""
    device: Text = ""


class ClaimView(BaseModel):
    """What is known, to be shown and corrected; `missing` is what must be given."""

    tool_ids: tuple[str, ...]
    missing: tuple[Missing, ...]
    first_name: str
    last_name: str
    username: str
    email: str


class Attachment(BaseModel):
    upgrade_token: Text
    session_token: Text


class OldCredentials(BaseModel):
    identifier: Text
    password: PasswordText
    client_address: Text = ""


class OldAccounts(BaseModel):
    old_accounts: tuple[OldAccountView, ...]


class Lines(BaseModel):
    """tool_id: of lines that name none. trusted: memberships hold without a manager's confirming them."""

    lines: Annotated[list[Any], Field(max_length=MAX_LINES)]
    tool_id: Text = ""
    trusted: bool = True
    dry_run: bool = False


class LineView(BaseModel):
    outcome: Outcome
    reason: str
    notes: tuple[str, ...]


class Imported(BaseModel):
    """One for each line, in their order."""

    results: tuple[LineView, ...]


@router.post("/internal/old-accounts/claim", dependencies=[peer("gateway")])
async def read_claim(body: Token, at: At) -> ClaimView:
    return _claim_view(await _read(at, body, now=utc_now()))


@router.post("/internal/old-accounts/upgrade", response_model_exclude_none=True, dependencies=[peer("gateway")])
async def upgrade(body: Upgrade, at: At) -> SessionView:
    own, now = own_of(at), utc_now()
    claimed = await _read(at, body, email=body.email.strip(), now=now)
    given = Given(
        first_name=body.first_name,
        last_name=body.last_name,
        username=body.username,
        email=body.email,
        password=body.password,
    )
    candidate = claims.wanted_account(
        claimed,
        given,
        language=body.language,
        terms_version=body.terms_version,
        allow_test_domains=at.settings.is_demo,
    )
    new_hash = None
    if body.password:
        known = (candidate.first_name, candidate.last_name, candidate.username, candidate.email)
        await own.passwords.refuse_weak(candidate.password, *known)
        new_hash = await own.passwords.hash(candidate.password)
    client = Client(body.user_agent, body.client_address, body.device)
    await _count_names(at, body.client_address, now=now)
    async with at.database.transaction() as db:
        account = await claims.make_account(
            db,
            body.upgrade_token,
            candidate,
            new_hash,
            master=own.master,
            policy=own.codes,
            now=now,
            client_address=body.client_address,
        )
        await sign_up_limit.take_back(db, body.client_address, master=own.master, now=now)
        opened = await sessions.open_session(db, account, client, policy=own.sessions, now=now)
    return await session_view(at, account, opened.session, token=opened.token, now=now)


@router.post("/internal/old-accounts/attach", dependencies=[peer("gateway")])
async def attach(body: Attachment, at: At) -> OldAccounts:
    """To the account that is signed in, which gave its own proof a moment ago."""
    own, now = own_of(at), utc_now()
    async with at.database.transaction() as db:
        account, session = await sessions.get_session(db, body.session_token, policy=own.sessions, now=now)
        if effective_acr(account, session) == "pending":
            raise AcrTooWeak(needed="pwd")
        claims.require_fresh(session, now=now)
        await claims.attach_to(db, body.upgrade_token, account.id, master=own.master, now=now)
        return await _list(db, account, own.master)


@router.get("/api/old-accounts")
async def list_old_accounts(caller: Annotated[Person, person()], at: At) -> OldAccounts:
    async with at.database.acquire() as db:
        account = await get_account(db, caller.account_id)
        return await _list(db, account, own_of(at).master)


@router.post("/api/old-accounts")
async def attach_another(
    body: OldCredentials, caller: Annotated[Person, person(fresh_s=FRESH_S)], at: At
) -> OldAccounts:
    """By the credentials of the older tool; they are tried under the same limits as at a sign-in."""
    own, now = own_of(at), utc_now()
    client = Client(address=body.client_address)
    async with at.database.acquire() as db:
        attempt = await sessions.begin_attempt(db, body.identifier, client, master=own.master, now=now)
    if isinstance(attempt, Problem):
        raise attempt
    token = await signing_in.sign_in(at, attempt, body.identifier, body.password, client)
    if token is None:
        async with at.database.transaction() as db:
            await sessions.fail_attempt(db, attempt, client, now=now)
        raise CredentialsWrong()
    async with at.database.transaction() as db:
        await claims.attach_to(db, token, caller.account_id, master=own.master, now=now)
        return await _list(db, await get_account(db, caller.account_id), own.master)


@router.post(IMPORT_PATH, dependencies=[peer("operator")])
async def import_lines(body: Lines, at: At) -> Imported:
    """A batch is one transaction. Passwords are never computed here, only read."""
    batch = Batch(body.lines, body.tool_id, is_trusted=body.trusted, allow_test_domains=at.settings.is_demo)
    read = await asyncio.to_thread(importing.read_batch, batch, own_of(at).master)
    async with at.database.transaction() as db:
        results = await importing.import_batch(db, read, master=own_of(at).master, now=utc_now(), dry_run=body.dry_run)
    return Imported(results=tuple(LineView(outcome=r.outcome, reason=r.reason, notes=r.notes) for r in results))


async def _count_names(at: At, client_address: str, *, now: datetime) -> None:
    """As at a sign-up: an old account is no licence to find out which names and addresses are taken."""
    async with at.database.transaction() as db:
        refusal = await sign_up_limit.count(db, client_address, master=own_of(at).master, now=now)
    if refusal is not None:
        raise refusal


async def _read(at: At, body: Token, *, email: str = "", now: datetime) -> Claimed:
    async with at.database.transaction() as db:
        return await claims.read(
            db,
            body.upgrade_token,
            terms_version=body.terms_version,
            email=email,
            master=own_of(at).master,
            now=now,
        )


async def _list(db: Connection, account: Account, master: MasterKey) -> OldAccounts:
    found = await attaching.attached_of(db, account.id, master=master)
    return OldAccounts(
        old_accounts=tuple(
            OldAccountView(tool_id=one.tool_id, attached_at=one.attached_at, username=name) for one, name in found
        )
    )


def _claim_view(claimed: Claimed) -> ClaimView:
    record = claimed.record
    return ClaimView(
        tool_ids=claimed.tool_ids,
        missing=claimed.missing,
        first_name=record.first_name,
        last_name=record.last_name,
        username=claimed.username,
        email=record.email,
    )
