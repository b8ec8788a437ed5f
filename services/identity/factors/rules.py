"""What counts as a second factor, and what it proves. Pure."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.identity.factors.problems import PasskeyNameInvalid
from services.identity.sessions.rules import SessionAcr, Throttle

FactorKind = Literal["passkey", "totp"]

MAX_PASSKEYS = 20
MAX_NAME_CHARS = 60
FEW_RECOVERY_CODES = 3
FRESH_S = 900
"""How old proof may be for changing second factors."""

UNFINISHED_TTL_S = 600
TOTP_SETUP_TTL_S = 900

# A code has a million possibilities, of which three are right at a time: whoever has the password already may try some thirty a day.
# The owner is tried apart from where they signed in before, and passkeys cannot be guessed, so they are not counted.
FACTOR_THROTTLE = Throttle((0, 0, 0, 0, 5, 30, 120, 300, 900, 1800, 3600), forget_s=24 * 3600)


@dataclass(frozen=True)
class Passkey:
    """sign_count: 0 for ever with those that do not count. is_synced: it may be on several devices of the person."""

    id: UUID
    account_id: UUID
    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: tuple[str, ...]
    is_synced: bool
    is_backed_up: bool
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What an account has. recovery_codes_left: 0 also where none were ever made."""

    passkeys: tuple[Passkey, ...]
    totp_since: datetime | None
    recovery_codes_left: int

    @property
    def has_any(self) -> bool:
        """Recovery codes stand in for a second factor; alone they are none."""
        return bool(self.passkeys) or self.totp_since is not None


@dataclass(frozen=True)
class Proof:
    """What somebody showed. methods: as `amr` names them (RFC 8176)."""

    acr: SessionAcr
    methods: tuple[str, ...]


OTP = Proof("mfa", ("otp", "mfa"))
"""Of whoever gave their password before: a code of the app, or a recovery code."""


def passkey_proof(*, is_synced: bool, is_verified: bool, after_password: bool) -> Proof | None:
    """None where a passkey that was only touched would be all there is.

    swk, hwk: whether the key is kept in software that copies it, or stays in one device. user: somebody touched it.
    """
    if not is_verified and not after_password:
        return None
    return Proof("mfa", ("swk" if is_synced else "hwk", "user", "mfa"))


def clean_name(text: str) -> str:
    """A passkey's name, as one line. Raises PasskeyNameInvalid."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", text))
    name = " ".join(shown.split())
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise PasskeyNameInvalid(field="name", max_length=MAX_NAME_CHARS)
    return name
