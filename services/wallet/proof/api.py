"""The proof of the book, for operators: they ask piece by piece, so that each answer comes soon."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from services.wallet.at import At
from services.wallet.fields import Answer, Body
from services.wallet.proof import store
from services.wallet.proof.handlers import log_faults
from services.wallet.proof.rules import Piece, Proof
from shared.tokens import peer

router = APIRouter(prefix="/internal/book", dependencies=[peer("operator")])


class PieceBody(Body):
    """after: of the answer before; None to begin. whole: each wallet from its first entry."""

    after: UUID | None = None
    whole: bool = True


class FaultAnswer(Answer):
    rule: str
    subject: str
    expected: int | None
    found: int | None


class PieceAnswer(Answer):
    """after: for the next piece, None at the end. counts: how many of what were proven."""

    after: UUID | None
    counts: dict[str, int]
    faults: list[FaultAnswer]


class CheckAnswer(Answer):
    scope: str
    ended_at: datetime
    took_s: float
    faults: int
    counts: dict[str, int]


@router.post("/wallets")
async def prove_wallets(body: PieceBody, at: At) -> PieceAnswer:
    async with at.database.acquire() as db:
        return _answer(await store.prove_wallets(db, body.after or store.FIRST, whole=body.whole))


@router.post("/transactions")
async def prove_transactions(body: PieceBody, at: At) -> PieceAnswer:
    async with at.database.acquire() as db:
        return _answer(await store.prove_transactions(db, body.after or store.FIRST))


@router.get("/checks")
async def last_checks(at: At) -> list[CheckAnswer]:
    """How the last proofs ended that ran by themselves."""
    async with at.database.acquire() as db:
        return [CheckAnswer.model_validate(check) for check in await store.checks(db)]


def _answer(piece: Piece) -> PieceAnswer:
    proof = Proof()
    proof.add(piece)
    log_faults(proof)
    return PieceAnswer.model_validate(piece)
