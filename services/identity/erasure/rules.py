"""The life of an erasure, and what stands against one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, NotFound
from shared.markers import N_

SERVICES = ("organisation", "recognition", "wallet", "notify", "gateway")
"""Who has copies of a person, besides this service."""


class State(StrEnum):
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    STARTING = "starting"
    HELD = "held"
    PURGING = "purging"
    TELLING = "telling"
    DONE = "done"


CANCELLABLE = (State.REQUESTED, State.SCHEDULED, State.HELD)
WAITS_FOR_OTHERS = (State.PURGING, State.TELLING)


class LastManagerSomewhere(Conflict):
    """params: organisations, the names of those that would be left without a manager."""

    code = "last-manager-somewhere"
    message = N_("You are the only manager of {organisations}. Make someone else a manager there first.")


class AlreadyScheduled(Conflict):
    code = "erasure-already-scheduled"
    message = N_("The erasure of this account is confirmed already.")


class NoErasure(NotFound):
    code = "no-erasure"
    message = N_("No erasure of this account was asked for.")


class TooLateToCancel(Conflict):
    code = "too-late-to-cancel"
    message = N_("The erasure has begun and can no longer be stopped.")


@dataclass(frozen=True)
class Policy:
    """cooling_off: between the confirmation and the beginning. held_for: before an erasure that was held is tried again.

    remind_after: a service that has not reported is told once more, and counts as late.
    """

    cooling_off: timedelta
    held_for: timedelta = timedelta(hours=1)
    remind_after: timedelta = timedelta(hours=1)
    unconfirmed_for: timedelta = timedelta(days=1)
    ask_again_after: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class Erasure:
    """missing: the services that have not reported yet."""

    account_id: UUID
    state: State
    requested_at: datetime
    next_at: datetime | None
    started_at: datetime | None
    missing: tuple[str, ...] = ()

    def late(self, policy: Policy, *, now: datetime) -> tuple[str, ...]:
        """Who keeps it from going on for longer than they should."""
        if self.state not in WAITS_FOR_OTHERS or self.started_at is None or now - self.started_at < policy.remind_after:
            return ()
        return self.missing if self.state is State.PURGING else ("notify",)


def count_late(erasures: list[Erasure], policy: Policy, *, now: datetime) -> Mapping[str, int]:
    """How many erasures wait for each service; every service has a number."""
    late = [service for erasure in erasures for service in erasure.late(policy, now=now)]
    return {service: late.count(service) for service in SERVICES}
