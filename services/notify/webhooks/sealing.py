"""Secrets of webhooks at rest: sealed under a data key of the address, which identity keeps."""

from datetime import datetime
from uuid import UUID

from services.notify.webhooks.endpoint_store import Endpoint
from shared.client import ServiceClient
from shared.errors import Unavailable
from shared.sealed import Keyring, Sealed

PURPOSE = "webhook-secret"


async def make_key(identity: ServiceClient, keyring: Keyring, endpoint_id: UUID) -> None:
    """Raises ServiceUnavailable."""
    await identity.put(f"/internal/data-keys/{endpoint_id}")
    await keyring.fetch([endpoint_id])


def seal(keyring: Keyring, endpoint_id: UUID, secret: str) -> str:
    return keyring.seal(endpoint_id, PURPOSE, secret)


async def open_secrets(keyring: Keyring, endpoint: Endpoint, *, now: datetime) -> list[str]:
    """Those that are good at present. Raises Unavailable while the key cannot be had."""
    await keyring.fetch([endpoint.endpoint_id])
    opened = [keyring.open(Sealed(secret), PURPOSE) for secret in endpoint.secrets_at(now)]
    found = [secret for secret in opened if secret is not None]
    if not found:
        raise Unavailable()
    return found
