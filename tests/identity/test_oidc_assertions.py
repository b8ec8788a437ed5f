"""Signed client assertions: what is believed, and every way that was tried elsewhere to be believed without the key."""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from services.identity.oidc.assertions import (
    MAX_LIFETIME_S,
    AssertionRefused,
    KeysRefused,
    KeyUnknown,
    claimed_subject,
    read_assertion,
    read_keys,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
ISSUER = "https://platform.example"
AUDIENCES = (ISSUER, f"{ISSUER}/oauth2/token")
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
PUBLIC = read_keys({"keys": [key.as_dict(private=False) for key in (EC, RSA, ED)]})


def claims(**changes: Any) -> dict[str, Any]:
    usual = {"iss": "tool", "sub": "tool", "aud": ISSUER, "exp": NOW_S + 60, "jti": "once"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def signed(key: Key = EC, algorithm: str = "ES256", content: dict[str, Any] | None = None, **header: Any) -> str:
    head = {"alg": algorithm, "kid": key.kid, **header}
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None},
        claims() if content is None else content,
        key,
        algorithms=[algorithm],
    )


def read(text: str) -> Any:
    return read_assertion(text, PUBLIC, client_id="tool", audiences=AUDIENCES, now=NOW)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    ("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_an_assertion_by_a_registered_key_is_believed(key: Key, algorithm: str) -> None:
    assert read(signed(key, algorithm)).jti == "once"
    assert read(signed(key, algorithm, kid=None)).jti == "once", "without naming its key"


@pytest.mark.parametrize("audience", [*AUDIENCES, ["https://other.example", ISSUER]])
def test_the_issuer_and_the_token_endpoint_are_both_our_names(audience: Any) -> None:
    assert read(signed(content=claims(aud=audience)))


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "jti"])
def test_an_assertion_without_one_of_its_claims_is_refused(missing: str) -> None:
    with pytest.raises(AssertionRefused):
        read(signed(content=claims(**{missing: None})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"sub": "other"},
        {"aud": "https://other.example"},
        {"aud": []},
        {"aud": f"{ISSUER}/"},
        {"exp": NOW_S - 60},
        {"exp": NOW_S + MAX_LIFETIME_S + 60},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": NOW_S + 120},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 501},
    ],
)
def test_an_assertion_for_somebody_else_or_another_time_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionRefused):
        read(signed(content=claims(**changes)))


def forged(header: dict[str, Any], secret: bytes = b"") -> str:
    content = b".".join(_b64url(json.dumps(part).encode()) for part in (header, claims()))
    return b".".join((content, _b64url(hmac.digest(secret, content, "sha256") if secret else b""))).decode()


def _b64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def test_algorithm_confusion_proves_nothing() -> None:
    """No signature, a public key as the secret of an HMAC, a key that comes along, a key of another kind."""
    stranger = ECKey.generate_key("P-256")
    pem = RSA.as_pem(private=False)
    attempts = [
        forged({"alg": "none"}),
        forged({"alg": "HS256", "kid": "rsa"}, secret=pem),
        forged({"alg": "HS256", "kid": "ec"}, secret=EC.as_pem(private=False)),
        signed(stranger, kid="ec"),
        signed(stranger, kid="ec", jwk=stranger.as_dict(private=False)),
        signed(stranger, kid=None),
        signed(RSA, "RS384", kid="rsa"),
        signed(RSA, "RS256", kid="ec"),
    ]
    for text in attempts:
        with pytest.raises(AssertionRefused):
            read(text)


def test_a_key_says_with_which_algorithm_it_is_used() -> None:
    bound = read_keys({"keys": [{**RSA.as_dict(private=False), "alg": "PS256"}]})
    with pytest.raises(KeyUnknown):
        read_assertion(signed(RSA, "RS256"), bound, client_id="tool", audiences=AUDIENCES, now=NOW)


def test_a_key_that_is_not_known_is_worth_asking_for_again() -> None:
    with pytest.raises(KeyUnknown):
        read(signed(ECKey.generate_key("P-256", {"kid": "new"})))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "." * 5, "e30.e30.", "x" * 9000])
def test_nonsense_is_refused(text: str) -> None:
    assert claimed_subject(text) is None
    with pytest.raises(AssertionRefused):
        read(text)


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": "x"},
        {"keys": ["x"]},
        {"keys": [{"kty": "xx"}]},
        {"keys": [{"kty": "EC"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [EC.as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-384").as_dict(private=False)]},
        {"keys": [{**EC.as_dict(private=False), "use": "enc"}]},
        {"keys": [RSAKey.generate_key(1024).as_dict(private=False)]},
        {"keys": [EC.as_dict(private=False)] * 21},
    ],
)
def test_keys_that_cannot_sign_or_were_never_to_be_shown_are_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(KeysRefused):
        read_keys(jwks)
