"""Every mail with somebody's and something's names in it, for people to look at and for tests to compare."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.message import EmailMessage
from uuid import UUID

from services.notify.contact import letters as contact
from services.notify.contact.rules import Question
from services.notify.contact.store import Kept
from services.notify.digests.rules import DIGEST
from services.notify.digests.words import Part, digest_words
from services.notify.mails.catalogue import MAILS, RECOGNITION_NAMES
from services.notify.mails.render import FOLDER, Renderer
from services.notify.mails.rules import Addressee
from services.notify.preferences.tokens import PATH as UNSUBSCRIBE_PATH
from shared.i18n import LANGUAGES, translator

CONTACT_ANSWER, CONTACT_QUESTION = "contact-answer", "contact-question"
KINDS = (*MAILS, DIGEST, CONTACT_ANSWER, CONTACT_QUESTION)
"""All that can be sent: the catalogue's, the one that gathers others, and the two about a question to the help desk."""
_GATHERED = ("employee-requested", "balance-low", "plan-ending", "recognition-expiring")

SENT_AT = "Sat, 31 Jan 2026 12:30:00 +0000"
STOP_PATH = f"{UNSUBSCRIBE_PATH}/Zm9yLXRoZS1zbmFwc2hvdHM"
_ROLES = {"fr": "Administrateur", "nl": "Beheerder", "en": "Administrator", "de": "Verwalter"}
_PARAMS: Mapping[str, object] = {
    "organisation_id": "018f6f5e-0000-7000-8000-000000000001",
    "account_id": "018f6f5e-0000-7000-8000-000000000002",
    "registration_id": "018f6f5e-0000-7000-8000-000000000003",
    "organisation": "Immo De Smet & Zonen",
    "person": "Bram Wouters",
    "tool": "CadastreFinder",
    "other": "Lys Beheer",
    "credits": -3,
    "credits_left": 17,
    "tool_id": "cadastrefinder",
    "amount_cents": 5000,
    "number": "2026-000412",
    "total_cents": 2299,
    "period": "10/2026",
    "short_cents": 2750,
    "balance_cents": 1234567,
    "threshold_cents": 1000,
    "expires_at": datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
    "starts_at": datetime(2026, 2, 7, 12, 30, tzinfo=UTC),
    "ends_on": date(2026, 3, 31),
    "counts_until": date(2026, 9, 27),
    "signed_in_at": datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
    "browser": "Firefox",
    "system": "Windows",
    "codes_left": 2,
    "uses_left": 2,
    "token": "Zm9yLXRoZS1zbmFwc2hvdHM",
}
_OF_KIND: Mapping[str, Mapping[str, object]] = {
    "balance-low": {"balance_cents": 845},
    "wallet-charged-back-frozen": {"balance_cents": -2750},
    "plan-renewal-failed": {"balance_cents": 845},
    "plan-renewal-given-up": {"balance_cents": 845},
}
_QUESTION = Question.model_validate(
    {
        "email": "ada@example.com",
        "name": "Ada Lindeman",
        "text": "I cannot start CadastreFinder.\nIt says that my recognition does not count.",
        "facts": {"page": "/select", "code": "recognition-missing", "browser": "Firefox", "system": "Windows"},
        "language": "en",
    }
)


def params_of(kind: str, language: str) -> dict[str, object]:
    """What the placeholders of the mail name, as the reader of this language would have it."""
    name = RECOGNITION_NAMES["ipi"]
    return {
        **_PARAMS,
        "role": _ROLES[language],
        "recognition": translator(FOLDER, language).gettext(name),
        **_OF_KIND.get(kind, {}),
    }


def sample(renderer: Renderer, kind: str, language: str) -> EmailMessage:
    """kind: of KINDS. Raises KeyError for another."""
    if kind in (CONTACT_ANSWER, CONTACT_QUESTION):
        return _about_question(renderer, kind, language)
    addressee = Addressee("ada@example.com", language, "Ada")
    if kind == DIGEST:
        words = digest_words(renderer, addressee, [Part(one, _gathered(one, language)) for one in _GATHERED])
    else:
        code = "K7M2PX" if kind.startswith("code-") else ""
        words = renderer.words(kind, addressee, params_of(kind, language), code=code)
    return renderer.message(
        words,
        to=addressee.email,
        message_id=f"<1@{renderer.domain}>",
        sent_at=SENT_AT,
        stop_url=renderer.origin + STOP_PATH,
    )


def _gathered(kind: str, language: str) -> dict[str, object]:
    """What is about oneself names no organisation."""
    params = params_of(kind, language)
    return params if "{organisation_id}" in MAILS[kind].link else {**params, "organisation": ""}


def _about_question(renderer: Renderer, kind: str, language: str) -> EmailMessage:
    if language not in LANGUAGES:
        raise KeyError(language)
    kept = Kept(UUID(int=1), "KAVO-MILU-47", language, sealed="", is_passed_on=False)
    if kind == CONTACT_ANSWER:
        return contact.to_person(kept, _QUESTION, renderer)
    return contact.to_help_desk(kept, _QUESTION, renderer, desk="help@immo.example")
