"""May this person use this tool as this? The one place that says so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

from services.organisation.employees.rules import State
from services.organisation.tools.expressions import parse
from services.organisation.tools.needs import Circumstances, codes_of, kinds_in, missing
from shared.markers import N_

ReasonCode = Literal[
    "not-an-employee",
    "awaiting-confirmation",
    "employee-blocked",
    "not-registered",
    "registration-suspended",
    "role-not-held",
    "recognition-missing",
    "organisation-closed",
]

IN_WORDS: Mapping[ReasonCode, str] = {
    "not-an-employee": N_("You do not belong to this organisation."),
    "awaiting-confirmation": N_("A manager of this organisation must confirm you first."),
    "employee-blocked": N_("A manager of this organisation has blocked you."),
    "not-registered": N_("The organisation has not registered this tool in this usage mode."),
    "registration-suspended": N_("The organisation's registration of this tool is suspended."),
    "role-not-held": N_("You do not have this role."),
    "recognition-missing": N_("Your recognitions are not enough for this usage mode."),
    "organisation-closed": N_("This organisation is closed."),
}


@dataclass(frozen=True)
class Facts:
    """What the tables know. employee_state, registration_state, role_held: None where there is none. rules: as text."""

    organisation_id: UUID
    enterprise_number: str
    organisation_name: str
    is_closed: bool
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


def decide(facts: Facts, *, role: str, asked_by_tool: bool = False) -> Decision:
    """Every reason against it, not only the first. Someone who is no active employee learns nothing about the organisation.

    asked_by_tool: it learns nothing about organisations that have not registered it, also not who belongs to them.
    """
    if asked_by_tool and facts.registration_state is None:
        return Decision(("not-registered",), (), ())
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
    reasons: list[ReasonCode] = ["organisation-closed"] if facts.is_closed else []
    if facts.registration_state != "active":
        reasons.append("registration-suspended")
    if facts.role_held != role:
        reasons.append("role-not-held")
    lacking = missing(parse(facts.use_rule), facts.circumstances)
    if lacking:
        reasons.append("recognition-missing")
    relevant = facts.circumstances.held & _kinds_in(facts.use_rule, facts.register_rule)
    return Decision(tuple(reasons), codes_of(lacking), tuple(sorted(relevant)))


@lru_cache(maxsize=1024)
def _kinds_in(*rules: str) -> frozenset[str]:
    return frozenset[str]().union(*(kinds_in(parse(rule)) for rule in rules))
