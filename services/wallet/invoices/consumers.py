"""Whom invoices go to, as organisation says it. A group of its own: where it is new it reads all there ever was."""

from services.wallet.invoices import store
from shared.consume import Consumer
from shared.db import Connection
from shared.events.organisation import OrganisationChanged, OrganisationCreated
from shared.sealed import Keyring


async def on_organisation_created(db: Connection, event: OrganisationCreated, keyring: Keyring) -> None:
    party = store.Party(
        organisation_id=event.organisation_id,
        enterprise_number=event.enterprise_number,
        name=event.name,
        address=event.address.model_dump() if event.address else None,
        billing_address=None,
        languages=(),
    )
    await store.upsert_party(db, party, version=event.version)


async def on_organisation_changed(db: Connection, event: OrganisationChanged, keyring: Keyring) -> None:
    party = store.Party(
        organisation_id=event.organisation_id,
        enterprise_number=event.enterprise_number,
        name=event.name,
        address=event.address.model_dump() if event.address else None,
        billing_address=event.billing_address.model_dump() if event.billing_address else None,
        languages=event.languages,
    )
    await store.upsert_party(db, party, version=event.version)


PARTIES = Consumer(
    "wallet-parties",
    topics=["organisation.events"],
    handlers={OrganisationCreated: on_organisation_created, OrganisationChanged: on_organisation_changed},
)
