"""The shape of questions and answers: OpenID AuthZEN, Authorization API 1.0. What it leaves to us:

subject   {"type": "account", "id": its id, or for a tool with pairwise subjects the `sub` that it knows}
action    {"name": "start"}
resource  {"type": "tool", "id": its id}
context   {"organisation_id", "usage_mode", "role"}: as what the account would start it
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.organisation.decisions.rules import ReasonCode
from services.organisation.fields import Answer, Slug

MAX_EVALUATIONS = 200
Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]


class _Part(BaseModel):
    """Whatever else it holds is for others: the standard lets everybody add to it."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Subject(_Part):
    type: Literal["account"]
    id: UUID


class Action(_Part):
    name: Literal["start"]


class Resource(_Part):
    type: Literal["tool"]
    id: Slug


class Context(_Part):
    organisation_id: UUID
    usage_mode: Slug
    role: Slug


class Evaluation(_Part):
    subject: Subject
    action: Action
    resource: Resource
    context: Context


class Options(_Part):
    evaluations_semantic: Semantic = "execute_all"


class Evaluations(_Part):
    """What stands beside `evaluations` holds for each of them that does not say otherwise; with none of them it is the only one."""

    evaluations: Annotated[tuple[Evaluation, ...], Field(max_length=MAX_EVALUATIONS)]
    options: Options = Options()

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        body = cast(Mapping[str, Any], given)
        common = {name: body[name] for name in Evaluation.model_fields if name in body}
        asked = cast(object, body.get("evaluations") or [{}])
        if not isinstance(asked, list):
            return body
        each = cast(list[object], asked)
        whole = [{**common, **cast(Mapping[str, Any], one)} if isinstance(one, Mapping) else one for one in each]
        return {**body, "evaluations": whole}


class Quality(Answer):
    """recognitions: what the person holds of what the usage mode asks about; a tool learns of no others."""

    organisation_id: UUID
    enterprise_number: str
    organisation_name: str
    usage_mode: str
    role: str
    recognitions: list[str]


class DecisionContext(Answer):
    """reasons: all that stand against it; reason_user: the same for a person, by language. missing: any one of these lists would do.

    quality: only where the decision is true.
    """

    reasons: tuple[ReasonCode, ...] = ()
    reason_user: dict[str, str] = Field(default_factory=dict[str, str])
    missing: tuple[tuple[str, ...], ...] = ()
    suspended_reason: str | None = None
    quality: Quality | None = None


class Decided(Answer):
    decision: bool
    context: DecisionContext


class AllDecided(Answer):
    """In the order of the questions; shorter where the semantic stops at the first answer that settles it."""

    evaluations: list[Decided]


class Metadata(Answer):
    """What /.well-known/authzen-configuration answers."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str
