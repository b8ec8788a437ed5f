"""What operators do about the data of organisations."""

from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.data import handlers, store
from services.organisation.fields import Answer
from services.organisation.organisations.store import lock_organisations
from shared.tokens import peer

router = APIRouter(prefix="/internal/organisations")
_PLATFORM = UUID(int=0)
_BATCH = 100


class Told(Answer):
    organisations: int


@router.post("/tell", dependencies=[peer("operator")])
async def tell_all(at: At) -> Told:
    """Announce every organisation once more, as it is now, for who began to follow later. Nothing about it changes."""
    told, after = 0, None
    while True:
        async with at.database.transaction() as db:
            ids = await store.ids_after(db, after, limit=_BATCH)
            await lock_organisations(db, ids)
            for organisation_id in ids:
                await handlers.tell(db, organisation_id, by=_PLATFORM)
        if not ids:
            return Told(organisations=told)
        told, after = told + len(ids), ids[-1]
