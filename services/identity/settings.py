"""What the identity service is told at its start."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from services.identity.eid.foreign_trust import load_foreign_trust
from services.identity.eid.refusals import OriginMisconfigured
from services.identity.eid.revocation.addresses import is_host, is_public_host
from services.identity.eid.revocation.answers import Source
from services.identity.eid.revocation.authorities import RevocationPolicy
from services.identity.eid.shipped_trust import TrustRefused, load_trust
from services.identity.eid.validation import require_origin
from services.identity.keys.rotation import JWKS_MAX_AGE_S, RotationPolicy
from shared.settings import Key32, KeyInList32, OptionalKey32, Settings


class IdentitySettings(Settings):
    """master_key: wraps data keys, signing keys and the root of all keyed hashes but the eID's.

    master_key_other: a second master key that only unwraps, while one takes the place of the other.
    signing_key_*: how long a key signs, how long it is published before, how often a process looks for new ones.
    argon2_*: the cost of one password hash; the defaults are OWASP's (19 MiB, two passes), some 20 ms on one core.
    eid_hash_keys: other keys under which numbers of cards may stand hashed: earlier ones, or the next. eid_hash_key makes new ones.
    eid_foreign_trust, eid_foreign_policies: authorities of other countries whose cards are accepted too, and of which kinds.
    eid_revocation*: who is asked whether a card is still good, and what happens when nobody answers; see `revocation_policy`.
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
    eid_revocation: Literal["off", "ocsp", "ocsp-crl", "crl"] = "ocsp"
    eid_revocation_outage: Literal["refuse", "allow-linked"] = "refuse"
    eid_ocsp_hosts: frozenset[str] = frozenset({"ocsp.eid.belgium.be", "ocsp.eidpki.belgium.be"})
    eid_ocsp_nonce: Literal["optional", "required"] = "optional"
    eid_ocsp_max_age_s: int = Field(default=12 * 3600, ge=900, le=7 * 24 * 3600)
    eid_ocsp_timeout_s: float = Field(default=5.0, gt=0, le=30)
    eid_crl_hosts: frozenset[str] = frozenset({"crl.eid.belgium.be", "crl.eidpki.belgium.be"})
    eid_crl_max_age_s: int = Field(default=24 * 3600, ge=900, le=30 * 24 * 3600)
    eid_crl_timeout_s: float = Field(default=15.0, gt=0, le=120)
    eid_crl_max_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)
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
    decision_timeout_s: float = Field(default=1.0, gt=0, le=10)
    pushed_request_ttl_s: int = Field(default=90, ge=5, le=600)
    client_cache_s: float = Field(default=1.0, ge=0, le=60)
    signing_key_reload_s: float = Field(default=60.0, ge=0)
    signing_key_age_s: int = Field(default=90 * 24 * 3600, ge=0)
    signing_key_publish_s: int = Field(default=900, ge=0)

    @field_validator("eid_ocsp_hosts", "eid_crl_hosts")
    @classmethod
    def _require_hosts(cls, hosts: frozenset[str]) -> frozenset[str]:
        for host in hosts:
            if not is_host(host):
                raise ValueError(f"{host!r} is not a host, in lower case, with or without a port")
        return hosts

    @property
    def revocation_policy(self) -> RevocationPolicy:
        sources: dict[str, tuple[Source, ...]] = {
            "off": (),
            "ocsp": ("ocsp",),
            "ocsp-crl": ("ocsp", "crl"),
            "crl": ("crl",),
        }
        return RevocationPolicy(
            sources=sources[self.eid_revocation],
            on_outage=self.eid_revocation_outage,
            ocsp_hosts=self.eid_ocsp_hosts,
            crl_hosts=self.eid_crl_hosts,
            nonce_required=self.eid_ocsp_nonce == "required",
            ocsp_max_age=timedelta(seconds=self.eid_ocsp_max_age_s),
            crl_max_age=timedelta(seconds=self.eid_crl_max_age_s),
            ocsp_timeout_s=self.eid_ocsp_timeout_s,
            crl_timeout_s=self.eid_crl_timeout_s,
            crl_max_bytes=self.eid_crl_max_bytes,
        )

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
            load_foreign_trust(self.eid_foreign_trust, self.eid_foreign_policies, is_production=True)
        except TrustRefused as refused:
            faults.append(f"IMMO_IDENTITY_EID_FOREIGN_TRUST: {refused}")
        if self.eid_revocation == "off":
            faults.append("IMMO_IDENTITY_EID_REVOCATION=off would let revoked cards in")
        private = sorted(host for host in self.eid_ocsp_hosts | self.eid_crl_hosts if not is_public_host(host))
        if private:
            faults.append(
                f"IMMO_IDENTITY_EID_OCSP_HOSTS or _EID_CRL_HOSTS: {', '.join(private)} is no authority's host"
            )
        if self.signing_key_publish_s < self.signing_key_reload_s + JWKS_MAX_AGE_S:
            faults.append("IMMO_IDENTITY_SIGNING_KEY_PUBLISH_S: keys would sign before everyone has seen them")
        weak = self.argon2_memory_kib < 7_168 or (self.argon2_memory_kib < 19_456 and self.argon2_time_cost < 3)
        return [*faults, "IMMO_IDENTITY_ARGON2_* is below what OWASP asks for"] if weak else faults
