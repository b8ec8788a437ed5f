"""What identity announces about cards and accounts."""

from datetime import UTC, datetime

from services.recognition import handlers
from services.recognition.catalogue import Catalogue
from shared.consume import Consumer
from shared.db import Connection
from shared.events.identity import AccountErased, EidLinked, EidUnlinked
from shared.sealed import Keyring


def identity_consumer(catalogue: Catalogue) -> Consumer:
    registries = [registry.id for registry in catalogue.registries]

    async def on_eid_linked(db: Connection, event: EidLinked, keyring: Keyring) -> None:
        """The number stays sealed."""
        now = datetime.now(UTC)
        await handlers.link(db, event.account_id, event.national_number, registries, linked_at=event.linked_at, now=now)

    async def on_eid_unlinked(db: Connection, event: EidUnlinked, keyring: Keyring) -> None:
        await handlers.unlink(db, event.account_id)

    async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
        keyring.forget(event.account_id)
        await handlers.erase(db, event.account_id)

    return Consumer(
        "recognition",
        topics=["identity.events"],
        handlers={EidLinked: on_eid_linked, EidUnlinked: on_eid_unlinked, AccountErased: on_account_erased},
    )
