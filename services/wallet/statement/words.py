"""Transactions in words."""

from services.wallet.at import FOLDER
from services.wallet.statement.rules import Row, Shown
from shared.i18n import Translator, translator
from shared.markers import N_

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
_TOP_UP_BY = N_("Top-up by {method}")
_METHODS = {
    "bancontact": "Bancontact",
    "bank-transfer": N_("bank transfer"),
    "creditcard": N_("card"),
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "visa": "Visa",
}


def words_in(language: str) -> Translator:
    return translator(FOLDER, language)


def description_of(row: Row, words: Translator) -> str:
    """A top-up's is how it was paid; others have been given theirs, or are called by their kind."""
    return described(row.kind, row.description, words)


def described(kind: str, description: str, words: Translator) -> str:
    """The same, of what the book says."""
    return _shown_as(Shown(kind, description), words)


def shown_with(text: str, words: Translator) -> tuple[Shown, ...]:
    """What the book calls otherwise, and is shown with this text in it."""
    if not text:
        return ()
    methods = [Shown("top-up", method) for method in _METHODS]
    nameless = [Shown(kind, "") for kind in KINDS if kind != "top-up"]
    return tuple(one for one in (*methods, *nameless) if text.lower() in _shown_as(one, words).lower())


def _shown_as(one: Shown, words: Translator) -> str:
    if one.kind == "top-up":
        method = words.gettext(_METHODS.get(one.description, one.description))
        return words.sentence(_TOP_UP_BY, {"method": method})
    return one.description or words.gettext(KINDS[one.kind])
