import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from shared.errors import Unavailable
from shared.jwks import MAX_AGE_S, MIN_PAUSE_S, FixedKeys, KeysUnavailable, RemoteKeys
from shared.routes import routes_of
from shared.service_tokens import ServiceKeys, ServiceTokens, issue_service_token
from shared.tokens import AcrTooWeak, Peer, Person, Quality, TokenInvalid, Tool, peer, person, public, tool
from shared.verifier import TokenVerifier
from tests.support.mint import Headers, Mint

ACCOUNT = uuid4()


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def verifier(mint: Mint) -> TokenVerifier:
    return verifier_of(mint)


def verifier_of(mint: Mint, clock: Any = time.time, max_cached: int = 100) -> TokenVerifier:
    peers = ServiceKeys("wallet", mint.public_keys())
    return TokenVerifier(issuer=mint.origin, keys=FixedKeys(mint.key), peers=peers, clock=clock, max_cached=max_cached)


def bare(headers: Headers) -> str:
    return headers["authorization"].removeprefix("Bearer ")


def compact(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    parts = [json.dumps(part).encode() for part in (header, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return (text + b"." + base64.urlsafe_b64encode(sign(text)).rstrip(b"=")).decode()


async def test_a_persons_token_says_who_and_how_they_signed_in(mint: Mint, verifier: TokenVerifier) -> None:
    caller = await verifier.verify_access(bare(mint.person(ACCOUNT, acr="eid", session_id="s1", language="nl")))
    assert isinstance(caller, Person)
    assert (caller.account_id, caller.session_id, caller.acr, caller.language) == (ACCOUNT, "s1", "eid", "nl")
    assert caller.scopes == {"platform"}


async def test_a_tools_token_for_a_person_says_in_which_quality(mint: Mint, verifier: TokenVerifier) -> None:
    quality = Quality(uuid4(), "0123456749", "Example", "agent", "user", ("ipi",))
    caller = await verifier.verify_access(bare(mint.person(ACCOUNT, scope="openid", client_id="t", quality=quality)))
    assert isinstance(caller, Person)
    assert caller.quality == quality


async def test_a_tool_is_known_by_its_own_token(mint: Mint, verifier: TokenVerifier) -> None:
    caller = await verifier.verify_access(bare(mint.tool("cf", tool_id="cadastrefinder", scope="charges wallet")))
    assert caller == Tool("cf", "cadastrefinder", frozenset({"charges", "wallet"}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"sub": "not-a-uuid"},
        {"acr": "super"},
        {"acr": None},
        {"amr": None},
        {"nbf": int(time.time()) + 3600},
        {"org": {"id": "x"}},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    mint: Mint, verifier: TokenVerifier, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenInvalid):
        await verifier.verify_access(bare(mint.person(ACCOUNT, claims=claims)))


async def test_an_id_token_is_no_access_token(mint: Mint, verifier: TokenVerifier) -> None:
    good = bare(mint.person(ACCOUNT))
    claims = jwt.decode(good, mint.key, algorithms=["ES256"]).claims
    with pytest.raises(TokenInvalid):
        await verifier.verify_access(bare(mint.signed(claims, typ="JWT")))


async def test_a_key_of_another_kind_or_no_signature_is_refused(mint: Mint, verifier: TokenVerifier) -> None:
    claims = jwt.decode(bare(mint.person(ACCOUNT)), mint.key, algorithms=["ES256"]).claims
    header = {"typ": "at+jwt", "kid": mint.key.kid}
    # The public key, which everybody knows, as the secret of an HMAC.
    confused = compact(
        {**header, "alg": "HS256"}, claims, lambda text: hmac.digest(mint.key.as_pem(private=False), text, "sha256")
    )
    unsigned = compact({**header, "alg": "none"}, claims, lambda _: b"")
    forged = jwt.encode({**header, "alg": "ES256"}, claims, ECKey.generate_key("P-256"))
    for token in (confused, unsigned, forged, forged + "x", "", "a.b.c", "é.é.é", "x" * 20_000):
        with pytest.raises(TokenInvalid):
            await verifier.verify_access(token)


@given(st.text())
async def test_no_text_breaks_the_verifier(text: str) -> None:
    verifier = verifier_of(Mint())
    with pytest.raises(TokenInvalid):
        await verifier.verify_access(text)
    with pytest.raises(TokenInvalid):
        verifier.verify_service(text)


async def test_a_remembered_token_ends_when_it_expires(mint: Mint) -> None:
    clock = Clock(time.time())
    verifier = verifier_of(mint, clock)
    token = bare(mint.person(ACCOUNT, expires_in_s=60))
    first = await verifier.verify_access(token)
    assert await verifier.verify_access(token) is first
    clock.now += 70
    with pytest.raises(TokenInvalid):
        await verifier.verify_access(token)


async def test_only_so_many_tokens_are_remembered(mint: Mint) -> None:
    verifier = verifier_of(mint, max_cached=2)
    tokens = [bare(mint.person(uuid4())) for _ in range(3)]
    first, _, third = [await verifier.verify_access(token) for token in tokens]
    assert await verifier.verify_access(tokens[2]) is third
    assert await verifier.verify_access(tokens[0]) is not first


def test_weaker_ways_of_signing_in_do_not_reach_what_needs_a_stronger_one() -> None:
    caller = Person(ACCOUNT, "s", "pwd", ("pwd",), 0, "fr", "gateway", frozenset())
    caller.require(acr="pending")
    caller.require(acr="pwd")
    with pytest.raises(AcrTooWeak) as refused:
        caller.require(acr="eid")
    assert refused.value.params == {"needed": "eid"}


def test_a_service_token_is_for_one_callee_and_a_minute(mint: Mint, verifier: TokenVerifier) -> None:
    assert verifier.verify_service(bare(mint.peer("gateway", "wallet"))) == Peer("gateway")
    now = int(time.time())
    seed = mint.seeds["gateway"]
    wrong = {
        "another callee": issue_service_token(seed, "gateway", "notify", now=now),
        "old": issue_service_token(seed, "gateway", "wallet", now=now - 120),
        "another's name": issue_service_token(seed, "identity", "wallet", now=now),
        "unknown caller": issue_service_token(seed, "stranger", "wallet", now=now),
        "a person's": bare(mint.person(ACCOUNT)),
    }
    for token in wrong.values():
        with pytest.raises(TokenInvalid):
            verifier.verify_service(token)


def test_a_service_token_that_is_remembered_ends_all_the_same(mint: Mint) -> None:
    keys = ServiceKeys("wallet", mint.public_keys())
    token = issue_service_token(mint.seeds["gateway"], "gateway", "wallet", now=1_000)
    assert [keys.verify(token, now=now) for now in (1_000, 1_001, 1_059)] == ["gateway"] * 3
    with pytest.raises(TokenInvalid):
        keys.verify(token, now=1_100)


def test_a_service_token_is_used_for_half_of_its_life(mint: Mint) -> None:
    tokens = ServiceTokens("gateway", mint.seeds["gateway"])
    first = tokens.token_for("wallet", now=1000)
    assert tokens.token_for("wallet", now=1029) == first
    assert tokens.token_for("wallet", now=1031) != first
    assert tokens.token_for("notify", now=1000) != first


class Identity:
    """Identity's JWKS endpoint."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.is_away = False

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        if self.is_away:
            raise Unavailable()
        return {"keys": [key.as_dict(private=False) for key in self.keys] + [{"kty": "RSA", "kid": "odd"}, "odd"]}


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


async def test_a_new_key_of_identity_is_found_without_asking_for_every_unknown_one() -> None:
    old, new, clock = new_key(), new_key(), Clock(1000)
    identity = Identity(old)
    keys = RemoteKeys(identity, clock=clock)
    assert await keys.key(str(old.kid)) is not None
    identity.keys.append(new)
    assert await keys.key(str(new.kid)) is None
    assert identity.asked == 1
    clock.now += MIN_PAUSE_S + 1
    assert await keys.key(str(new.kid)) is not None
    for _ in range(10):
        assert await keys.key("made up") is None
    assert identity.asked == 2


async def test_known_keys_work_while_identity_is_away() -> None:
    key, clock = new_key(), Clock(1000)
    identity = Identity(key)
    keys = RemoteKeys(identity, clock=clock)
    identity.is_away = True
    with pytest.raises(KeysUnavailable):
        await keys.key(str(key.kid))
    identity.is_away = False
    assert await keys.key(str(key.kid)) is not None
    identity.is_away = True
    clock.now += MAX_AGE_S * 2
    assert await keys.key(str(key.kid)) is not None


def test_each_route_says_whom_it_lets_in() -> None:
    inner = APIRouter(prefix="/inner", dependencies=[peer("gateway", "identity")])

    @inner.get("/b")
    async def b() -> None: ...

    router = APIRouter(prefix="/api")

    @router.get("/a")
    async def a(caller: Annotated[Person, person(acr="eid")]) -> None: ...

    @router.get("/c", dependencies=[public("everybody may know")])
    async def c() -> None: ...

    @router.post("/d")
    async def d(caller: Annotated[Tool, tool("charges")]) -> None: ...

    @router.post("/forgotten")
    async def forgotten() -> None: ...

    router.include_router(inner)
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(router)
    found = {facts.path: facts.access for facts in routes_of(app)}
    assert found == {
        "/openapi.json": "public: the description of the service",
        "/api/a": "person acr=eid scope=platform",
        "/api/c": "public: everybody may know",
        "/api/d": "tool scope=charges",
        "/api/inner/b": "peer gateway identity",
        "/api/forgotten": None,
    }
