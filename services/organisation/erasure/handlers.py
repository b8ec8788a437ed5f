"""Letting go of a person: what they held, where they belonged, and the organisations that nobody else belongs to."""

from datetime import datetime
from uuid import UUID

from services.organisation import audit
from services.organisation.closing.handlers import end_registrations, remove_others
from services.organisation.closing.store import close_organisation, forget_contact
from services.organisation.employees.handlers import erase_employee
from services.organisation.employees.lookup_store import forget_lookups
from services.organisation.erasure import store
from services.organisation.erasure.rules import Managed, Outlook
from services.organisation.invitations.ending import withdraw_all
from services.organisation.invitations.store import delete_of_account
from services.organisation.legacy.store import forget_expected
from services.organisation.organisations.store import lock_organisations
from services.organisation.people import store as people
from services.organisation.publish import publish
from services.organisation.registrations.request_store import delete_of_person
from shared import outbox
from shared.db import Connection
from shared.events.identity import AccountPurged
from shared.events.organisation import OrganisationClosed

NO_VERSION_AFTER = 9_223_372_036_854_775_807


async def look_ahead(db: Connection, account_id: UUID) -> Outlook:
    return Outlook.of(await store.only_manager_of(db, account_id))


async def erase_person(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Nothing of the person stays but ids; whatever stood on them falls. May be repeated.

    Raises LastManagerSomewhere, and then nothing is changed.
    """
    await people.erase_person(db, account_id, NO_VERSION_AFTER)
    await people.close_holder(db, account_id)
    await people.delete_all_held(db, account_id)
    await forget_expected(db, account_id)
    await forget_lookups(db, account_id)
    await delete_of_account(db, account_id)
    organisation_ids = await store.organisations_to_leave(db, account_id)
    await lock_organisations(db, organisation_ids)
    outlook = await look_ahead(db, account_id)
    outlook.check()
    for managed in outlook.closing:
        await _close(db, managed, account_id, now=now)
    for organisation_id in organisation_ids:
        await erase_employee(db, organisation_id, account_id, now=now)
    await delete_of_person(db, account_id)
    for managed in outlook.closing:
        await end_registrations(db, managed.id, None, now=now)


async def report(db: Connection, account_id: UUID) -> None:
    keeps = await store.is_remembered(db, account_id)
    await outbox.append(db, AccountPurged(account_id=account_id, service="organisation", keeps=keeps))


async def _close(db: Connection, managed: Managed, account_id: UUID, *, now: datetime) -> None:
    """Who has asked to join, or was blocked, can no longer be let in by anybody."""
    await close_organisation(db, managed.id, now=now)
    await forget_contact(db, managed.id)
    await audit.record(
        db, "close-organisation", actor=str(account_id), origin="ErasureStarted", organisation_id=managed.id
    )
    await publish(db, [OrganisationClosed(organisation_id=managed.id, closed_at=now)])
    await withdraw_all(db, managed.id, now=now)
    await remove_others(db, managed.id, account_id, except_for=account_id, now=now)
