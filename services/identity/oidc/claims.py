"""What tokens for tools say. Pure: time is an argument."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.identity.accounts.rules import Account
from services.identity.oidc.clients import Client
from services.identity.oidc.rules import Grant
from services.identity.sessions.rules import AUDIENCE

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TOKEN_TTL_S = 120

Claims = dict[str, object]

CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "profile": ("name", "given_name", "family_name", "preferred_username", "locale"),
    "email": ("email", "email_verified"),
}


def access_claims(
    grant: Grant, account: Account, scopes: Iterable[str], *, issuer: str, ttl_s: int, now: datetime
) -> Claims:
    """A tool's token for a person: whatever it holds, the scope of the platform's own pages is never in it.

    `acr` is a step of the platform's own ladder here, because services read it.
    """
    return {
        **_base(issuer, grant.subject, ttl_s, now),
        **_grant_claims(grant),
        "acr": grant.acr,
        "aud": AUDIENCE,
        "client_id": grant.client_id,
        "lang": account.language,
        "scope": " ".join(scopes),
    }


def id_claims(
    grant: Grant,
    account: Account,
    scopes: Iterable[str],
    access_token: str,
    *,
    issuer: str,
    ttl_s: int,
    now: datetime,
    nonce: str | None,
) -> Claims:
    """nonce: only in the answer to a code; a refreshed token has none (OpenID Connect Core, 12.2)."""
    return {
        **_base(issuer, grant.subject, ttl_s, now),
        **_grant_claims(grant),
        **profile_claims(account, scopes, grant.id_token_claims),
        "aud": grant.client_id,
        "azp": grant.client_id,
        "at_hash": _half_hash(access_token),
        **({"nonce": nonce} if nonce is not None else {}),
    }


def userinfo_claims(grant: Grant, account: Account) -> Claims:
    return {
        "sub": grant.subject,
        **_grant_claims(grant),
        **profile_claims(account, grant.scopes, grant.userinfo_claims),
    }


def tool_claims(client: Client, scopes: Iterable[str], *, issuer: str, ttl_s: int, now: datetime) -> Claims:
    """A tool on its own behalf: no `sid`, which is how it is told from a person. sector: where it knows people by a `sub` of their own."""
    return {
        **_base(issuer, client.client_id, ttl_s, now),
        "aud": AUDIENCE,
        "client_id": client.client_id,
        "tool_id": client.tool_id,
        "scope": " ".join(scopes),
        **({"sector": client.sector} if client.sector is not None else {}),
    }


def logout_claims(
    grant_id: UUID, subject: str, client_id: str, *, issuer: str, token_id: UUID, now: datetime
) -> Claims:
    """OpenID Connect Back-Channel Logout 1.0, 2.4: this grant is over, others of the person may go on."""
    return {
        **_base(issuer, subject, LOGOUT_TOKEN_TTL_S, now),
        "aud": client_id,
        "sid": str(grant_id),
        "jti": str(token_id),
        "events": {LOGOUT_EVENT: {}},
    }


def profile_claims(account: Account, scopes: Iterable[str], named: Iterable[str] = ()) -> Claims:
    """What the scopes open, and what was asked for by name."""
    wanted = {*named, *(name for scope in scopes for name in CLAIMS_OF_SCOPE.get(scope, ()))}
    known: Claims = {
        "name": f"{account.first_name} {account.last_name}".strip(),
        "given_name": account.first_name,
        "family_name": account.last_name,
        "preferred_username": account.username,
        "locale": account.language,
        "email": account.email,
        "email_verified": account.state == "active",
    }
    return {name: value for name, value in known.items() if name in wanted}


def _base(issuer: str, subject: str, ttl_s: int, now: datetime) -> Claims:
    issued_at = int(now.timestamp())
    return {"iss": issuer, "sub": subject, "iat": issued_at, "exp": issued_at + ttl_s}


def _grant_claims(grant: Grant) -> Claims:
    return {
        "sid": str(grant.id),
        "acr": grant.acr_claim,
        "amr": list(grant.amr),
        "auth_time": int(grant.auth_time.timestamp()),
        **_quality_claims(grant),
    }


def _quality_claims(grant: Grant) -> Claims:
    quality = grant.quality
    return {
        "org": {
            "id": str(quality.organisation_id),
            "enterprise_number": quality.enterprise_number,
            "name": quality.organisation_name,
        },
        "usage_mode": quality.usage_mode,
        "role": quality.role,
        "recognitions": list(quality.recognitions),
    }


def _half_hash(token: str) -> str:
    """`at_hash`: the left half of SHA-256, the hash that goes with ES256 and RS256."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()
