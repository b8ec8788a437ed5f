"""What is asked of an access point. Each adapter keeps the contract of tests/wallet/test_access_points.py."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Outgoing:
    """receiver: scheme:identifier. xml: UBL that keeps the rules."""

    id: UUID
    number: str
    receiver: str
    xml: str


class AccessPointRefused(Exception):
    """It will not take this document, however often it is asked. The text says why."""


class AccessPointUnavailable(Exception):
    """It cannot be asked right now."""


class AccessPoint(Protocol):
    async def send(self, document: Outgoing) -> str:
        """Hand it over and return what the access point calls it. The same document again is the same, with the same name.

        Raises AccessPointRefused, AccessPointUnavailable.
        """
        ...
