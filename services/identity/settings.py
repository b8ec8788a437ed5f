"""What the identity service is told at its start."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from services.identity.eid.foreign_trust import load_foreign_trust
from services.identity.eid.refusals import OriginMisconfigured
from services.identity.eid.shipped_trust import TrustRefused, load_trust
from services.identity.eid.validation import require_origin
from services.identity.keys.rotation import JWKS_MAX_AGE_S, RotationPolicy
from shared.settings import Key32, OptionalKey32, Settings


class IdentitySettings(Settings):
    """master_key: wraps data keys, signing keys and the root of all keyed hashes but the eID's.

    master_key_other: a second master key that only unwraps, while one takes the place of the other.
    signing_key_*: how long a key signs, how long it is published before, how often a process looks for new ones.
    argon2_*: the cost of one password hash; the defaults are OWASP's (19 MiB, two passes), some 20 ms on one core.
    eid_hash_keys: other keys under which numbers of cards may stand hashed: earlier ones, or the next. eid_hash_key makes new ones.
    eid_foreign_trust, eid_foreign_policies: authorities of other countries whose cards are accepted too, and of which kinds.
    eid_front_door: whether the gateway may hand in certificates that a proxy of one's own took in a TLS handshake.
    hash_threads: how many passwords are hashed at once; None for one a core.
    erasure_wait_s: between the confirmation of an erasure and its beginning; None for a week, 20 s outside production.
    erasure_hold_s, erasure_remind_s: before one that was held is tried again, and before a late service is told again.
    breached_passwords: the Pwned Passwords file (SHA-1, ordered by hash), besides the list that is shipped.
    pending_days: an account whose address was not confirmed after so many days is deleted, its name and address are free again.
    """

    service: ClassVar[str] = "identity"

    master_key: Key32
    master_key_other: OptionalKey32 = None
    eid_hash_key: Key32
    eid_hash_keys: tuple[KeyInList32, ...] = Field(default=(), repr=False)
    eid_trust: Path | None = None
    eid_foreign_trust: Path | None = None
    eid_foreign_policies: frozenset[str] = frozenset()
    eid_front_door: bool = False
    eid_challenge_ttl_s: int = Field(default=300, ge=30, le=900)

    argon2_time_cost: int = Field(default=2, ge=1, le=20)
    argon2_memory_kib: int = Field(default=19_456, ge=8, le=4_194_304)
    argon2_parallelism: int = Field(default=1, ge=1, le=16)
    hash_threads: int | None = Field(default=None, ge=1, le=256)
    password_min_score: int = Field(default=2, ge=0, le=4)
    breached_passwords: Path | None = None

    code_ttl_s: int = Field(default=900, ge=60)
    code_tries: int = Field(default=5, ge=1, le=20)
    code_resend_s: int = Field(default=60, ge=1)

    pending_days: int = Field(default=30, ge=1)

    access_token_ttl_s: int = Field(default=300, ge=30, le=3600)
    session_idle_s: int = Field(default=12 * 3600, ge=300)
    session_max_s: int = Field(default=7 * 24 * 3600, ge=300)
    authorization_request_ttl_s: int = Field(default=2 * 3600, ge=60)
    authorization_code_ttl_s: int = Field(default=60, ge=10, le=600)
    pushed_request_ttl_s: int = Field(default=90, ge=5, le=600)
    signing_key_reload_s: float = Field(default=60.0, ge=0)
    signing_key_age_s: int = Field(default=90 * 24 * 3600, ge=0)
    signing_key_publish_s: int = Field(default=900, ge=0)

    @property
    def signing_key_rotation(self) -> RotationPolicy:
        """A retired key is kept as long as an id token may come back as a hint: a whole session."""
        keep_s = self.session_max_s + self.access_token_ttl_s
        return RotationPolicy(self.signing_key_age_s, self.signing_key_publish_s, keep_s)

    erasure_wait_s: int | None = Field(default=None, ge=0)
    erasure_hold_s: int = Field(default=3600, ge=1)
    erasure_remind_s: int = Field(default=3600, ge=1)
    erasure_look_s: float = Field(default=5.0, gt=0)

    @property
    def erasure_cooling_off_s(self) -> int:
        """A week to think better of it; in a demo nobody would see the end of that."""
        if self.erasure_wait_s is not None:
            return self.erasure_wait_s
        return 20 if self.is_demo else 7 * 24 * 3600

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
        try:
            load_foreign_trust(self.eid_foreign_trust, self.eid_foreign_policies)
        except TrustRefused as refused:
            faults.append(f"IMMO_IDENTITY_EID_FOREIGN_TRUST: {refused}")
        if self.signing_key_publish_s < self.signing_key_reload_s + JWKS_MAX_AGE_S:
            faults.append("IMMO_IDENTITY_SIGNING_KEY_PUBLISH_S: keys would sign before everyone has seen them")
        weak = self.argon2_memory_kib < 7_168 or (self.argon2_memory_kib < 19_456 and self.argon2_time_cost < 3)
        return [*faults, "IMMO_IDENTITY_ARGON2_* is below what OWASP asks for"] if weak else faults
