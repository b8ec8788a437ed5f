"""What the recognition service announces: found, about to end, lapsed."""

from collections.abc import Mapping

from services.notify.mails.handlers import cause_of, tell
from services.notify.recipients import store
from shared.consume import Handler
from shared.db import Connection
from shared.events.base import Event
from shared.events.recognition import RecognitionExpiring, RecognitionLapsed, RecognitionsFetched
from shared.sealed import Keyring


async def on_recognitions_fetched(db: Connection, event: RecognitionsFetched, keyring: Keyring) -> None:
    """Good news is told once; later changes have mails of their own."""
    kinds = sorted({held.kind for held in event.recognitions})
    if kinds and await store.first_hears_of_recognitions(db, event.account_id):
        await tell(db, [event.account_id], "recognitions-found", cause_of(event), {"recognitions": kinds})


async def on_recognition_expiring(db: Connection, event: RecognitionExpiring, keyring: Keyring) -> None:
    """After its end it counts until its grace has ended too."""
    kind = "recognition-in-grace" if event.in_grace else "recognition-expiring"
    params = {
        "recognitions": [event.kind],
        "ends_on": event.valid_until.isoformat(),
        "counts_until": (event.counts_until or event.valid_until).isoformat(),
    }
    await tell(db, [event.account_id], kind, cause_of(event), params)


LAPSES = {
    "ended": "recognition-ended",
    "withdrawn-by-support": "recognition-withdrawn-by-support",
    "card-unlinked": "recognition-card-unlinked",
    "number-let-go": "recognition-number-let-go",
}
"""The mail for a cause that is not the registry's having taken it away."""


async def on_recognition_lapsed(db: Connection, event: RecognitionLapsed, keyring: Keyring) -> None:
    """No news while another source vouches for the same."""
    if not event.held_elsewhere:
        kind = LAPSES.get(event.cause, "recognition-lapsed")
        await tell(db, [event.account_id], kind, cause_of(event), {"recognitions": [event.kind]})


HANDLERS: Mapping[type[Event], Handler] = {
    RecognitionsFetched: on_recognitions_fetched,
    RecognitionExpiring: on_recognition_expiring,
    RecognitionLapsed: on_recognition_lapsed,
}
