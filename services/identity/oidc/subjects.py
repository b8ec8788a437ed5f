"""Under which `sub` a tool knows a person. Pure."""

from uuid import UUID

from services.identity.keys.rules import MasterKey
from services.identity.oidc.clients import Client


def subject_of(account_id: UUID, client: Client, master: MasterKey) -> str:
    """The account's id; for a client with a sector of its own a UUID (version 8) that only we can compute, the same in all of that
    sector, from which neither the account nor the person's `sub` elsewhere can be told (OpenID Connect Core, 8.1)."""
    if client.sector is None:
        return str(account_id)
    raw = bytearray(master.keyed_hash("pairwise", client.sector, str(account_id))[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(raw)))
