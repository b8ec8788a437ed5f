"""What identity announces about cards and accounts."""

from datetime import UTC, datetime

from services.recognition import handlers
from services.recognition.catalogue import Catalogue
from shared import outbox
from shared.consume import Consumer
from shared.db import Connection
from shared.events.identity import (
    AccountErased,
    AccountPurged,
    AccountsMerged,
    EidLinked,
    EidPresented,
    EidUnlinked,
    ErasureStarted,
    ForeignEidLinked,
)
from shared.sealed import Keyring


async def on_account_erased(db: Connection, event: AccountErased, keyring: Keyring) -> None:
    keyring.forget(event.account_id)
    await handlers.erase(db, event.account_id)


async def on_erasure_started(db: Connection, event: ErasureStarted, keyring: Keyring) -> None:
    keyring.forget(event.account_id)
    await handlers.erase(db, event.account_id)
    await outbox.append(db, AccountPurged(account_id=event.account_id, service="recognition"))


def identity_consumer(catalogue: Catalogue) -> Consumer:
    registries = [registry.id for registry in catalogue.registries]

    async def on_eid_linked(db: Connection, event: EidLinked, keyring: Keyring) -> None:
        """The number stays sealed."""
        now = datetime.now(UTC)
        await handlers.link(db, event.account_id, event.national_number, registries, linked_at=event.linked_at, now=now)

    async def on_foreign_eid_linked(db: Connection, event: ForeignEidLinked, keyring: Keyring) -> None:
        await handlers.link_without_number(db, event.account_id, linked_at=event.linked_at)

    async def on_eid_presented(db: Connection, event: EidPresented, keyring: Keyring) -> None:
        number, presented_at = event.national_number, event.presented_at
        now = datetime.now(UTC)
        await handlers.present(db, event.account_id, number, registries, presented_at=presented_at, now=now)

    async def on_eid_unlinked(db: Connection, event: EidUnlinked, keyring: Keyring) -> None:
        await handlers.unlink(db, event.account_id, now=datetime.now(UTC))

    async def on_accounts_merged(db: Connection, event: AccountsMerged, keyring: Keyring) -> None:
        await handlers.merge(db, event.account_id, event.merged_account_id, registries, now=datetime.now(UTC))

    return Consumer(
        "recognition",
        topics=["identity.events"],
        handlers={
            EidLinked: on_eid_linked,
            ForeignEidLinked: on_foreign_eid_linked,
            EidPresented: on_eid_presented,
            EidUnlinked: on_eid_unlinked,
            AccountsMerged: on_accounts_merged,
            ErasureStarted: on_erasure_started,
            AccountErased: on_account_erased,
        },
    )
