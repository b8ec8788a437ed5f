"""What concerns tools of all that is announced. Handlers only execute, so that a batch is written together."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.notify.webhooks import known_store, log_store
from services.notify.webhooks.facts import BLOCKED, TOLD, data_of, needs_of, person_of
from services.notify.webhooks.log_store import Fact
from shared.consume import Consumer, Handler
from shared.correlation import headers_in_hand
from shared.db import Connection
from shared.events import catalogue, identity, organisation, recognition, wallet
from shared.events.base import Event
from shared.ids import new_id
from shared.sealed import Keyring


async def on_tool(db: Connection, event: catalogue.ToolPublished | catalogue.ToolChanged, keyring: Keyring) -> None:
    names, needs = dict(event.names), needs_of(event)
    await known_store.upsert_tool(db, event.tool_id, names, event.support_email, needs)


async def on_organisation_created(db: Connection, event: organisation.OrganisationCreated, keyring: Keyring) -> None:
    await known_store.add_organisation(db, event.organisation_id, event.name, event.enterprise_number)


async def on_organisation_changed(db: Connection, event: organisation.OrganisationChanged, keyring: Keyring) -> None:
    """Its addresses and pictures are changed far more often than its name, and concern no tool."""
    fact = _fact(event, event.organisation_id)
    await log_store.add_renamed(db, fact, event.name, event.enterprise_number)
    db.mark("job")


async def on_organisation_closed(db: Connection, event: organisation.OrganisationClosed, keyring: Keyring) -> None:
    await log_store.add_for_all(db, _fact(event, event.organisation_id))
    db.mark("job")


async def on_registered(db: Connection, event: organisation.ToolRegistered, keyring: Keyring) -> None:
    await known_store.add_registration(
        db, event.registration_id, event.organisation_id, event.tool_id, event.usage_mode
    )
    await _tell_tool(db, event, event.tool_id, event.organisation_id)


async def on_registration_ended(db: Connection, event: organisation.RegistrationEnded, keyring: Keyring) -> None:
    """The last that the tool hears of it."""
    await _tell_tool(db, event, event.tool_id, event.organisation_id)
    await known_store.end_registration(db, event.registration_id)


async def on_registration(
    db: Connection,
    event: organisation.MandateChanged
    | organisation.RegistrationSuspended
    | organisation.RegistrationResumed
    | organisation.TermsAccepted
    | organisation.TermsAnnounced,
    keyring: Keyring,
) -> None:
    await _tell_tool(db, event, event.tool_id, event.organisation_id)


async def on_access_granted(db: Connection, event: organisation.AccessGranted, keyring: Keyring) -> None:
    await known_store.set_access(db, event.registration_id, event.account_id, event.role, is_usable=event.usable)
    await _tell_tool(db, event, event.tool_id, event.organisation_id)


async def on_access_withdrawn(db: Connection, event: organisation.AccessWithdrawn, keyring: Keyring) -> None:
    await known_store.drop_access(db, event.registration_id, event.account_id, event.role)
    await _tell_tool(db, event, event.tool_id, event.organisation_id)


async def on_access_used_or_not(
    db: Connection, event: organisation.AccessSuspended | organisation.AccessResumed, keyring: Keyring
) -> None:
    is_usable = isinstance(event, organisation.AccessResumed)
    await known_store.set_access(db, event.registration_id, event.account_id, event.role, is_usable=is_usable)
    await _tell_tool(db, event, event.tool_id, event.organisation_id)


async def on_employee_blocked(db: Connection, event: organisation.EmployeeBlocked, keyring: Keyring) -> None:
    """A tool knows access, not employees: what it hears is that the access is withdrawn."""
    data = {"reason": BLOCKED, "becomes": None}
    fact = _made(organisation.AccessWithdrawn.type, event.organisation_id, event.account_id, data)
    await log_store.add_for_access(db, fact, tells_usable=False)
    db.mark("job")


async def on_employee_activated(db: Connection, event: organisation.EmployeeActivated, keyring: Keyring) -> None:
    fact = _made(organisation.AccessGranted.type, event.organisation_id, event.account_id, {"was": None})
    await log_store.add_for_access(db, fact, tells_usable=True)
    db.mark("job")


async def on_recognition(
    db: Connection, event: recognition.RecognitionGranted | recognition.RecognitionLapsed, keyring: Keyring
) -> None:
    """No news while another source vouches for the same."""
    if isinstance(event, recognition.RecognitionLapsed) and event.held_elsewhere:
        return
    await log_store.add_recognition(db, _fact(event, event.account_id), event.kind)
    db.mark("job")


async def on_wallet(
    db: Connection,
    event: wallet.WalletCharged
    | wallet.ChargeReserved
    | wallet.ReservationReleased
    | wallet.WalletRefunded
    | wallet.PlanBought
    | wallet.PlanEnding
    | wallet.PlanEnded
    | wallet.CreditsBought,
    keyring: Keyring,
) -> None:
    await _tell_tool(db, event, event.tool_id, event.wallet_id)


async def on_account_gone(
    db: Connection, event: identity.AccountErased | identity.AccountsMerged, keyring: Keyring
) -> None:
    is_merged = isinstance(event, identity.AccountsMerged)
    await known_store.drop_person(db, event.merged_account_id if is_merged else event.account_id)


async def _tell_tool(db: Connection, event: Event, tool_id: str, organisation_id: UUID) -> None:
    await log_store.add_for_tool(db, tool_id, _fact(event, organisation_id))
    db.mark("job")


def _fact(event: Event, organisation_id: UUID) -> Fact:
    return _made(event.type, organisation_id, person_of(event), data_of(event))


def _made(event_type: str, organisation_id: UUID, account_id: UUID | None, data: Mapping[str, Any]) -> Fact:
    """Under the id and the time of the event that is being handled."""
    headers = headers_in_hand()
    event_id = UUID(headers["ce_id"]) if "ce_id" in headers else new_id()
    occurred_at = datetime.fromisoformat(headers["ce_time"]) if "ce_time" in headers else datetime.now(UTC)
    return Fact(event_type, event_id, occurred_at, organisation_id, account_id, data)


_OWN: Mapping[type[Event], Handler] = {
    catalogue.ToolPublished: on_tool,
    catalogue.ToolChanged: on_tool,
    organisation.OrganisationCreated: on_organisation_created,
    organisation.OrganisationChanged: on_organisation_changed,
    organisation.OrganisationClosed: on_organisation_closed,
    organisation.ToolRegistered: on_registered,
    organisation.RegistrationEnded: on_registration_ended,
    organisation.AccessGranted: on_access_granted,
    organisation.AccessWithdrawn: on_access_withdrawn,
    organisation.AccessSuspended: on_access_used_or_not,
    organisation.AccessResumed: on_access_used_or_not,
    organisation.EmployeeBlocked: on_employee_blocked,
    organisation.EmployeeActivated: on_employee_activated,
    recognition.RecognitionGranted: on_recognition,
    recognition.RecognitionLapsed: on_recognition,
    identity.AccountErased: on_account_gone,
    identity.AccountsMerged: on_account_gone,
}


def _usual(event: type[Event]) -> Handler:
    return on_wallet if event.producer == "wallet" else on_registration


WEBHOOKS = Consumer(
    "webhooks",
    topics=["identity.events", "organisation.events", "organisation.tools", "recognition.events", "wallet.events"],
    handlers={**{event: _usual(event) for event in TOLD}, **_OWN},
    only_writes=True,
    apart=(
        recognition.RecognitionGranted,
        recognition.RecognitionLapsed,
        identity.AccountErased,
        identity.AccountsMerged,
    ),
)
