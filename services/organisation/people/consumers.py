"""What identity and recognition announce about people, and notify about mails to them."""

from datetime import UTC, date, datetime

from services.organisation.employees.rules import TYPES
from services.organisation.erasure.handlers import erase_person, report
from services.organisation.invitations.store import mark_refused
from services.organisation.legacy.handlers import take_memberships
from services.organisation.legacy.store import Expected
from services.organisation.merging.handlers import merge_person
from services.organisation.people import handlers
from services.organisation.people.store import Held
from shared.consume import Consumer
from shared.db import Connection
from shared.events.identity import (
    AccountCreated,
    AccountErased,
    AccountsMerged,
    EidLinked,
    ErasureStarted,
    LegacyAccountAttached,
    ProfileChanged,
)
from shared.events.notify import InvitationMailRefused
from shared.events.recognition import RecognitionGranted, RecognitionLapsed, RecognitionsFetched
from shared.formats import BRUSSELS
from shared.sealed import Keyring


async def on_named(db: Connection, event: AccountCreated | ProfileChanged | EidLinked, keyring: Keyring) -> None:
    """Keep the name; one whose key was destroyed meanwhile is not needed any more."""
    first_name = keyring.open(event.first_name, "first_name")
    last_name = keyring.open(event.last_name, "last_name")
    if first_name is not None and last_name is not None:
        await handlers.keep_name(db, event.account_id, first_name, last_name, version=event.version)


async def on_erasure_started(db: Connection, event: ErasureStarted, keyring: Keyring) -> None:
    """Identity asked before, so nothing stands against it."""
    keyring.forget(event.account_id)
    await erase_person(db, event.account_id, now=datetime.now(UTC))
    await report(db, event.account_id)


async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
    """Once more, for what was still on its way before."""
    keyring.forget(event.account_id)
    await erase_person(db, event.account_id, now=datetime.now(UTC))


async def on_legacy_account_attached(db: Connection, event: LegacyAccountAttached, keyring: Keyring) -> None:
    """Without a key the person is being erased, and belongs nowhere any more."""
    email = keyring.open(event.email, "email") if event.email else ""
    if email is None:
        return
    found = [
        Expected(
            one.enterprise_number, event.account_id, _known_type(one.employee_type), one.manager, event.trusted, email
        )
        for one in event.memberships
    ]
    await take_memberships(db, event.account_id, found, now=datetime.now(UTC))


async def on_accounts_merged(db: Connection, event: AccountsMerged, keyring: Keyring) -> None:
    await merge_person(db, event.account_id, event.merged_account_id, now=datetime.now(UTC))


async def on_recognitions_fetched(db: Connection, event: RecognitionsFetched, keyring: Keyring) -> None:
    """The registration numbers stay sealed: who decides about access does not need them."""
    held = [Held(one.kind, one.source, one.last_day) for one in event.recognitions]
    await handlers.replace_held(db, event.account_id, held, version=event.version, today=_today())


async def on_recognition_granted(db: Connection, event: RecognitionGranted, keyring: Keyring) -> None:
    held = Held(event.kind, event.source, event.last_day)
    await handlers.add_held(db, event.account_id, held, version=event.version, today=_today())


async def on_recognition_lapsed(db: Connection, event: RecognitionLapsed, keyring: Keyring) -> None:
    await handlers.drop_held(db, event.account_id, event.kind, event.source, version=event.version, today=_today())


async def on_invitation_mail_refused(db: Connection, event: InvitationMailRefused, keyring: Keyring) -> None:
    await mark_refused(db, event.invitation_id, event.version, at=event.refused_at)


def _known_type(employee_type: str) -> str:
    return employee_type if employee_type in TYPES else "employee"


def _today() -> date:
    return datetime.now(BRUSSELS).date()


PEOPLE = Consumer(
    "organisation",
    topics=["identity.events", "recognition.events", "notify.events"],
    handlers={
        AccountCreated: on_named,
        ProfileChanged: on_named,
        EidLinked: on_named,
        LegacyAccountAttached: on_legacy_account_attached,
        AccountsMerged: on_accounts_merged,
        ErasureStarted: on_erasure_started,
        AccountErased: on_account_erased,
        RecognitionsFetched: on_recognitions_fetched,
        RecognitionGranted: on_recognition_granted,
        RecognitionLapsed: on_recognition_lapsed,
        InvitationMailRefused: on_invitation_mail_refused,
    },
)
