"""Where a registry's files come from: a folder into which they are delivered, or an address at which the newest lies."""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from services.recognition.catalogue import File
from services.recognition.connectors.files.rules import day_at, day_of
from services.recognition.connectors.gate.turns import Gate
from services.recognition.connectors.http import retry_after_s
from services.recognition.rules import RegistryBusy, RegistryUnavailable

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


@dataclass(frozen=True)
class Delivered:
    """A file to be read. as_of: of which day it is, as far as one can tell."""

    path: Path
    name: str
    as_of: date | None


class Deliveries(Protocol):
    """Raises RegistryUnavailable when it cannot be had."""

    def waiting(self) -> AsyncGenerator[Delivered]: ...

    async def close(self) -> None: ...


class Folder:
    """Files in the order of their names; what is still being written is left for the next time."""

    def __init__(self, folder: Path, file: File, *, settle_s: float) -> None:
        self._folder = folder
        self._file = file
        self._settle_s = settle_s

    async def waiting(self) -> AsyncGenerator[Delivered]:
        for path in await asyncio.to_thread(self._settled):
            as_of = day_of(path.name, self._file) or day_at(path.stat().st_mtime)
            yield Delivered(path, path.name, as_of)

    async def close(self) -> None:
        return None

    def _settled(self) -> list[Path]:
        try:
            found = sorted(path for path in self._folder.iterdir() if path.is_file())
        except OSError:
            raise RegistryUnavailable("no-folder") from None
        latest = time.time() - self._settle_s
        return [
            path
            for path in found
            if not path.name.startswith(".") and not path.name.endswith(UNFINISHED) and path.stat().st_mtime <= latest
        ]


class Address:
    """The newest file, fetched when it is another than the one before."""

    def __init__(
        self,
        url: str,
        auth: httpx.Auth | None,
        file: File,
        gate: Gate,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._name = urlsplit(url).path.rpartition("/")[2] or "file"
        self._file = file
        self._gate = gate
        self._seen: dict[str, str] = {}
        self._http = httpx.AsyncClient(auth=auth, timeout=file.timeout_s, transport=transport, trust_env=False)

    async def waiting(self) -> AsyncGenerator[Delivered]:
        with tempfile.TemporaryDirectory(prefix="registry-file-") as folder:
            path = Path(folder) / "file"
            async with self._gate.turn():
                headers = await self._fetch(path)
            if headers is None:
                return
            yield Delivered(path, self._name, day_of(self._name, self._file) or _modified_on(headers))
            self._seen = _conditions(headers)

    async def close(self) -> None:
        await self._http.aclose()

    async def _fetch(self, path: Path) -> httpx.Headers | None:
        """None when it is still the same."""
        try:
            async with (
                asyncio.timeout(self._file.timeout_s),
                self._http.stream("GET", self._url, headers=self._seen) as answer,
            ):
                if answer.status_code == HTTPStatus.NOT_MODIFIED:
                    return None
                if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                    raise RegistryBusy("asked-to-wait", retry_after_s=retry_after_s(answer))
                if answer.status_code != HTTPStatus.OK:
                    raise RegistryUnavailable(f"status-{answer.status_code}")
                await self._write(answer, path)
                return answer.headers
        except (TimeoutError, httpx.TimeoutException):
            raise RegistryUnavailable("slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            raise RegistryUnavailable("unreachable") from None

    async def _write(self, answer: httpx.Response, path: Path) -> None:
        size = 0
        with path.open("wb") as file:
            async for part in answer.aiter_bytes(1 << 20):
                size += len(part)
                if size > self._file.max_bytes:
                    raise RegistryUnavailable("too-large")
                await asyncio.to_thread(file.write, part)


class Nowhere:
    """Files come by the operator's command only."""

    async def waiting(self) -> AsyncGenerator[Delivered]:
        for delivered in ():
            yield delivered

    async def close(self) -> None:
        return None


def _conditions(headers: httpx.Headers) -> dict[str, str]:
    named = {"if-none-match": headers.get("etag"), "if-modified-since": headers.get("last-modified")}
    return {name: value for name, value in named.items() if value}


def _modified_on(headers: httpx.Headers) -> date | None:
    try:
        return parsedate_to_datetime(headers.get("last-modified", "")).date()
    except ValueError:
        return None
