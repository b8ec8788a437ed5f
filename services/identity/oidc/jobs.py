"""Tells a tool that a person's grant is over (OpenID Connect Back-Channel Logout 1.0)."""

import ssl
from datetime import datetime
from uuid import UUID

import httpx

from services.identity.context import At, own_of, utc_now
from services.identity.oidc import claims, client_store
from services.identity.oidc.clients import Client
from services.identity.settings import IdentitySettings
from shared.ids import new_id
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime

LOGOUT_TOKEN_TYPE = "logout+jwt"
TIMEOUT_S = 5.0


class LogoutNotAccepted(Exception):
    """The tool could not be reached, or did not accept: tried again with growing pauses, then for an operator to see."""


def backchannel_logout(at: Runtime[IdentitySettings]) -> JobHandler:
    async def tell(job: Job) -> None:
        client_id = job.payload["client_id"]
        async with at.database.acquire() as db:
            client = await client_store.find_client(db, client_id)
        if client is None or client.backchannel_logout_uri is None:
            return
        token = await _logout_token(at, UUID(job.payload["grant_id"]), job.payload["subject"], client, now=utc_now())
        await _post(client.backchannel_logout_uri, token, own_of(at).tls)

    return tell


async def _logout_token(at: At, grant_id: UUID, subject: str, client: Client, *, now: datetime) -> str:
    content = claims.logout_claims(
        grant_id, subject, client.client_id, issuer=at.settings.public_origin, token_id=new_id(), now=now
    )
    return await own_of(at).signing.sign(LOGOUT_TOKEN_TYPE, content, client.id_token_alg)


async def _post(uri: str, token: str, tls: ssl.SSLContext) -> None:
    """No redirects: the address is the one that an operator registered, and no other. The answer's body is not read."""
    try:
        async with (
            httpx.AsyncClient(verify=tls, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as http,
            http.stream("POST", uri, data={"logout_token": token}) as answer,
        ):
            status = answer.status_code
    except httpx.HTTPError as error:
        raise LogoutNotAccepted(type(error).__name__) from error
    if not 200 <= status < 300:
        raise LogoutNotAccepted(f"answered {status}")
