"""Id tokens that come back as hints (`id_token_hint`): ours, whatever their age, since people sign out late."""

from dataclasses import dataclass
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError

from services.identity.context import At, own_of
from services.identity.oidc import parameters
from services.identity.oidc.clients import Client
from services.identity.oidc.errors import AuthorizeRefused
from services.identity.oidc.parameters import Parameters

ID_TOKEN_TYPE = "JWT"


@dataclass(frozen=True)
class Hint:
    client_id: str
    grant_id: UUID
    subject: str


async def read_hint(at: At, token: str | None) -> Hint | None:
    """None for what is no id token of ours. A key verifies by its own algorithm only, whatever the header says."""
    if token is None:
        return None
    try:
        header = jws.extract_compact(token.encode()).headers()
        published = await own_of(at).signing.published(str(header.get("kid")))
        if published is None or header.get("typ") != ID_TOKEN_TYPE:
            return None
        claims = jwt.decode(token, published.key, algorithms=[published.algorithm]).claims
        if claims["iss"] != at.settings.public_origin:
            return None
        return Hint(str(claims["aud"]), UUID(claims["sid"]), str(claims["sub"]))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return None


async def subject_hinted(at: At, given: Parameters, client: Client) -> str | None:
    """Who the tool says it must be. Raises AuthorizeRefused."""
    token = parameters.value_of(given, "id_token_hint")
    if token is None:
        return None
    hint = await read_hint(at, token)
    if hint is None or hint.client_id != client.client_id:
        raise AuthorizeRefused("invalid_request", "id_token_hint is no id token of this client")
    return hint.subject
