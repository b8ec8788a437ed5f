"""What other services announce, as far as somebody must be told, or a mail will need it."""

from services.notify import (
    identity_consumers,
    invitation_consumers,
    organisation_consumers,
    recognition_consumers,
    wallet_consumers,
)
from services.notify.erasure import consumers as erasure
from services.notify.mails.handlers import send_code
from shared.consume import Consumer
from shared.db import Connection
from shared.events.notify import SendCode
from shared.sealed import Keyring


async def on_send_code(db: Connection, command: SendCode, keyring: Keyring) -> None:
    await send_code(db, command)


NOTIFY = Consumer(
    "notify",
    topics=[
        "notify.commands",
        "identity.events",
        "organisation.events",
        "organisation.tools",
        "recognition.events",
        "wallet.events",
    ],
    handlers={
        SendCode: on_send_code,
        **identity_consumers.HANDLERS,
        **invitation_consumers.HANDLERS,
        **organisation_consumers.HANDLERS,
        **erasure.HANDLERS,
        **recognition_consumers.HANDLERS,
        **wallet_consumers.HANDLERS,
    },
)
