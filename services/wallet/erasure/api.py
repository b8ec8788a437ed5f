"""What the wallets know of one person, for themselves."""

from uuid import UUID

from fastapi import APIRouter

from services.wallet.at import At
from services.wallet.erasure.handlers import export_of
from shared.tokens import peer

router = APIRouter(tags=["erasure"])


@router.get("/internal/export/{account_id}", dependencies=[peer("identity", "gateway")])
async def export(account_id: UUID, at: At) -> dict[str, object]:
    """All that this service knows of the person; the keys are explained in docs/export.md."""
    async with at.database.acquire() as db:
        return await export_of(db, account_id)
