"""HTTP of sessions, for the gateway only."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.identity.accounts.rules import normalise_password
from services.identity.context import At, own_of, utc_now
from services.identity.factors import sign_in_api
from services.identity.factors.sign_in_api import SecondFactorView
from services.identity.legacy import signing_in as old_accounts
from services.identity.legacy.signing_in import Newcomer
from services.identity.legacy.views import UpgradeView
from services.identity.passwords.proof import is_still_right
from services.identity.sessions import handlers
from services.identity.sessions.handlers import Attempt, Client
from services.identity.sessions.opening_store import Proven
from services.identity.sessions.rules import CredentialsWrong, PasswordReplaced
from services.identity.sessions.views import SessionView, session_view
from shared.direct import Direct, as_json, posted
from shared.errors import Problem
from shared.events.identity import Language
from shared.tokens import peer

router = APIRouter(tags=["sessions"], dependencies=[peer("gateway")])

Text = Annotated[str, Field(max_length=400)]


class SignIn(BaseModel):
    """client_address: of the browser, as the gateway sees it. device: a mark that the browser keeps.

    language, terms_version: for who comes from an older tool.
    """

    identifier: Text
    password: Annotated[str, Field(max_length=1000)]
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Text = ""
    device: Text = ""
    language: Language = "fr"
    terms_version: Text = ""


class SessionToken(BaseModel):
    session_token: Text


async def sign_in(request: Request, at: At) -> Response:
    return as_json(await _sign_in(await posted(request, SignIn), at))


router.add_api_route(
    "/internal/sessions",
    sign_in,
    methods=["POST"],
    response_model=SessionView | SecondFactorView | UpgradeView,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": SignIn.model_json_schema()}}}},
    route_class_override=Direct,
)


async def _sign_in(body: SignIn, at: At) -> SessionView | SecondFactorView | UpgradeView:
    own, now = own_of(at), utc_now()
    client = Client(body.user_agent, body.client_address, body.device)
    async with at.database.acquire() as db:  # one statement, and thus a transaction of its own
        attempt = await handlers.begin_attempt(db, body.identifier, client, master=own.master, now=now)
    if isinstance(attempt, Problem):
        raise attempt
    password = normalise_password(body.password)
    account = attempt.account
    is_right = await own.passwords.verify(account.password_hash if account else None, password)
    if account is None or not is_right:
        newcomer = Newcomer(client, body.language, body.terms_version)
        entered = await old_accounts.enter(at, attempt, body.identifier, password, newcomer)
        if entered is not None:
            return entered
        await _fail(at, attempt, client)
        raise CredentialsWrong()
    new_hash = await own.passwords.hash(password) if own.passwords.is_outdated(account.password_hash) else None
    if account.has_second_factor:
        return await sign_in_api.begin(at, attempt, client, password, new_hash)
    proven = Proven(account.password_hash, new_hash)
    try:
        async with at.database.statement() as db:
            opened = await handlers.sign_in(db, attempt, account, client, policy=own.sessions, now=now, proven=proven)
    except PasswordReplaced:
        async with at.database.transaction() as db:
            if not await is_still_right(db, own.passwords, account, password):
                raise CredentialsWrong() from None
            opened = await handlers.sign_in(db, attempt, account, client, policy=own.sessions, now=now)
    return await session_view(at, opened.account, opened.session, token=opened.token, now=now)


@router.post("/internal/sessions/refresh", response_model_exclude_none=True)
async def refresh(body: SessionToken, at: At) -> SessionView:
    now = utc_now()
    async with at.database.transaction() as db:
        account, session = await handlers.get_session(db, body.session_token, policy=own_of(at).sessions, now=now)
    return await session_view(at, account, session, now=now)


@router.post("/internal/sessions/end", status_code=204)
async def end(body: SessionToken, at: At) -> Response:
    async with at.database.transaction() as db:
        await handlers.end_session(db, body.session_token, now=utc_now())
    return Response(status_code=204)


async def _fail(at: At, attempt: Attempt, client: Client) -> None:
    async with at.database.transaction() as db:
        await handlers.fail_attempt(db, attempt, client, now=utc_now())
