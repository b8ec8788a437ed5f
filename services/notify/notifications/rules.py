"""How long what a person was told is kept. Pure."""

from datetime import datetime, timedelta
from uuid import UUID


def oldest_kept(now: datetime, *, keep_days: int) -> UUID:
    """The least id that a notification of that age can have: the first 48 bits of an id are its milliseconds (RFC 9562, UUIDv7)."""
    moment = now - timedelta(days=keep_days)
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | 0x7000_8000_0000_0000_0000)
