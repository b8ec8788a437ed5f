"""What people choose about: mails as they group them themselves. A kind that stands in no topic cannot be stopped or gathered."""

from collections.abc import Mapping
from itertools import chain
from typing import Literal, get_args

Topic = Literal["colleagues", "membership", "access", "tools", "recognitions", "wallet", "plans", "invoices"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
"""In the order in which they are shown."""
EVERYTHING = "everything"
"""In a link of a mail that gathers others: all topics at once."""

KINDS: Mapping[Topic, tuple[str, ...]] = {
    "colleagues": ("employee-requested", "invitation-accepted", "invitation-refused", "invitation-declined"),
    "membership": (
        "employee-confirmed",
        "employee-added",
        "employee-blocked",
        "employee-activated",
        "employee-removed",
        "manager-appointed",
        "manager-dismissed",
        "organisation-closed",
    ),
    "access": (
        "access-granted",
        "access-changed",
        "access-withdrawn",
        "access-suspended",
        "role-requested",
        "role-refused",
        "tool-manager-appointed",
        "tool-manager-dismissed",
        "mandate-given",
    ),
    "tools": (
        "registration-suspended",
        "registration-not-listed",
        "registration-old-terms",
        "registration-resumed",
        "registration-ended",
    ),
    "recognitions": (
        "recognitions-found",
        "recognition-expiring",
        "recognition-in-grace",
        "recognition-lapsed",
        "recognition-ended",
        "recognition-withdrawn-by-support",
        "recognition-card-unlinked",
        "recognition-number-let-go",
    ),
    "wallet": (
        "wallet-topped-up",
        "top-up-failed",
        "balance-low",
        "wallet-viewer-allowed",
        "transfer-sent",
        "transfer-received",
        "wallet-adjusted",
        "credits-adjusted",
        "top-up-refunded",
        "top-up-refund-failed",
        "chargeback-reversed",
        "wallet-unfrozen",
    ),
    "plans": (
        "plan-bought",
        "plan-renewed",
        "plan-ending",
        "plan-ending-renewed",
        "plan-ending-uses",
        "plan-ending-uses-renewed",
        "plan-used-up",
        "plan-expired",
        "plan-renewal-failed",
        "plan-renewal-given-up",
        "plan-not-offered",
        "credits-bought",
    ),
    "invoices": ("invoice-issued", "credit-note-issued"),
}
ALWAYS = frozenset(("welcome", "terms-announced", "terms-reminder"))
"""Not mandatory for their own sake, but about the contract: nobody can be said to have agreed to what they never heard."""

PERSONAL: frozenset[Topic] = frozenset(("recognitions",))
"""Of oneself, not of an organisation: there is nothing to choose for one organisation."""

_TOPIC_OF: Mapping[str, Topic] = dict(
    chain.from_iterable(((kind, topic) for kind in kinds) for topic, kinds in KINDS.items())
)


def topic_of(kind: str) -> Topic | None:
    """None for what is always mailed, and at once: codes, security, money that a bank takes back, terms."""
    return _TOPIC_OF.get(kind)
