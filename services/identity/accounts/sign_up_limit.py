"""How often one client may hear that a name or an address is taken: who hears it again and again looks for names."""

from datetime import datetime

from services.identity.keys.rules import MasterKey
from services.identity.sessions.handlers import count_try
from services.identity.sessions.rules import GROWING_S, Throttle, TooManyAttempts, normalise_client_address
from services.identity.sessions.throttle_store import take_back_attempt
from shared.db import Connection

# Behind one address there may be a whole office.
_THROTTLE = Throttle((*[0] * 20, *GROWING_S), forget_s=3600)


async def count(db: Connection, client_address: str, *, master: MasterKey, now: datetime) -> TooManyAttempts | None:
    """Before the names are looked at. A refusal is returned, because what was counted must be committed."""
    key = _key(client_address, master)
    return await count_try(db, key, _THROTTLE, now=now) if key else None


async def take_back(db: Connection, client_address: str, *, master: MasterKey, now: datetime) -> None:
    """They were free."""
    key = _key(client_address, master)
    if key:
        await take_back_attempt(db, key, now=now)


def _key(client_address: str, master: MasterKey) -> bytes | None:
    address = normalise_client_address(client_address)
    return master.keyed_hash("throttle", "sign-up", address) if address else None
