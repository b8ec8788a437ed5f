"""How one proves to a registry who asks. The secrets are in the environment, never in the catalogue."""

import time
from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr

_EARLY_S = 30.0


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BearerAccess(_Part):
    type: Literal["bearer"]
    token: SecretStr


class BasicAccess(_Part):
    type: Literal["basic"]
    user: str
    password: SecretStr


class ClientCredentials(_Part):
    """OAuth 2.0, RFC 6749, 4.4: a token of its own, asked for with these."""

    type: Literal["client-credentials"]
    token_url: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret: SecretStr
    scope: str = ""


Auth = Annotated[BearerAccess | BasicAccess | ClientCredentials, Field(discriminator="type")]


class Access(_Part):
    """Where a registry is asked and as whom, or where its files arrive.

    url: of the interface, or of the file. folder: into which files are delivered. poll_s: how often the list of changes is read, or
    looked whether there is a file; None for as usual. settle_s: a file that changed more recently may still be being written.
    """

    url: str | None = Field(default=None, pattern=r"^https?://")
    folder: Path | None = None
    auth: Auth | None = None
    poll_s: float | None = Field(default=None, gt=0)
    settle_s: float = Field(default=10.0, ge=0)


def http_auth(auth: Auth | None) -> httpx.Auth | None:
    if isinstance(auth, BearerAccess):
        return _Bearer(auth.token)
    if isinstance(auth, BasicAccess):
        return httpx.BasicAuth(auth.user, auth.password.get_secret_value())
    return _OwnToken(auth) if auth else None


class _Bearer(httpx.Auth):
    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class _OwnToken(httpx.Auth):
    """Asks for a token when there is none, when it is about to end, and once more when the registry no longer takes it."""

    def __init__(self, access: ClientCredentials) -> None:
        self._access = access
        self._token = ""
        self._until = 0.0

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        for is_last in (False, True):
            if not self._token or time.monotonic() >= self._until:
                answer = yield self._wanted()
                await answer.aread()
                self._keep(answer)
            request.headers["authorization"] = f"Bearer {self._token}"
            answer = yield request
            if is_last or answer.status_code != HTTPStatus.UNAUTHORIZED:
                return
            self._token = ""

    def _wanted(self) -> httpx.Request:
        access = self._access
        form = {"grant_type": "client_credentials", **({"scope": access.scope} if access.scope else {})}
        request = httpx.Request("POST", access.token_url, data=form, headers={"accept": "application/json"})
        flow = httpx.BasicAuth(access.client_id, access.client_secret.get_secret_value()).auth_flow(request)
        return next(flow)

    def _keep(self, answer: httpx.Response) -> None:
        """Without a token the registry says 401, and that is the reason which is shown."""
        self._token = ""
        if answer.status_code == HTTPStatus.OK:
            found = _TokenAnswer.model_validate_json(answer.content)
            self._token = found.access_token
            self._until = time.monotonic() + max(0.0, found.expires_in - _EARLY_S)


class _TokenAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: str = Field(min_length=1)
    expires_in: float = 300.0
