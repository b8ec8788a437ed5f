"""Cards of the tests' own authorities, as they are put into the reader of somebody's browser today."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding

from tests.identity.pki import Authority, Card, pki
from tests.identity.world import Someone, World

ORIGIN = "http://127.0.0.1:8080"
BINDING = "what-the-gateway-knows-this-browser-by"


def write_trust(folder: Path, roots: Sequence[Authority], intermediates: Sequence[Authority]) -> Path:
    for kind, members in (("roots", roots), ("intermediates", intermediates)):
        (folder / kind).mkdir(parents=True)
        for number, authority in enumerate(members):
            (folder / kind / f"{number}.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return folder


def belgian_trust(folder: Path) -> Path:
    return write_trust(folder, [pki().root], [pki().citizen, pki().foreigner])


def card_of_today(**person: Any) -> Card:
    """The tests' cards are made for a fixed day; here the service looks at the clock."""
    now = datetime.now(UTC)
    return pki().card(**{"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=400), **person})


async def answer_with(person: Someone, card: Card, **changes: Any) -> httpx.Response:
    """Someone who is signed in presents a card. changes: fields of the token that are put in the place of the right ones."""
    challenge = (await person.api("POST", "/api/eid/challenge")).json()
    token = card.token(nonce=challenge["nonce"], origin=ORIGIN, **changes)
    answer = await person.api("POST", "/api/eid/link", json={"token": token})
    if answer.is_success:
        person.session = answer.json()["session"]
        person.token = person.session["session_token"]
    return answer


async def nonce_for(world: World, binding: str = BINDING) -> str:
    answer = await world.call("POST", "/internal/eid/challenge", json={"binding": binding})
    assert answer.status_code == 200, answer.text
    return answer.json()["nonce"]


async def sign_in_with(
    world: World, card: Card, *, binding: str = BINDING, address: str = "", **changes: Any
) -> httpx.Response:
    """A stranger presents a card, and so may be known."""
    token = card.token(nonce=await nonce_for(world, binding), origin=ORIGIN, **changes)
    body = {"binding": binding, "token": token, "user_agent": "Firefox", "client_address": address}
    return await world.call("POST", "/internal/sessions/eid", json=body)
