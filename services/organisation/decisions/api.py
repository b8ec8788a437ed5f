"""Who may use what as what, for those who let people in."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.decisions.rules import Facts, ReasonCode, decide
from services.organisation.decisions.store import Question, find_facts
from services.organisation.fields import Answer, Body, Slug
from shared.formats import BRUSSELS
from shared.tokens import peer

router = APIRouter()


class DecisionBody(Body):
    account_id: UUID
    tool_id: Slug
    organisation_id: UUID
    usage_mode: Slug
    role: Slug


class QualityAnswer(Answer):
    """recognitions: what the person holds of what the usage mode asks about; a tool learns of no others."""

    organisation_id: UUID
    enterprise_number: str
    organisation_name: str
    usage_mode: str
    role: str
    recognitions: list[str]


class DecisionAnswer(Answer):
    """reasons: all that stand against it. missing: any one of these lists of recognition kinds would do.

    quality: only where it is allowed.
    """

    allowed: bool
    reasons: list[ReasonCode]
    missing: list[list[str]]
    suspended_reason: str | None
    quality: QualityAnswer | None


@router.post("/internal/decisions", dependencies=[peer("gateway", "identity")])
async def decide_start(body: DecisionBody, at: At) -> DecisionAnswer:
    question = Question(body.account_id, body.organisation_id, body.tool_id, body.usage_mode)
    async with at.database.acquire() as db:
        facts = await find_facts(db, question, today=datetime.now(BRUSSELS).date())
    if facts is None:
        return DecisionAnswer(
            allowed=False, reasons=["not-an-employee"], missing=[], suspended_reason=None, quality=None
        )
    return _answer(facts, body)


def _answer(facts: Facts, body: DecisionBody) -> DecisionAnswer:
    decision = decide(facts, role=body.role)
    suspended = "registration-suspended" in decision.reasons
    quality = QualityAnswer(
        organisation_id=facts.organisation_id,
        enterprise_number=facts.enterprise_number,
        organisation_name=facts.organisation_name,
        usage_mode=body.usage_mode,
        role=body.role,
        recognitions=list(decision.recognitions),
    )
    return DecisionAnswer(
        allowed=decision.allowed,
        reasons=list(decision.reasons),
        missing=[list(kinds) for kinds in decision.missing],
        suspended_reason=facts.suspended_reason if suspended else None,
        quality=quality if decision.allowed else None,
    )
