"""Transactions as the pages of a wallet show them."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.gateway.wallet.frame import here_of
from shared.i18n import Translator
from shared.markers import N_

EUR = "EUR"
KINDS = {
    "charge": N_("Use of a tool"),
    "refund": N_("Refund"),
    "top-up": N_("Top-up"),
    "top-up-refund": N_("Top-up paid back"),
    "chargeback": N_("Chargeback"),
    "void": N_("Refund or chargeback undone"),
    "transfer": N_("Transfer"),
    "plan": N_("Plan"),
    "credits": N_("Credits bought"),
    "adjustment": N_("Correction"),
}
STATES = {"completed": N_("Completed"), "pending": N_("Pending"), "failed": N_("Failed")}


def amount_in(words: Translator, cents: int | None, unit: str) -> str:
    """Euros, or whole credits of a tool; empty for what is not known."""
    if cents is None:
        return ""
    return words.money(cents) if unit == EUR else words.number(cents)


def change_in(words: Translator, cents: int, unit: str) -> str:
    """As above, with its sign."""
    return words.change(cents) if unit == EUR else ("+" if cents > 0 else "") + words.number(cents)


def row_of(
    words: Translator, organisation_id: UUID, facts: Mapping[str, Any], unit: str = EUR, *, who: str = ""
) -> SimpleNamespace:
    """facts: as the wallet service answers. Amounts are words; receipt_url: of what is completed. who: did it, where that is shown."""
    here = here_of(organisation_id, f"/transactions/{facts['id']}")
    is_booked = facts["state"] == "completed"
    kind: str = facts["kind"]
    return SimpleNamespace(
        **{name: facts[name] for name in ("id", "at", "number", "kind", "tool_name", "description", "state")},
        kind_name=words.gettext(KINDS.get(kind, kind)),
        is_plus=facts["amount_cents"] > 0,
        amount=change_in(words, facts["amount_cents"], unit),
        vat=amount_in(words, facts["vat_cents"], unit),
        balance_before=amount_in(words, facts["balance_before_cents"], unit),
        balance_after=amount_in(words, facts["balance_after_cents"], unit),
        url=here,
        who=who,
        receipt_url=f"{here}/receipt" if is_booked else "",
    )
