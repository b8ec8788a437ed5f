"""Under which recognition a registration stands, whether it still does, and whether a role can be used. Pure."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.organisation.employees.rules import State
from services.organisation.tools.expressions import Kind, Need, Rule
from services.organisation.tools.needs import Circumstances, is_satisfied, kinds_in, missing, satisfied_by
from shared.errors import Conflict, Forbidden, NotFound, TooMany
from shared.events.organisation import Reason
from shared.markers import N_


class RecognitionMissing(Conflict):
    """params: missing, the alternatives as lists of needs; needed, the same in words."""

    code = "recognition-missing"
    message = N_("For this you need: {needed}.")


class OrganisationNotListed(Conflict):
    """params: tool and email, whom to ask."""

    code = "organisation-not-listed"
    message = N_(
        "This usage mode is only for organisations on the list of {tool}, and yours is not on it. "
        "{tool} keeps the list: write to {email}."
    )


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


class AccessChangedMeanwhile(Conflict):
    """params: changes, what the access of these people is by now: account_id and role."""

    code = "access-changed-meanwhile"
    message = N_("Somebody else has changed some of this access meanwhile. Look at it again, and save once more.")


class NotAnEditor(Forbidden):
    code = "not-an-access-editor"
    message = N_("This must be done by a manager of the organisation, or by who manages the tool there.")


class RoleHeldAlready(Conflict):
    code = "role-held-already"
    message = N_("You have this role already.")


class RequestNotFound(NotFound):
    code = "role-request-not-found"
    message = N_("This request has been answered or withdrawn meanwhile.")


class TooManyRequests(TooMany):
    code = "too-many-role-requests"
    message = N_("You have asked many times today. Try again tomorrow, or speak to a manager.")


NOT_LISTED: Reason = "organisation-not-listed"
TERMS_OUTDATED: Reason = "terms-outdated"


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

    mandated_*, is_erased and what circumstances say of a person: of the mandated employee, None and False where nobody is.
    is_under_old_terms: the day has come from which the tool's newer terms are needed.
    """

    registration_id: UUID
    organisation_id: UUID
    tool_id: str
    usage_mode: str
    register_rule: Rule
    suspended_reason: Reason | None
    mandated_account_id: UUID | None
    mandated_recognition: str | None
    mandated_state: State | None
    is_erased: bool
    circumstances: Circumstances
    is_under_old_terms: bool = False


@dataclass(frozen=True)
class Verdict:
    """Where a registration should be. reason: None where it stands. recognition: under which it does, or last did."""

    standing: Standing
    reason: Reason | None
    recognition: str | None

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
    circumstances: Circumstances

    @property
    def should_be_usable(self) -> bool:
        return is_satisfied(self.use_rule, self.circumstances)

    @property
    def missing(self) -> tuple[tuple[Need, ...], ...]:
        return missing(self.use_rule, self.circumstances)


def mandating_recognition(rule: Rule, circumstances: Circumstances, *, preferred: str | None = None) -> str | None:
    """The kind under which a registration stands; `preferred` as long as it is held and the rule is satisfied.

    None where the rule is not satisfied, and where it is without any recognition.
    """
    found = satisfied_by(rule, circumstances)
    if not found:
        return None
    if preferred is not None and preferred in circumstances.held:
        return preferred
    return min((need.name for need in found if isinstance(need, Kind)), default=None)


def judge(standing: Standing) -> Verdict:
    """Whether a registration stands: its mandated employee is active and holds what registering asks for, and the organisation is listed.

    Where nobody is mandated, nothing was asked of a person, and only the lists count.
    """
    rule, circumstances = standing.register_rule, standing.circumstances
    if standing.mandated_account_id is None:
        kept = None if standing.suspended_reason in (NOT_LISTED, TERMS_OUTDATED) else standing.suspended_reason
        return Verdict(standing, (kept or _of_terms(standing)) if _is_listed(rule, circumstances) else NOT_LISTED, None)
    kind = mandating_recognition(rule, circumstances, preferred=standing.mandated_recognition)
    return Verdict(standing, _reason(standing), kind or standing.mandated_recognition)


def must_be_listed(rule: Rule, circumstances: Circumstances) -> bool:
    """Whether it is a list that stands in the way, which nothing that a person holds makes up for."""
    return not _is_listed(rule, circumstances)


def _reason(standing: Standing) -> Reason | None:
    if standing.is_erased:
        return "account-erased"
    if standing.mandated_state is State.BLOCKED:
        return "employee-blocked"
    if standing.mandated_state is not State.ACTIVE:
        return "employee-removed"
    if not _is_listed(standing.register_rule, standing.circumstances):
        return NOT_LISTED
    return _of_terms(standing) if is_satisfied(standing.register_rule, standing.circumstances) else "mandate-lapsed"


def _of_terms(standing: Standing) -> Reason | None:
    return TERMS_OUTDATED if standing.is_under_old_terms else None


def _is_listed(rule: Rule, circumstances: Circumstances) -> bool:
    """Whether the rule could be satisfied by someone who holds everything, as the lists are."""
    return is_satisfied(rule, replace(circumstances, held=kinds_in(rule), is_manager=True))


def grant_of(
    registration: Registration, account_id: UUID, role: str, *, use_rule: Rule, circumstances: Circumstances
) -> Grant:
    """A role as it should stand: usable when the person's circumstances allow it."""
    return Grant(
        registration_id=registration.id,
        organisation_id=registration.organisation_id,
        tool_id=registration.tool_id,
        usage_mode=registration.usage_mode,
        account_id=account_id,
        role=role,
        usable=is_satisfied(use_rule, circumstances),
        use_rule=use_rule,
        circumstances=circumstances,
    )


def may_edit(*, is_manager: bool, is_tool_manager: bool) -> bool:
    """Who may change the access of others in a registration: managers in all, tool managers in theirs."""
    return is_manager or is_tool_manager


def takes_at_once(*, is_self_service: bool, is_manager: bool, is_held: bool) -> bool:
    """Whether who asks for a role gets it without being asked: a manager, one that nobody holds, where the usage mode allows it."""
    return is_self_service and is_manager and not is_held
