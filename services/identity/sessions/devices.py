"""The browsers in which an account is signed in: each is known by a mark that it keeps; a new one is told of, the first is not."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import ua_parser

from services.identity.sessions.rules import Client
from shared.events.identity import NewDeviceSignedIn

_UNKNOWN = "Other"


@dataclass(frozen=True)
class Device:
    """Families only, such as Firefox and Windows; empty where the user agent says nothing that is known."""

    browser: str = ""
    system: str = ""


def device_of(user_agent: str) -> Device:
    """Takes about a millisecond the first time that a user agent is seen."""
    found = ua_parser.parse(user_agent)
    return Device(
        _known(found.user_agent.family if found.user_agent else ""), _known(found.os.family if found.os else "")
    )


async def prepare() -> None:
    """Before anyone waits: its expressions are compiled when the first user agent is read, which keeps everything else waiting."""
    await devices_of([""])


async def devices_of(user_agents: list[str]) -> list[Device]:
    """In a thread: reading them must not stop everyone else's requests."""
    return await asyncio.to_thread(lambda: [device_of(user_agent) for user_agent in user_agents])


async def seen_first(account_id: UUID, client: Client, session_id: UUID, *, now: datetime) -> NewDeviceSignedIn:
    """What tells the account's owner of a sign-in from a device that was not known before; but for its version."""
    (device,) = await devices_of([client.stored_user_agent])
    return NewDeviceSignedIn(
        version=0,
        account_id=account_id,
        session_id=session_id,
        browser=device.browser,
        system=device.system,
        signed_in_at=now,
    )


def _known(family: str) -> str:
    return "" if family == _UNKNOWN else family
