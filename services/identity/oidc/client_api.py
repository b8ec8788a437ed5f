"""What operators do with clients: `./immo clients`."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from services.identity.context import At, own_of, utc_now
from services.identity.keys.rules import hash_token
from services.identity.oidc import client_handlers, client_store, registration
from services.identity.oidc.client_handlers import ClientUnknown
from services.identity.oidc.client_store import ClientState
from services.identity.oidc.clients import GRANT_TYPES, AuthMethod, GrantType, IdTokenAlg, ToolAcr
from services.identity.oidc.registration import Metadata, Scope, Short, Uri
from shared.tokens import peer

router = APIRouter(tags=["OpenID Connect"], dependencies=[peer("operator")])

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
# Programs differ in how they would encode anything else.
Secret = Annotated[str, Field(pattern=r"^[\x21-\x7E]{0,400}$")]
ClientId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Seconds = Annotated[int, Field(ge=0, le=90 * 24 * 3600)]
MAX_TOKEN_TTL_S = 30 * 24 * 3600


class ClientPut(BaseModel):
    """A whole registration under an id and a secret of the operator's choice, put as often as one likes.

    secret: None for a client without one, which is public unless it has keys. acr: the weakest way of signing in that will do.
    """

    name: Short
    tool_id: Slug
    secret: Secret | None = None
    redirect_uris: Annotated[list[Uri], Field(max_length=50)] = []
    post_logout_redirect_uris: Annotated[list[Uri], Field(max_length=50)] = []
    backchannel_logout_uri: Uri | None = None
    acr: ToolAcr = "pwd"
    scopes: Annotated[list[Scope], Field(max_length=100)] = ["openid", "profile"]
    token_endpoint_auth_method: AuthMethod | None = None
    grant_types: Annotated[list[GrantType], Field(min_length=1)] | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: Uri | None = None
    sector_identifier_uri: Uri | None = None
    subject_type: str = Field(default="public", pattern="^(public|pairwise)$")
    id_token_signed_response_alg: IdTokenAlg = "RS256"
    require_pkce: bool = False
    require_pushed_authorization_requests: bool = False

    def metadata(self) -> Metadata:
        same = self.model_dump(exclude={"name", "tool_id", "secret", "acr", "scopes"})
        method = self.token_endpoint_auth_method or self._usual_method()
        # Without any it could do nothing: then it is told what it lacks for signing people in.
        usual = [kind for kind in GRANT_TYPES if self._may(kind, method)] or ["authorization_code"]
        return Metadata.model_validate(
            {
                **same,
                "client_name": self.name,
                "token_endpoint_auth_method": method,
                "grant_types": self.grant_types or usual,
                "scope": " ".join(self.scopes),
                "default_acr_values": [self.acr],
            }
        )

    def _usual_method(self) -> AuthMethod:
        if self.secret is not None:
            return "client_secret_basic"
        return "none" if self.jwks is None and self.jwks_uri is None else "private_key_jwt"

    def _may(self, kind: GrantType, method: AuthMethod) -> bool:
        return method != "none" if kind == "client_credentials" else bool(self.redirect_uris) or "openid" in self.scopes


class NewClient(Metadata):
    """As `./immo clients register FILE` sends it."""

    tool_id: Slug


class ClientView(Metadata):
    client_id: str
    tool_id: str
    registered_by: str
    created_at: datetime
    changed_at: datetime
    disabled_at: datetime | None
    old_secret_until: datetime | None


class NewSecret(BaseModel):
    client_id: str
    client_secret: str | None


class Renewal(BaseModel):
    """keep_old_s: how long the present secret stays good beside the new one."""

    keep_old_s: Seconds = 24 * 3600


class InitialTokenWish(BaseModel):
    tool_id: Slug
    scopes: Annotated[list[Scope], Field(max_length=100)] = []
    uses: Annotated[int, Field(ge=1, le=1000)] = 1
    ttl_s: Annotated[int, Field(ge=60, le=MAX_TOKEN_TTL_S)] = 24 * 3600


class InitialTokenView(BaseModel):
    token: str
    expires_at: datetime
    registration_endpoint: str


@router.get("/internal/clients")
async def list_clients(at: At) -> list[ClientView]:
    async with at.database.acquire() as db:
        return [_view(state) for state in await client_store.find_states(db)]


@router.get("/internal/clients/{client_id}")
async def show_client(client_id: ClientId, at: At) -> ClientView:
    async with at.database.acquire() as db:
        found = await client_store.find_states(db, client_id)
    if not found:
        raise ClientUnknown()
    return _view(found[0])


@router.put("/internal/clients/{client_id}", status_code=204)
async def put_client(client_id: ClientId, body: ClientPut, at: At) -> Response:
    metadata = body.metadata()
    registration.check_secret(body.secret)
    registration.check(metadata, own_machine=at.settings.is_demo)
    sector = await client_handlers.find_sector(metadata, own_of(at).outbound)
    secret_hash = None if body.secret is None else hash_token(body.secret)
    client = registration.client_from(metadata, client_id, body.tool_id, secret_hash=secret_hash, sector=sector)
    async with at.database.transaction() as db:
        await client_handlers.save(db, client, by="operator", now=utc_now())
    own_of(at).clients.forget(client_id)
    return Response(status_code=204)


@router.post("/internal/clients", status_code=201)
async def register_client(body: NewClient, at: At) -> NewSecret:
    registration.check(body, own_machine=at.settings.is_demo)
    sector = await client_handlers.find_sector(body, own_of(at).outbound)
    async with at.database.transaction() as db:
        made = await client_handlers.register(db, body, body.tool_id, sector, registered_by="operator", now=utc_now())
    return NewSecret(client_id=made.client.client_id, client_secret=made.secret)


@router.post("/internal/clients/{client_id}/secret")
async def renew_secret(client_id: ClientId, body: Renewal, at: At) -> NewSecret:
    async with at.database.transaction() as db:
        secret = await client_handlers.renew_secret(db, client_id, keep_old_s=body.keep_old_s, now=utc_now())
    own_of(at).clients.forget(client_id)
    return NewSecret(client_id=client_id, client_secret=secret)


@router.post("/internal/clients/{client_id}/disable", status_code=204)
async def disable_client(client_id: ClientId, at: At) -> Response:
    async with at.database.transaction() as db:
        await client_handlers.switch_off(db, client_id, by="operator", now=utc_now())
    own_of(at).clients.forget(client_id)
    return Response(status_code=204)


@router.post("/internal/clients/{client_id}/enable", status_code=204)
async def enable_client(client_id: ClientId, at: At) -> Response:
    async with at.database.transaction() as db:
        await client_handlers.switch_on(db, client_id, now=utc_now())
    return Response(status_code=204)


@router.post("/internal/initial-access-tokens", status_code=201)
async def make_initial_token(body: InitialTokenWish, at: At) -> InitialTokenView:
    async with at.database.transaction() as db:
        token, expires_at = await client_handlers.make_initial_token(
            db, body.tool_id, body.scopes, uses=body.uses, ttl_s=body.ttl_s, now=utc_now()
        )
    endpoint = f"{at.settings.public_origin}/oauth2/register"
    return InitialTokenView(token=token, expires_at=expires_at, registration_endpoint=endpoint)


def _view(state: ClientState) -> ClientView:
    return ClientView(
        **registration.metadata_of(state.client).model_dump(),
        client_id=state.client.client_id,
        tool_id=state.client.tool_id,
        registered_by=state.registered_by,
        created_at=state.created_at,
        changed_at=state.changed_at,
        disabled_at=state.disabled_at,
        old_secret_until=state.old_secret_until,
    )
