"""Changing what an organisation tells of itself."""

from dataclasses import replace

from services.organisation.data import store
from services.organisation.data.rules import OrganisationChangedMeanwhile, OrganisationData, changed_fields, check
from services.organisation.organisations.membership import Manager
from services.organisation.pictures.store import find_logo
from services.organisation.publish import publish
from shared.db import Connection
from shared.events.organisation import OrganisationChanged


async def change_data(db: Connection, manager: Manager, data: OrganisationData) -> OrganisationData:
    """All of it or nothing; what was so already changes nothing. The organisation is locked.

    Raises Violations, OrganisationChangedMeanwhile.
    """
    known = await store.get_data(db, manager.organisation_id)
    check(data)
    changed = changed_fields(known, data)
    if not changed:
        return known
    if data.version != known.version:
        raise OrganisationChangedMeanwhile(version=known.version)
    await store.save_data(db, manager.organisation_id, data)
    await manager.record(db, "change-organisation", details={"fields": changed})
    await tell(db, manager, data.name)
    return replace(data, version=known.version + 1)


async def tell(db: Connection, manager: Manager, name: str) -> None:
    """That the organisation is now called and looks like this."""
    logo = await find_logo(db, manager.organisation_id)
    changed = OrganisationChanged(
        organisation_id=manager.organisation_id, name=name, logo=logo, changed_by=manager.account_id
    )
    await publish(db, [changed])
