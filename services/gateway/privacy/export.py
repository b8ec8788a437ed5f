"""All that the platform knows of one person, as one file: gathered when asked for, and kept nowhere."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from services.gateway.privacy import store
from services.gateway.privacy.labels import SERVICES
from services.gateway.web.visit import Visit
from shared.errors import Unavailable
from shared.markers import N_

PICTURE = "identity/picture.webp"
PAGE = "privacy/export.html"


class PartMissing(Unavailable):
    """params: part, the name of the service that does not answer."""

    code = "export-part-missing"
    message = N_(
        "“{part}” does not answer at the moment, so the file would not be complete. Try again in a few minutes."
    )


async def gather(visit: Visit) -> dict[str, Any]:
    """What each service tells, by its name. Raises PartMissing, RemoteProblem."""
    account_id = visit.account_id
    names = [name for name in SERVICES if name != "gateway"]
    async with visit.at.database.acquire() as db:
        own = from_json(to_json(await _own(db, account_id)))  # dates as the others send them
    answers = await asyncio.gather(*(_ask(visit, name, account_id) for name in names))
    return {**dict(zip(names, answers, strict=True)), "gateway": own}


async def picture_of(visit: Visit) -> bytes | None:
    """Raises PartMissing."""
    try:
        answer = await visit.file("identity", "/api/account/picture")
    except Unavailable as error:
        raise _missing(visit, "identity") from error
    return answer.content if answer.is_success else None


def packed(data: Mapping[str, Any], picture: bytes | None, page: str) -> bytes:
    """page: the readable one. A file for each service, for programs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page)
        for name, known in data.items():
            archive.writestr(f"{name}/data.json", to_json(known, indent=2))
        if picture is not None:
            archive.writestr(PICTURE, picture)
    return file.getvalue()


async def _ask(visit: Visit, service: str, account_id: UUID) -> Any:
    try:
        return await visit.client(service).get(f"/internal/export/{account_id}", language=visit.language)
    except Unavailable as error:
        raise _missing(visit, service) from error


def _missing(visit: Visit, service: str) -> PartMissing:
    return PartMissing(part=visit.words.gettext(SERVICES[service]))


async def _own(db: Any, account_id: UUID) -> dict[str, object]:
    return {
        "account": await store.account_of(db, account_id),
        "qualities": await store.qualities_of(db, account_id),
        "recognitions": await store.recognitions_of(db, account_id),
    }
