"""May this person use this tool as this? The one place that says so. Pure."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.organisation.employees.rules import State
from services.organisation.tools.expressions import parse
from services.organisation.tools.needs import Circumstances, codes_of, kinds_in, missing

ReasonCode = Literal[
    "not-an-employee",
    "awaiting-confirmation",
    "employee-blocked",
    "not-registered",
    "registration-suspended",
    "role-not-held",
    "recognition-missing",
]


@dataclass(frozen=True)
class Facts:
    """What the tables know. employee_state, registration_state, role_held: None where there is none. rules: as text."""

    organisation_id: UUID
    enterprise_number: str
    organisation_name: str
    employee_state: State | None
    registration_state: str | None
    suspended_reason: str | None
    role_held: str | None
    register_rule: str
    use_rule: str
    circumstances: Circumstances


@dataclass(frozen=True)
class Decision:
    """missing: any one of these lists of needs would do. recognitions: those held that the usage mode asks about."""

    reasons: tuple[ReasonCode, ...]
    missing: tuple[tuple[str, ...], ...]
    recognitions: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return not self.reasons


def decide(facts: Facts, *, role: str) -> Decision:
    """Every reason against it, not only the first. Someone who is no active employee learns nothing about the organisation."""
    membership: dict[State | None, ReasonCode] = {
        None: "not-an-employee",
        State.INVITED: "not-an-employee",
        State.REMOVED: "not-an-employee",
        State.REQUESTED: "awaiting-confirmation",
        State.BLOCKED: "employee-blocked",
    }
    if facts.employee_state in membership:
        return Decision((membership[facts.employee_state],), (), ())
    if facts.registration_state is None:
        return Decision(("not-registered",), (), ())
    reasons: list[ReasonCode] = []
    if facts.registration_state != "active":
        reasons.append("registration-suspended")
    if facts.role_held != role:
        reasons.append("role-not-held")
    use_rule = parse(facts.use_rule)
    lacking = missing(use_rule, facts.circumstances)
    if lacking:
        reasons.append("recognition-missing")
    relevant = facts.circumstances.held & (kinds_in(use_rule) | kinds_in(parse(facts.register_rule)))
    return Decision(tuple(reasons), codes_of(lacking), tuple(sorted(relevant)))
