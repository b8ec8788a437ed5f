"""Which events concern tools, and what of them a tool is told. Pure.

What is told bears the type of the event that it comes from, and of its fields those that are named here; besides them
`organisation_id`, and `sub` for the person whom it is about.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python

from shared.events import organisation, recognition, wallet
from shared.events.base import Event
from shared.events.catalogue import ToolEvent

_REGISTRATION = ("registration_id", "usage_mode")
_ACCESS = (*_REGISTRATION, "role")
BLOCKED = "employee-blocked"


@dataclass(frozen=True)
class Told:
    """fields: of the event. person: the field that names one, empty for none."""

    fields: tuple[str, ...]
    person: str = ""


TOLD: Mapping[type[Event], Told] = {
    organisation.ToolRegistered: Told(
        (*_REGISTRATION, "terms_version", "mandated_recognition"), person="mandated_account_id"
    ),
    organisation.MandateChanged: Told((*_REGISTRATION, "mandated_recognition"), person="mandated_account_id"),
    organisation.RegistrationSuspended: Told((*_REGISTRATION, "reason")),
    organisation.RegistrationResumed: Told(_REGISTRATION),
    organisation.RegistrationEnded: Told((*_REGISTRATION, "reason")),
    organisation.TermsAnnounced: Told(("terms_version", "required_from", "is_reminder")),
    organisation.TermsAccepted: Told((*_REGISTRATION, "terms_version")),
    organisation.AccessGranted: Told((*_ACCESS, "usable", "was"), person="account_id"),
    organisation.AccessWithdrawn: Told((*_ACCESS, "reason", "becomes"), person="account_id"),
    organisation.AccessSuspended: Told((*_ACCESS, "reason", "missing"), person="account_id"),
    organisation.AccessResumed: Told(_ACCESS, person="account_id"),
    organisation.OrganisationChanged: Told(("name", "enterprise_number")),
    organisation.OrganisationClosed: Told(("closed_at",)),
    recognition.RecognitionGranted: Told(("kind", "valid_until", "counts_until"), person="account_id"),
    recognition.RecognitionLapsed: Told(("kind",), person="account_id"),
    wallet.WalletCharged: Told(
        ("charge_id", "amount_excl_cents", "amount_incl_cents", "unit", "plan_id", "reservation_id"),
        person="account_id",
    ),
    wallet.ChargeReserved: Told(("reservation_id", "amount_incl_cents", "unit", "expires_at"), person="account_id"),
    wallet.ReservationReleased: Told(("reservation_id", "amount_incl_cents", "unit", "reason")),
    wallet.WalletRefunded: Told(("refund_id", "charge_id", "amount_incl_cents", "unit")),
    wallet.PlanBought: Told(("plan_id", "name", "uses", "ends_on", "renews")),
    wallet.PlanEnding: Told(("plan_id", "name", "uses_left", "ends_on", "is_renewed")),
    wallet.PlanEnded: Told(("plan_id", "name", "reason", "is_renewed")),
    wallet.CreditsBought: Told(("purchase_id", "credits")),
}
TYPES = frozenset(event.type for event in TOLD)


def data_of(event: Event) -> dict[str, Any]:
    """Without the person, and without the organisation."""
    return {name: to_jsonable_python(getattr(event, name)) for name in TOLD[type(event)].fields}


def person_of(event: Event) -> UUID | None:
    field = TOLD[type(event)].person
    return getattr(event, field) if field else None


def needs_of(tool: ToolEvent) -> dict[str, list[str]]:
    """The kinds of recognitions that each usage mode asks about, to be registered or to be used."""
    kinds = tool.recognition_names.keys()
    return {mode.id: sorted(kinds & _words(f"{mode.register_rule} {mode.use_rule}")) for mode in tool.usage_modes}


def _words(rules: str) -> set[str]:
    """Without the names of lists, which may be the same as that of a recognition."""
    return set(re.findall(r"[a-z0-9-]+", re.sub(r"on list [a-z0-9-]+", "", rules)))
