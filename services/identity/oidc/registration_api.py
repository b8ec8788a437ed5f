"""Dynamic client registration (RFC 7591, 7592) for whoever was given an initial access token by an operator."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic_core import from_json

from services.identity.context import At, own_of, utc_now
from services.identity.keys.rules import hash_token
from services.identity.oidc import client_handlers, client_store, registration
from services.identity.oidc.client_api import ClientId
from services.identity.oidc.client_handlers import actor_of
from services.identity.oidc.clients import Client
from services.identity.oidc.registration import Metadata
from services.identity.oidc.token_api import NO_STORE
from shared.errors import Violations
from shared.tokens import TokenInvalid, TokenMissing, bearer_of, public

router = APIRouter(
    tags=["OpenID Connect"], dependencies=[public("a token of the operator's, or the client's own, says who may")]
)

_PATH = "/oauth2/register"
_ADDRESSES = ("redirect_uris",)


class MetadataRefused(Exception):
    """RFC 7591, 3.2.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@router.post(_PATH, status_code=201)
async def register(request: Request, at: At) -> Response:
    now = utc_now()
    try:
        token_hash = hash_token(bearer_of(request))
        async with at.database.acquire() as db:
            initial = await client_store.find_initial_token(db, token_hash, now=now)
        if initial is None:
            raise TokenInvalid()
        metadata = await _metadata(request, at, allowed_scopes=initial.scopes)
        sector = await _sector(at, metadata)
        async with at.database.transaction() as db:
            if not await client_store.use_initial_token(db, token_hash, now=now):
                raise TokenInvalid()
            made = await client_handlers.register(
                db, metadata, initial.tool_id, sector, registered_by=actor_of(initial.id), now=now
            )
    except (TokenMissing, TokenInvalid):
        return _unauthorized()
    except MetadataRefused as refused:
        return _refusal(refused)
    answer = _answer(at, made.client)
    if made.secret is not None:
        answer |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    answer["registration_access_token"] = made.registration_token
    return JSONResponse({**answer, "client_id_issued_at": int(now.timestamp())}, 201, NO_STORE)


@router.get(_PATH + "/{client_id}")
async def read(client_id: ClientId, request: Request, at: At) -> Response:
    try:
        return JSONResponse(_answer(at, await _own_client(at, request, client_id)), headers=NO_STORE)
    except (TokenMissing, TokenInvalid):
        return _unauthorized()


@router.put(_PATH + "/{client_id}")
async def update(client_id: ClientId, request: Request, at: At) -> Response:
    """Replaces the whole registration, but for the id, the tool and the secret. It can gain no scope that it did not have."""
    now = utc_now()
    try:
        known = await _own_client(at, request, client_id)
        metadata = await _metadata(request, at, allowed_scopes=known.scopes)
        if metadata.token_endpoint_auth_method != known.auth_method:
            raise MetadataRefused("invalid_client_metadata", "token_endpoint_auth_method stays as it was registered")
        sector = await _sector(at, metadata)
    except (TokenMissing, TokenInvalid):
        return _unauthorized()
    except MetadataRefused as refused:
        return _refusal(refused)
    client = registration.client_from(metadata, client_id, known.tool_id, secret_hash=known.secret_hash, sector=sector)
    async with at.database.transaction() as db:
        await client_handlers.save(db, client, by=f"client:{client_id}", now=now)
    own_of(at).clients.forget(client_id)
    return JSONResponse(_answer(at, client), headers=NO_STORE)


@router.delete(_PATH + "/{client_id}", status_code=204)
async def delete(client_id: ClientId, request: Request, at: At) -> Response:
    """It is switched off: what it did stays in the audit log under its name."""
    try:
        await _own_client(at, request, client_id)
    except (TokenMissing, TokenInvalid):
        return _unauthorized()
    async with at.database.transaction() as db:
        await client_handlers.switch_off(db, client_id, by=f"client:{client_id}", now=utc_now())
    own_of(at).clients.forget(client_id)
    return Response(status_code=204)


async def _own_client(at: At, request: Request, client_id: str) -> Client:
    """Raises TokenMissing, TokenInvalid."""
    async with at.database.acquire() as db:
        client = await client_store.find_registered(db, client_id, hash_token(bearer_of(request)))
    if client is None:
        raise TokenInvalid()
    return client


async def _metadata(request: Request, at: At, *, allowed_scopes: frozenset[str]) -> Metadata:
    """Raises MetadataRefused."""
    try:
        metadata = Metadata.model_validate(from_json(await request.body()))
        registration.check(metadata, own_machine=at.settings.is_demo, allowed_scopes=allowed_scopes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise _refused(str(first["loc"][0] if first["loc"] else ""), first["msg"]) from error
    except Violations as violations:
        raise _of(violations) from violations
    except ValueError as error:
        raise MetadataRefused("invalid_client_metadata", "the body is no JSON object") from error
    return metadata


async def _sector(at: At, metadata: Metadata) -> str | None:
    try:
        return await client_handlers.find_sector(metadata, own_of(at).outbound)
    except Violations as violations:
        raise _of(violations) from violations


def _of(violations: Violations) -> MetadataRefused:
    first = violations.errors[0]
    return _refused(first.field or "", first.message.format_map({str(k): v for k, v in first.params.items()}))


def _refused(field: str, why: str) -> MetadataRefused:
    error = "invalid_redirect_uri" if field in _ADDRESSES else "invalid_client_metadata"
    return MetadataRefused(error, f"{field}: {why}" if field else why)


def _answer(at: At, client: Client) -> dict[str, Any]:
    return {
        **registration.metadata_of(client).model_dump(exclude_none=True),
        "client_id": client.client_id,
        "registration_client_uri": f"{at.settings.public_origin}{_PATH}/{client.client_id}",
    }


def _unauthorized() -> Response:
    problem = {"error": "invalid_token", "error_description": "the token may not do this"}
    return JSONResponse(problem, 401, {**NO_STORE, "www-authenticate": 'Bearer error="invalid_token"'})


def _refusal(refused: MetadataRefused) -> Response:
    return JSONResponse({"error": refused.error, "error_description": refused.description}, 400, NO_STORE)
