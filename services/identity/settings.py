"""What the identity service is told at its start."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from services.identity.eid.refusals import OriginMisconfigured
from services.identity.eid.shipped_trust import TrustRefused, load_trust
from services.identity.eid.validation import require_origin
from shared.settings import Key32, Settings


class IdentitySettings(Settings):
    """master_key: wraps data keys and signing keys, and is the root of all other keyed hashes but the eID's.

    argon2_*: the cost of one password hash; the defaults are OWASP's (19 MiB, two passes), some 20 ms on one core.
    hash_threads: how many passwords are hashed at once; None for one a core.
    """

    service: ClassVar[str] = "identity"

    master_key: Key32
    eid_hash_key: Key32
    eid_trust: Path | None = None
    eid_challenge_ttl_s: int = Field(default=300, ge=30, le=900)

    argon2_time_cost: int = Field(default=2, ge=1, le=20)
    argon2_memory_kib: int = Field(default=19_456, ge=8, le=4_194_304)
    argon2_parallelism: int = Field(default=1, ge=1, le=16)
    hash_threads: int | None = Field(default=None, ge=1, le=256)
    password_min_score: int = Field(default=2, ge=0, le=4)

    code_ttl_s: int = Field(default=900, ge=60)
    code_tries: int = Field(default=5, ge=1, le=20)
    code_resend_s: int = Field(default=60, ge=1)

    access_token_ttl_s: int = Field(default=300, ge=30, le=3600)
    session_idle_s: int = Field(default=12 * 3600, ge=300)
    session_max_s: int = Field(default=7 * 24 * 3600, ge=300)
    authorization_request_ttl_s: int = Field(default=2 * 3600, ge=60)
    authorization_code_ttl_s: int = Field(default=60, ge=10, le=600)
    signing_key_reload_s: float = Field(default=60.0, ge=0)

    def production_faults(self) -> list[str]:
        faults = super().production_faults()
        try:
            require_origin(self.public_origin)
        except OriginMisconfigured:
            faults.append("IMMO_PUBLIC_ORIGIN is not written as browsers write it, so no eID signature would fit")
        try:
            load_trust(self.eid_trust, is_production=True)
        except TrustRefused as refused:
            faults.append(f"IMMO_IDENTITY_EID_TRUST: {refused}")
        weak = self.argon2_memory_kib < 7_168 or (self.argon2_memory_kib < 19_456 and self.argon2_time_cost < 3)
        return [*faults, "IMMO_IDENTITY_ARGON2_* is below what OWASP asks for"] if weak else faults
