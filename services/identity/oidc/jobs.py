"""Tells a tool that a person's grant is over (OpenID Connect Back-Channel Logout 1.0)."""

from datetime import datetime
from uuid import UUID

from services.identity.context import At, own_of, utc_now
from services.identity.oidc import claims, client_store
from services.identity.oidc.clients import Client
from services.identity.oidc.outbound import Outbound, OutboundFailed, OutboundRefused
from services.identity.settings import IdentitySettings
from shared.ids import new_id
from shared.jobs import Job, JobHandler
from shared.runtime import Runtime

LOGOUT_TOKEN_TYPE = "logout+jwt"


class LogoutNotAccepted(Exception):
    """The tool could not be reached, or did not accept: tried again with growing pauses, then for an operator to see."""


def backchannel_logout(at: Runtime[IdentitySettings]) -> JobHandler:
    async def tell(job: Job) -> None:
        client_id = job.payload["client_id"]
        async with at.database.acquire() as db:
            # Also one that is switched off: what it began with our word must end.
            found = await client_store.find_states(db, client_id)
        client = found[0].client if found else None
        if client is None or client.backchannel_logout_uri is None:
            return
        token = await _logout_token(at, UUID(job.payload["grant_id"]), job.payload["subject"], client, now=utc_now())
        await _post(own_of(at).outbound, client.backchannel_logout_uri, token)

    return tell


async def _logout_token(at: At, grant_id: UUID, subject: str, client: Client, *, now: datetime) -> str:
    content = claims.logout_claims(
        grant_id, subject, client.client_id, issuer=at.settings.public_origin, token_id=new_id(), now=now
    )
    return await own_of(at).signing.sign(LOGOUT_TOKEN_TYPE, content, client.id_token_alg)


async def _post(outbound: Outbound, uri: str, token: str) -> None:
    try:
        status = await outbound.post_form(uri, {"logout_token": token})
    except (OutboundRefused, OutboundFailed) as error:
        raise LogoutNotAccepted(str(error)) from error
    if not 200 <= status < 300:
        raise LogoutNotAccepted(f"answered {status}")
