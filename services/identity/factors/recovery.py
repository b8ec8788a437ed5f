"""Recovery codes: each stands in once for a second factor that is lost. Pure but for the randomness."""

import secrets
from uuid import UUID

from services.identity.accounts.rules import CODE_ALPHABET, normalise_code
from services.identity.keys.rules import MasterKey

COUNT = 10
CHARS = 10


def new_codes() -> list[str]:
    """Ten times ten characters: 31^10, some fifty bits each. Written `ABCDE-FGHJK`."""
    return [_written("".join(secrets.choice(CODE_ALPHABET) for _ in range(CHARS))) for _ in range(COUNT)]


def hash_code(master: MasterKey, account_id: UUID, entered: str) -> bytes:
    """Of a code as it was entered: case, spaces and hyphens do not count."""
    return master.keyed_hash("code", "recovery", str(account_id), normalise_code(entered))


def _written(code: str) -> str:
    return f"{code[: CHARS // 2]}-{code[CHARS // 2 :]}"
