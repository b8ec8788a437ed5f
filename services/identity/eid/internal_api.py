"""HTTP of signing in with a card, for the gateway; and of the keys of numbers, for the operator."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.identity.context import At, own_of, utc_now
from services.identity.eid import sign_in, store
from services.identity.eid.api import ChallengeView, believed, keys_of, link_card
from services.identity.eid.certificate import UNREADABLE
from services.identity.eid.reader import IsLinked
from services.identity.eid.refusals import CertificateUnreadable, EidRefused
from services.identity.eid.rules import EidWithoutNumber, Outcome, Presented
from services.identity.eid.sign_in import Stranger
from services.identity.sessions import handlers as sessions
from services.identity.sessions.handlers import Attempt, Client, Opened
from services.identity.sessions.rules import effective_acr
from services.identity.sessions.views import SessionView, session_view
from shared.errors import NotFound, Problem
from shared.markers import N_
from shared.tokens import AcrTooWeak, peer

MAX_CERTIFICATE_CHARS = 10_000

router = APIRouter(tags=["eID"])

Text = Annotated[str, Field(max_length=400)]
Binding = Annotated[str, Field(min_length=16, max_length=400)]


class FrontDoorClosed(NotFound):
    code = "eid-front-door-closed"
    message = N_("Certificates are not taken here.")


class Browser(BaseModel):
    """binding: what the gateway alone knows this browser by."""

    binding: Binding


class CardSignIn(Browser):
    """token: as the Web eID extension gave it. client_address: of the browser, as the gateway sees it."""

    token: dict[str, Any]
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Text = ""
    device: Text = ""


class CertificateSignIn(BaseModel):
    """certificate: PEM, of a handshake that a trusted proxy has seen. session_token: of someone who is signed in already."""

    certificate: Annotated[str, Field(max_length=MAX_CERTIFICATE_CHARS)]
    session_token: Text = ""
    user_agent: Annotated[str, Field(max_length=2000)] = ""
    client_address: Text = ""
    device: Text = ""


class StrangerView(BaseModel):
    """Only what their own card says, for their own browser."""

    first_name: str
    last_name: str


class SignedInByCard(BaseModel):
    """A session, or a genuine card that opens no account. outcome: of a session that was there already, and its account's link."""

    session: SessionView | None = None
    stranger: StrangerView | None = None
    outcome: Outcome | None = None


class HashKeys(BaseModel):
    """links: how many stand under each key. A key that is not among `known` is lost, and its links with it."""

    current: str
    known: list[str]
    links: dict[str, int]


@router.post("/internal/eid/challenge", dependencies=[peer("gateway")])
async def challenge(body: Browser, at: At) -> ChallengeView:
    ttl_s = at.settings.eid_challenge_ttl_s
    async with at.database.transaction() as db:
        made = await sign_in.create_challenge(db, body.binding, ttl_s=ttl_s, now=utc_now())
    return ChallengeView(nonce=made.nonce, expires_in_s=ttl_s)


@router.post("/internal/sessions/eid", response_model_exclude_none=True, dependencies=[peer("gateway")])
async def sign_in_by_card(body: CardSignIn, at: At) -> SignedInByCard:
    now, client = utc_now(), Client(body.user_agent, body.client_address, body.device)
    attempt = await _begin(at, client, now=now)
    async with at.database.transaction() as db:
        nonce = await sign_in.take_nonce(db, body.binding, now=now)
    if isinstance(nonce, EidRefused):
        raise nonce
    read = partial(own_of(at).cards.read_token, body.token, nonce=nonce, now=now)
    return await _sign_in(at, attempt, await _believed(at, read, client, now=now), client, now=now)


@router.post("/internal/sessions/eid-certificate", response_model_exclude_none=True, dependencies=[peer("gateway")])
async def sign_in_by_certificate(body: CertificateSignIn, at: At) -> SignedInByCard:
    """Off unless configured: whoever may call this says whose card was in a TLS handshake, and is believed."""
    if not at.settings.eid_front_door:
        raise FrontDoorClosed()
    now, client = utc_now(), Client(body.user_agent, body.client_address, body.device)
    read = partial(_read_pem, at, body.certificate, now=now)
    if not body.session_token:
        attempt = await _begin(at, client, now=now)
        return await _sign_in(at, attempt, await _believed(at, read, client, now=now), client, now=now)
    async with at.database.transaction() as db:
        account, session = await sessions.get_session(db, body.session_token, policy=own_of(at).sessions, now=now)
    if effective_acr(account, session) == "pending":
        raise AcrTooWeak(needed="pwd")
    card = await _believed(at, read, client, now=now)
    opened, outcome = await link_card(at, account.id, session.id, card, now=now)
    return await _view(at, opened, outcome, now=now)


@router.get("/internal/eid/hash-keys", dependencies=[peer("operator")])
async def hash_keys(at: At) -> HashKeys:
    numbers = own_of(at).numbers
    async with at.database.acquire() as db:
        return HashKeys(current=numbers.key_id, known=numbers.key_ids, links=await store.count_links_by_key(db))


async def _begin(at: At, client: Client, *, now: datetime) -> Attempt:
    async with at.database.transaction() as db:
        attempt = await sign_in.begin_attempt(db, client, master=own_of(at).master, now=now)
    if isinstance(attempt, Problem):
        raise attempt
    return attempt


async def _believed(at: At, read: Callable[..., Awaitable[Presented]], client: Client, *, now: datetime) -> Presented:
    """A refusal leaves a trace, but not of whose card it was."""
    try:
        return await believed(at, read, now=now)
    except (EidRefused, EidWithoutNumber) as refusal:
        async with at.database.transaction() as db:
            await sign_in.fail_attempt(db, refusal, client, now=now)
        raise


async def _sign_in(at: At, attempt: Attempt, card: Presented, client: Client, *, now: datetime) -> SignedInByCard:
    async with at.database.transaction() as db:
        outcome = await sign_in.sign_in(
            db, attempt, card, client, keys=keys_of(at), policy=own_of(at).sessions, now=now
        )
    if isinstance(outcome, Stranger):
        return SignedInByCard(stranger=StrangerView(first_name=outcome.first_names, last_name=outcome.last_name))
    return await _view(at, outcome, None, now=now)


async def _view(at: At, opened: Opened, outcome: Outcome | None, *, now: datetime) -> SignedInByCard:
    view = await session_view(at, opened.account, opened.session, token=opened.token, now=now)
    return SignedInByCard(session=view, outcome=outcome)


async def _read_pem(at: At, certificate: str, *, now: datetime, is_linked: IsLinked) -> Presented:
    try:
        der = x509.load_pem_x509_certificate(certificate.encode()).public_bytes(Encoding.DER)
    except UNREADABLE as error:
        raise CertificateUnreadable() from error
    return await own_of(at).cards.read_certificate(der, now=now, is_linked=is_linked)
