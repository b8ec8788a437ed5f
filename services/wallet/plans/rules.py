"""When a plan runs, and what is to be said and done about it. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.errors import Conflict, NotFound
from shared.markers import N_

BELGIUM = ZoneInfo("Europe/Brussels")
REMIND_DAYS = 30
RENEWAL_TRIES = 7
RETRY_AFTER = timedelta(days=1)


class OfferNotFound(NotFound):
    code = "offer-not-found"
    message = N_("This is not offered to the organisation. Register the tool first.")


class OfferChanged(Conflict):
    code = "offer-changed"
    message = N_("The offer has changed since you looked at it. Nothing was bought: look at it again first.")


class PurchaseMismatch(Conflict):
    code = "purchase-mismatch"
    message = N_("This key was used before for a different purchase.")


class PlanNotFound(NotFound):
    code = "plan-not-found"
    message = N_("This plan does not exist, or you have no access to it.")


class PlanOver(Conflict):
    code = "plan-over"
    message = N_("This plan is over and cannot be renewed any more. Buy a new one instead.")


class State(StrEnum):
    """`waiting`: bought as the next one, runs later."""

    WAITING = "waiting"
    ACTIVE = "active"
    USED_UP = "used-up"
    EXPIRED = "expired"


class Step(Enum):
    """What is due about a plan, in the order in which it is done."""

    REMIND = "remind"
    RENEW = "renew"
    SAY_USED_UP = "say used up"
    SAY_EXPIRED = "say expired"


@dataclass(frozen=True)
class Plan:
    """uses: None without limit. ends_on: the last day; ends_at: the end of it. renewed_as: the plan that followed."""

    id: UUID
    organisation_id: UUID
    tool_id: str
    offer_id: UUID
    name: str
    uses: int | None
    used: int
    starts_at: datetime
    ends_on: date
    ends_at: datetime
    renews: bool
    renews_plan: UUID | None = None
    renewed_as: UUID | None = None
    renewal_tries: int = 0
    retry_at: datetime | None = None
    ending_said_at: datetime | None = None
    used_up_said_at: datetime | None = None
    expired_said_at: datetime | None = None

    @property
    def uses_left(self) -> int | None:
        return None if self.uses is None else self.uses - self.used

    @property
    def is_used_up(self) -> bool:
        return self.uses_left == 0

    def state(self, now: datetime) -> State:
        if now >= self.ends_at:
            return State.EXPIRED
        if self.is_used_up:
            return State.USED_UP
        return State.WAITING if now < self.starts_at else State.ACTIVE

    @property
    def has_few_uses(self) -> bool:
        """A tenth of them, or the last one; the database asks the same (`plan_few_uses`)."""
        return self.uses is not None and self.used > 0 and self.uses - self.used <= max(1, self.uses // 10)

    @property
    def reminded_from(self) -> datetime:
        return start_of(self.ends_on - timedelta(days=REMIND_DAYS))

    @property
    def starts_on(self) -> date:
        return self.starts_at.astimezone(BELGIUM).date()

    @property
    def last_day_from(self) -> datetime:
        return start_of(self.ends_on)

    @property
    def may_renew(self) -> bool:
        return self.renews and self.renewed_as is None and self.renewal_tries < RENEWAL_TRIES


def start_of(day: date) -> datetime:
    """In Belgium."""
    return datetime.combine(day, time(), BELGIUM)


def a_year_after(day: date) -> date:
    """The same day of the next year; 28 February where there is no 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def last_day(bought_at: datetime) -> date:
    """A plan bought on 22 November runs up to and including 22 November of the next year: the day of purchase is not counted."""
    return a_year_after(bought_at.astimezone(BELGIUM).date())


def term_of(bought_at: datetime, before: Plan | None = None) -> tuple[datetime, date, datetime]:
    """From when, the last day, and the end of it. before: the plan that this one renews; while that one runs, it runs after it."""
    if before is not None and not before.is_used_up and bought_at < before.ends_at:
        ends_on = a_year_after(before.ends_on)
        return before.ends_at, ends_on, start_of(ends_on + timedelta(days=1))
    ends_on = last_day(bought_at)
    return bought_at, ends_on, start_of(ends_on + timedelta(days=1))


def due_steps(plan: Plan, now: datetime) -> list[Step]:
    """A plan that is used up or over is not said to be ending, and one that is used up not to have expired."""
    state = plan.state(now)
    steps: list[Step] = []
    ending = plan.has_few_uses or now >= plan.reminded_from
    if state is State.ACTIVE and ending and plan.ending_said_at is None:
        steps.append(Step.REMIND)
    wanted = plan.is_used_up or now >= plan.last_day_from
    if plan.may_renew and wanted and (plan.retry_at is None or now >= plan.retry_at):
        steps.append(Step.RENEW)
    if plan.is_used_up and plan.used_up_said_at is None:
        steps.append(Step.SAY_USED_UP)
    if state is State.EXPIRED and plan.expired_said_at is None and not plan.is_used_up:
        steps.append(Step.SAY_EXPIRED)
    return steps


def next_look_at(plan: Plan, now: datetime) -> datetime | None:
    """When the next step can be due without anybody using the plan; None for never again."""
    moments: list[datetime] = []
    if plan.ending_said_at is None and plan.used_up_said_at is None:
        moments.append(max(plan.reminded_from, plan.starts_at))
    if plan.may_renew:
        first = now if plan.is_used_up else plan.last_day_from
        moments.append(max(first, plan.retry_at or first))
    if plan.expired_said_at is None:
        moments.append(plan.ends_at)
    later = [moment for moment in moments if moment > now]
    return min(later) if later else None
