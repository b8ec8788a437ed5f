"""Tools as organisation publishes them; of each only its names are kept."""

from services.wallet.catalogue import store
from shared.consume import Consumer
from shared.db import Connection
from shared.events.catalogue import ToolChanged, ToolPublished
from shared.sealed import Keyring


async def on_tool(db: Connection, event: ToolPublished | ToolChanged, keyring: Keyring) -> None:
    await store.upsert_names(db, event.tool_id, event.names, version=event.version)


TOOLS = Consumer("wallet-tools", topics=["organisation.tools"], handlers={ToolPublished: on_tool, ToolChanged: on_tool})
