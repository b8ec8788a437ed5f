"""The services, asked by a page: as the person who is signed in, or on the gateway's own behalf."""

from collections.abc import Mapping
from typing import Any

import httpx
from starlette.responses import Response, StreamingResponse

from services.gateway.web.own import At
from services.gateway.web.sessions import SignedIn
from shared.client import ServiceClient
from shared.csv_files import MEDIA_TYPE


class SignInNeeded(Exception):
    """Nobody is signed in, or no longer. keeps_session: what is missing is something else, and whoever is signed in stays so."""

    def __init__(self, *, keeps_session: bool = False) -> None:
        super().__init__()
        self.keeps_session = keeps_session


class Calls:
    """What a Visit brings along to ask with. All of them raise RemoteProblem, Unavailable; those as a person SignInNeeded too."""

    at: At
    language: str
    signed: SignedIn | None

    def client(self, service: str) -> ServiceClient:
        return self.at.client(service)

    async def get(self, service: str, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """As the person who is signed in. Raises RemoteProblem, Unavailable."""
        return await self.client(service).get(path, query=query, bearer=self._bearer(), language=self.language)

    async def post(self, service: str, path: str, body: Any = None) -> Any:
        return await self.client(service).post(path, body, bearer=self._bearer(), language=self.language)

    async def put(self, service: str, path: str, body: Any = None) -> Any:
        return await self.client(service).put(path, body, bearer=self._bearer(), language=self.language)

    async def delete(self, service: str, path: str) -> Any:
        return await self.client(service).delete(path, bearer=self._bearer(), language=self.language)

    async def file(self, service: str, path: str) -> httpx.Response:
        """The answer as it is: a picture, a document."""
        return await self.client(service).raw("GET", path, bearer=self._bearer(), language=self.language)

    async def csv(self, service: str, path: str, query: Mapping[str, Any], *, name: str) -> Response:
        """A long CSV file as its service makes it, a piece at a time. name: in ASCII, what the browser saves it as."""
        return await self.download(service, path, query, name=name, kind=MEDIA_TYPE)

    async def download(self, service: str, path: str, query: Mapping[str, Any], *, name: str, kind: str) -> Response:
        """A file of this kind, as its service makes it. name: as in `csv`."""
        pieces = await self.client(service).stream(path, query=query, bearer=self._bearer(), language=self.language)
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return StreamingResponse(pieces, headers=headers, media_type=kind)

    async def ask(self, path: str, body: Any) -> Any:
        """Identity, on the gateway's own behalf."""
        return await self.client("identity").post(path, body, language=self.language)

    def _bearer(self) -> str:
        if self.signed is None:
            raise SignInNeeded
        return self.signed.access_token
