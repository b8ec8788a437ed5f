"""What the gateway is told of a session."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.identity.accounts.rules import Account
from services.identity.context import own_of
from services.identity.keys.signing import SigningKeys
from services.identity.sessions import rules
from services.identity.sessions.rules import Session
from services.identity.settings import IdentitySettings
from shared.events.identity import Language
from shared.runtime import Runtime

ACCESS_TOKEN_TYPE = "at+jwt"


class AccountView(BaseModel):
    """acr: how strongly the person is signed in at present. terms_version: accepted last."""

    id: UUID
    username: str
    first_name: str
    last_name: str
    language: Language
    state: str
    eid_linked: bool
    has_second_factor: bool
    acr: str
    terms_version: str


class SessionView(BaseModel):
    """session_token: only where it is new. access_token: for /api, as this person."""

    session_token: str | None = None
    access_token: str
    expires_in_s: int
    account: AccountView


async def session_view(
    at: Runtime[IdentitySettings], account: Account, session: Session, *, token: str | None = None, now: datetime
) -> SessionView:
    signing: SigningKeys = own_of(at).signing
    ttl_s = at.settings.access_token_ttl_s
    claims = rules.access_claims(account, session, issuer=at.settings.public_origin, ttl_s=ttl_s, now=now)
    return SessionView(
        session_token=token,
        access_token=await signing.sign(ACCESS_TOKEN_TYPE, claims),
        expires_in_s=ttl_s,
        account=AccountView(
            id=account.id,
            username=account.username,
            first_name=account.first_name,
            last_name=account.last_name,
            language=account.language,
            state=account.state,
            eid_linked=account.is_eid_linked,
            has_second_factor=account.has_second_factor,
            acr=rules.effective_acr(account, session),
            terms_version=account.terms_version,
        ),
    )
