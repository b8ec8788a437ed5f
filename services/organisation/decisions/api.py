"""Who may use what as what: for the services that let people in, and for tools about themselves."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.organisation.at import At
from services.organisation.decisions.authzen import (
    AllDecided,
    Decided,
    DecisionContext,
    Evaluation,
    Evaluations,
    Metadata,
    Quality,
    Semantic,
)
from services.organisation.decisions.rules import IN_WORDS, Decision, Facts, decide
from services.organisation.decisions.store import Question
from services.organisation.tools.words import FOLDER
from shared.errors import Forbidden
from shared.http import Language
from shared.i18n import translator
from shared.markers import N_
from shared.tokens import Tool, peer, public, tool

EVALUATION, EVALUATIONS = "access/v1/evaluation", "access/v1/evaluations"

router = APIRouter(tags=["decisions"])

AsTool = Annotated[Tool, tool("decisions")]


class OtherTool(Forbidden):
    code = "another-tool"
    message = N_("A tool asks about itself only.")


@router.post(f"/internal/{EVALUATION}", dependencies=[peer("gateway", "identity")])
async def evaluate_for_service(body: Evaluation, at: At, language: Language) -> Decided:
    (decided,) = await _decide(at, [body], [body.subject.id], language)
    return decided


@router.post(f"/api/{EVALUATION}")
async def evaluate(body: Evaluation, caller: AsTool, at: At, language: Language) -> Decided:
    """May this account start the tool as this? Answered from the tables that say so, at this moment."""
    (decided,) = await _decide_for_tool(at, caller, [body], language)
    return decided


@router.post(f"/api/{EVALUATIONS}")
async def evaluate_all(body: Evaluations, caller: AsTool, at: At, language: Language) -> AllDecided:
    """Many at once: one look at the tables for all of them."""
    decided = await _decide_for_tool(at, caller, body.evaluations, language)
    return AllDecided(evaluations=list(_until_settled(decided, body.options.evaluations_semantic)))


@router.get("/.well-known/authzen-configuration", dependencies=[public("metadata says where the endpoints are")])
async def metadata(at: At) -> Metadata:
    origin = at.settings.public_origin
    return Metadata(
        policy_decision_point=origin,
        access_evaluation_endpoint=f"{origin}/api/{EVALUATION}",
        access_evaluations_endpoint=f"{origin}/api/{EVALUATIONS}",
    )


async def _decide_for_tool(at: At, caller: Tool, asked: Sequence[Evaluation], language: str) -> list[Decided]:
    """A tool names people as it knows them. Raises OtherTool, ServiceUnavailable."""
    if any(one.resource.id != caller.tool_id for one in asked):
        raise OtherTool()
    subjects = [one.subject.id for one in asked]
    if caller.sector is not None:
        subjects = await at.own.subjects.accounts(at.client("identity"), caller.sector, subjects)
    return await _decide(at, asked, subjects, language, asked_by_tool=True)


async def _decide(
    at: At, asked: Sequence[Evaluation], account_ids: Sequence[UUID], language: str, *, asked_by_tool: bool = False
) -> list[Decided]:
    """account_ids: whom each question is about."""
    questions = [
        Question(account_id, one.context.organisation_id, one.resource.id, one.context.usage_mode)
        for one, account_id in zip(asked, account_ids, strict=True)
    ]
    found = await at.own.questions.facts_of_all(questions)
    say = translator(FOLDER, language).gettext
    return [
        _answer(one, facts, decide(facts, role=one.context.role, asked_by_tool=asked_by_tool), language, say)
        for one, facts in zip(asked, found, strict=True)
    ]


def _until_settled(decided: Sequence[Decided], semantic: Semantic) -> Iterator[Decided]:
    settles = {"deny_on_first_deny": False, "permit_on_first_permit": True}.get(semantic)
    for one in decided:
        yield one
        if one.decision is settles:
            return


def _answer(asked: Evaluation, facts: Facts, decision: Decision, language: str, say: Callable[[str], str]) -> Decided:
    if decision.allowed:
        quality = Quality(
            organisation_id=facts.organisation_id,
            enterprise_number=facts.enterprise_number,
            organisation_name=facts.organisation_name,
            usage_mode=asked.context.usage_mode,
            role=asked.context.role,
            recognitions=list(decision.recognitions),
        )
        return Decided(decision=True, context=DecisionContext(quality=quality))
    context = DecisionContext(
        reasons=decision.reasons,
        reason_user={language: " ".join(say(IN_WORDS[reason]) for reason in decision.reasons)},
        missing=decision.missing,
        suspended_reason=facts.suspended_reason if "registration-suspended" in decision.reasons else None,
    )
    return Decided(decision=False, context=context)
