"""The secrets of one stack: made at its first start, kept in `secrets.json` that only its owner may read."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

from deploy.local.data_folder import DataFolder, write_json

CALLERS = ("identity", "organisation", "recognition", "wallet", "notify", "gateway", "operator")
OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Keys:
    """All base64 of 32 bytes, except client_secrets, registry_token and demo_password. service_keys: Ed25519 seeds, by caller.

    eid_hash_keys: earlier ones, under which cards may still be linked. master_key_other: the one before, while it still wraps something.
    """

    master_key: str
    service_keys: dict[str, str]
    gateway_secret: str
    eid_hash_key: str
    recognition_hash_key: str
    registry_token: str
    client_secrets: dict[str, str]
    demo_password: str
    eid_hash_keys: list[str] = field(default_factory=list[str])
    master_key_other: str = ""

    def public_keys(self) -> dict[str, str]:
        from shared.service_tokens import public_key_of

        return {caller: public_key_of(base64.b64decode(seed)) for caller, seed in self.service_keys.items()}


def keys_of(data: DataFolder) -> Keys:
    """Read them, or make them at the first start. What an older version did not know yet is added."""
    found: dict[str, Any] = json.loads(data.secrets.read_text()) if data.secrets.exists() else {}
    made = asdict(new_keys())
    keys = Keys(**{name: _merged(found.get(name), value) for name, value in made.items()})
    if asdict(keys) != found:
        write_json(data.secrets, asdict(keys), mode=OWNER_ONLY)
    return keys


def rotate_eid_hash_key(data: DataFolder) -> Keys:
    """A new one takes the place of the current one, which goes on recognising who was linked under it."""
    keys = keys_of(data)
    rotated = replace(keys, eid_hash_key=_random_key(), eid_hash_keys=[keys.eid_hash_key, *keys.eid_hash_keys])
    write_json(data.secrets, asdict(rotated), mode=OWNER_ONLY)
    return rotated


def forget_eid_hash_keys(data: DataFolder, forgotten: Collection[str]) -> None:
    keys = keys_of(data)
    kept = [key for key in keys.eid_hash_keys if key not in forgotten]
    write_json(data.secrets, asdict(replace(keys, eid_hash_keys=kept)), mode=OWNER_ONLY)


def exchange_master_key(data: DataFolder) -> Keys:
    """A new one wraps from the next start on; the one before goes on unwrapping. Raises ValueError while an exchange is under way."""
    keys = keys_of(data)
    if keys.master_key_other:
        raise ValueError("the last exchange is not finished")
    exchanged = replace(keys, master_key=_random_key(), master_key_other=keys.master_key)
    write_json(data.secrets, asdict(exchanged), mode=OWNER_ONLY)
    return exchanged


def forget_other_master_key(data: DataFolder) -> None:
    write_json(data.secrets, asdict(replace(keys_of(data), master_key_other="")), mode=OWNER_ONLY)


def new_keys() -> Keys:
    return Keys(
        master_key=_random_key(),
        service_keys={caller: _random_key() for caller in CALLERS},
        gateway_secret=_random_key(),
        eid_hash_key=_random_key(),
        recognition_hash_key=_random_key(),
        registry_token=secrets.token_urlsafe(32),
        client_secrets={"cadastrefinder": secrets.token_urlsafe(32)},
        demo_password=f"harbour-{secrets.token_hex(4)}-lantern",
    )


def _merged(found: Any, made: Any) -> Any:
    if isinstance(made, dict):
        return {**cast(dict[str, str], made), **cast(dict[str, str], found or {})}
    return found or made


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
