"""Somebody whose mails come back is asked for another address, where they look first; and asked no more once they gave one."""

from datetime import UTC, datetime
from uuid import UUID

from shared.events.notify import AddressBounced, AddressRestored
from tests.gateway.conftest import Gateway, text_of
from tests.gateway.selecting import SELECT, ready

ASKED = "Mails to your address come back"
NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
FACTORS: dict[str, object] = {
    "passkeys": [], "passkeys_available": True, "totp_since": None, "recovery_codes_left": 0, "few_codes": False,
}  # fmt: skip

NOTHING_NEW: dict[str, object] = {"notifications": [], "unread": 0, "latest": None, "next": None, "organisations": []}


async def on_their_pages(gateway: Gateway) -> list[bool]:
    """Whether the selection screen asks, whether the page of security does, and whether that of notifications does."""
    identity = gateway.peers["identity"]
    identity.answers["GET /api/factors"] = (200, FACTORS)
    identity.answers["GET /api/account"] = (200, {"email": "ada@example.com"})
    gateway.peers["notify"].answers["GET /api/notifications"] = (200, NOTHING_NEW)
    return [ASKED in text_of(await gateway.http.get(path)) for path in (SELECT, "/security", "/notifications")]


def bounced(account_id: UUID) -> AddressBounced:
    return AddressBounced(account_id=account_id, bounced_at=NOW)


async def test_whose_mails_come_back_is_asked_until_the_address_works(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    assert await on_their_pages(gateway) == [False, False, False]
    await model.follow(bounced(account_id), bounced(account_id))
    assert await on_their_pages(gateway) == [True, True, True]
    page = await gateway.http.get(SELECT)
    assert 'href="/security/email?request=' in page.text
    await model.follow(AddressRestored(account_id=account_id, restored_at=NOW))
    assert await on_their_pages(gateway) == [False, False, False]


async def test_whoever_says_that_the_address_works_is_asked_no_more(gateway: Gateway) -> None:
    model, account_id = await ready(gateway)
    await model.follow(bounced(account_id))
    notify = gateway.peers["notify"]
    notify.answers["POST /api/notifications/address/works-again"] = (204, None)
    done = await gateway.post("/security/email/works-again", {"return_to": "/security"})
    assert (done.status_code, done.headers["location"]) == (303, "/security")
    assert await on_their_pages(gateway) == [False, False, False]
