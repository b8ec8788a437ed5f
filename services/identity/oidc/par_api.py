"""Pushed authorisation requests (RFC 9126): a tool's server says what it asks for, and the browser carries a reference only."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from services.identity.context import At, utc_now
from services.identity.oidc import handlers
from services.identity.oidc.client_auth import authenticated, posted_form
from services.identity.oidc.errors import AuthorizeRefused, PageRefused, TokenRefused
from services.identity.oidc.token_api import BY_CLIENT, NO_STORE, REFUSALS, refusal

router = APIRouter(tags=["OpenID Connect"])


class Pushed(BaseModel):
    request_uri: str
    expires_in: int


@router.post("/oauth2/par", status_code=201, response_model=Pushed, responses=REFUSALS, dependencies=BY_CLIENT)
async def push(request: Request, at: At) -> Response:
    ttl_s = at.settings.pushed_request_ttl_s
    try:
        form = await posted_form(request)
        client = await authenticated(request, at, form)
        given = list({**form, "client_id": client.client_id}.items())
        async with at.database.transaction() as db:
            request_uri = await handlers.push(db, given, client, ttl_s=ttl_s, now=utc_now())
    except TokenRefused as refused:
        return refusal(refused, request)
    except PageRefused:
        problem = {"error": "invalid_request", "error_description": "redirect_uri is not registered"}
        return JSONResponse(problem, 400, NO_STORE)
    except AuthorizeRefused as refused:
        problem = {"error": refused.error, "error_description": refused.description}
        return JSONResponse(problem, 400, NO_STORE)
    return JSONResponse({"request_uri": request_uri, "expires_in": ttl_s}, 201, NO_STORE)
