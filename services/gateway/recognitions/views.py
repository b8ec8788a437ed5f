"""What the recognition service says, as the pages show it."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from shared.markers import N_

SOURCE_SUPPORT = "support"

REASONS: Mapping[str, str] = {
    "answer": N_("The registry said so."),
    "ended": N_("Its validity had ended."),
    "withdrawn": N_("The registry no longer confirms it."),
    "grace": N_("Its validity has ended; it still counts for a while."),
    "card-unlinked": N_("The identity card is no longer linked."),
    "number-let-go": N_("The identity card had not been used for a long time."),
    "recorded-by-support": N_("Support recorded it after seeing evidence."),
    "withdrawn-by-support": N_("Support withdrew it."),
}
CHANGES: Mapping[str, str] = {
    "granted": N_("Counts from now on"),
    "changed": N_("Changed"),
    "in-grace": N_("Validity ended"),
    "lapsed": N_("Lapsed"),
}


def recognition(one: Mapping[str, Any]) -> SimpleNamespace:
    """is_extended: it counts beyond its end."""
    ends, counts = one["valid_until"], one["counts_until"]
    return SimpleNamespace(
        kind=one["kind"],
        name=one["name"],
        number=one["number"],
        source=one["source_name"],
        is_by_support=one["source"] == SOURCE_SUPPORT,
        is_valid=one["state"] == "valid",
        in_grace=one["in_grace"],
        valid_until=ends,
        counts_until=counts,
        is_extended=bool(ends and counts and counts > ends),
        fetched_at=one["fetched_at"],
    )


def registry(one: Mapping[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(name=one["name"], state=one["state"], as_of=one["as_of"], lag=one["lag"])


def line(one: Mapping[str, Any]) -> SimpleNamespace:
    """change, why: msgids; a word that is not known here is shown as it is."""
    return SimpleNamespace(
        at=one["at"],
        name=one["name"],
        number=one["number"],
        valid_until=one["valid_until"],
        source=one["source_name"],
        is_by_support=one["source"] == SOURCE_SUPPORT,
        is_good=one["change"] in ("granted", "changed"),
        change=CHANGES.get(one["change"], one["change"]),
        why=REASONS.get(one["why"], one["why"]),
        evidence_id=one.get("evidence_id"),
        statement=one.get("statement"),
        file_name=one.get("file_name"),
    )
