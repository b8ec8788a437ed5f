"""Under which recognition a registration stands, whether it still does, and whether a role can be used. Pure."""

from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from services.organisation.employees.rules import State
from services.organisation.tools.expressions import NOTHING, Rule, is_satisfied, missing, parse, satisfied_by
from shared.errors import Conflict, NotFound
from shared.events.organisation import Reason
from shared.markers import N_


class RecognitionMissing(Conflict):
    """params: missing, the alternatives as lists of kinds; needed, the same in words."""

    code = "recognition-missing"
    message = N_("For this you need: {needed}.")


class TermsOutdated(Conflict):
    """params: terms_version, the one to accept."""

    code = "terms-outdated"
    message = N_("The terms have changed. Read and accept the new ones.")


class AlreadyRegistered(Conflict):
    code = "already-registered"
    message = N_("Your organisation has registered the tool in this usage mode already.")


class UsageModeNotFound(NotFound):
    code = "usage-mode-not-found"
    message = N_("The tool has no such usage mode.")


class RegistrationNotFound(NotFound):
    code = "registration-not-found"
    message = N_("Your organisation has no such registration.")


class RoleNotFound(NotFound):
    code = "role-not-found"
    message = N_("The usage mode has no such role.")


class NotActive(Conflict):
    code = "employee-not-active"
    message = N_("Only employees who are confirmed and not blocked can be given access.")


@dataclass(frozen=True)
class Registration:
    """A tool in one usage mode of an organisation. Nobody is mandated where registering asked for nothing."""

    id: UUID
    organisation_id: UUID
    tool_id: str
    usage_mode: str
    state: str
    suspended_reason: str | None
    mandated_account_id: UUID | None
    mandated_recognition: str | None
    terms_version: str


@dataclass(frozen=True)
class Standing:
    """Where a registration is now, and what decides where it should be.

    mandated_state, held: of the mandated employee. is_erased: their account is gone.
    """

    registration_id: UUID
    organisation_id: UUID
    tool_id: str
    usage_mode: str
    register_rule: Rule
    suspended_reason: Reason | None
    mandated_account_id: UUID
    mandated_recognition: str
    mandated_state: State
    is_erased: bool
    held: frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """Where a registration should be. reason: None where it stands. recognition: under which it does, or last did."""

    standing: Standing
    reason: Reason | None
    recognition: str

    @property
    def is_change(self) -> bool:
        return (self.reason, self.recognition) != (self.standing.suspended_reason, self.standing.mandated_recognition)


@dataclass(frozen=True)
class Grant:
    """One employee's role, and what decides whether it can be used."""

    registration_id: UUID
    organisation_id: UUID
    tool_id: str
    usage_mode: str
    account_id: UUID
    role: str
    usable: bool
    use_rule: Rule
    held: frozenset[str]

    @property
    def should_be_usable(self) -> bool:
        return is_satisfied(self.use_rule, self.held)

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        return missing(self.use_rule, self.held)


def mandating_recognition(rule: Rule, held: Set[str], *, preferred: str | None = None) -> str | None:
    """The kind under which a registration stands; `preferred` as long as it is held and the rule is satisfied.

    None where the rule is not satisfied, and where it asks for nothing.
    """
    found = satisfied_by(rule, held)
    if not found:
        return None
    if preferred is not None and preferred in held:
        return preferred
    return min(found)


def judge(standing: Standing) -> Verdict:
    """Whether a registration stands: its mandated employee is active, and holds what registering asks for."""
    kind = mandating_recognition(standing.register_rule, standing.held, preferred=standing.mandated_recognition)
    return Verdict(standing, _reason(standing, kind), kind or standing.mandated_recognition)


def _reason(standing: Standing, kind: str | None) -> Reason | None:
    if standing.is_erased:
        return "account-erased"
    if standing.mandated_state is State.BLOCKED:
        return "employee-blocked"
    if standing.mandated_state is not State.ACTIVE:
        return "employee-removed"
    return None if kind or standing.register_rule == NOTHING else "mandate-lapsed"


def grant_of(registration: Registration, account_id: UUID, role: str, *, use_rule: str, held: frozenset[str]) -> Grant:
    """A role as it should stand: usable when what is held allows it."""
    rule = parse(use_rule)
    return Grant(
        registration_id=registration.id,
        organisation_id=registration.organisation_id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        account_id=account_id,
        role=role,
        usable=is_satisfied(rule, held),
        use_rule=rule,
        held=held,
    )
