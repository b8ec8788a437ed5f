"""Changing what an organisation tells of itself."""

from dataclasses import asdict, replace
from uuid import UUID

from services.organisation.data import store
from services.organisation.data.rules import (
    Address,
    OrganisationChangedMeanwhile,
    OrganisationData,
    changed_fields,
    check,
)
from services.organisation.organisations.membership import Manager
from services.organisation.organisations.store import get_organisation
from services.organisation.pictures.store import find_logo
from services.organisation.publish import publish
from shared.db import Connection
from shared.events.organisation import OrganisationAddress, OrganisationChanged


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
    await tell(db, manager.organisation_id, by=manager.account_id)
    return replace(data, version=known.version + 1)


async def tell(db: Connection, organisation_id: UUID, *, by: UUID) -> None:
    """What the organisation is called now, how it looks and where it is."""
    data = await store.get_data(db, organisation_id)
    known = await get_organisation(db, organisation_id)
    billing = next((address for address in data.addresses if address.kind == "billing"), None)
    changed = OrganisationChanged(
        organisation_id=organisation_id,
        name=data.name,
        enterprise_number=known.enterprise_number,
        logo=await find_logo(db, organisation_id),
        changed_by=by,
        address=as_event(data.address),
        billing_address=as_event(billing) if billing else None,
        languages=data.languages,
    )
    await publish(db, [changed])


def as_event(address: Address) -> OrganisationAddress:
    known = asdict(address)
    return OrganisationAddress(**{field: known[field] for field in OrganisationAddress.model_fields})
