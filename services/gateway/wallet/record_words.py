"""What was decided about a wallet, in words. Sentences are msgids."""

from collections.abc import Mapping
from typing import Any

from shared.i18n import Translator
from shared.markers import N_

SENTENCES: Mapping[str, str] = {
    "viewer-allowed": N_("Let somebody see the wallet"),
    "viewer-dismissed": N_("No longer lets somebody see the wallet"),
    "threshold-changed": N_("Low from {from_cents:money} to {to_cents:money}"),
    "transferred": N_("Transferred {amount_cents:money} to another organisation"),
    "received": N_("Received {amount_cents:money} from another organisation"),
    "top-up-refunded": N_("Refunded {amount_cents:money} of a top-up"),
    "adjustment-requested": N_("Asked to correct by {amount}"),
    "billing-changed": N_("Changed what stands on invoices"),
    "plan-bought": N_("Bought a plan for {amount_cents:money}"),
    "credits-bought": N_("Bought credits for {amount_cents:money}"),
    "plan-renewal-on": N_("Has a plan renewed: {name}"),
    "plan-renewal-off": N_("No longer has a plan renewed: {name}"),
    "adjustment-booked": N_("Corrected by {amount}"),
    "adjustment-rejected": N_("Refused a correction by {amount}"),
    "adjustment-withdrawn": N_("Withdrew a correction by {amount}"),
    "bank-transfer-attributed": N_("Credited a bank transfer of {amount_cents:money}"),
    "bank-transfer-undone": N_("Took a bank transfer of {amount_cents:money} back"),
    "stray-payment-settled": N_("Saw to a payment of {amount_cents:money} that did not reach the wallet"),
    "frozen": N_("Froze the wallet"),
    "unfrozen": N_("Let the wallet be used again"),
}
REASONS: Mapping[str, str] = {
    "correction": N_("A mistake put right"),
    "goodwill": N_("Goodwill"),
    "pay-out": N_("Paid out to the organisation"),
    "moved": N_("Moved from or to another wallet"),
    "other-system": N_("Taken over from another system"),
}
STATES: Mapping[str, str] = {
    "requested": N_("Waits for a second person"),
    "booked": N_("Booked"),
    "rejected": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Expired"),
}


def change_of(words: Translator, cents: int, unit: str, *, tool: str = "") -> str:
    """With its sign. tool: the name of the one whose credits these are, where it is known."""
    if unit == "EUR":
        return words.change(cents)
    return _credits(words, f"{cents:+}" if cents else "0", unit, tool)


def amount_of(words: Translator, cents: int, unit: str, *, tool: str = "") -> str:
    """What is there; tool as above."""
    return words.money(cents) if unit == "EUR" else _credits(words, words.number(cents), unit, tool)


def _credits(words: Translator, amount: str, unit: str, tool: str) -> str:
    text = words.gettext(N_("{amount} credits ({tool})"))
    return text.format(amount=amount, tool=tool or unit.removeprefix("credits/"))


def sentence_of(words: Translator, entry: Mapping[str, Any]) -> str:
    """An action that nobody knows is shown plainly."""
    details = dict(entry["details"])
    if "unit" in details:
        details["amount"] = change_of(words, details["amount_cents"], details["unit"])
    return words.sentence(SENTENCES.get(entry["action"], entry["action"]), details)
