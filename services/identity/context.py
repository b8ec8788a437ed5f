"""What identity has at hand besides the kit's runtime; made once at the start."""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from services.identity.accounts.breached import Breached
from services.identity.accounts.passwords import Passwords
from services.identity.accounts.rules import CodePolicy
from services.identity.eid.foreign_trust import load_foreign_trust
from services.identity.eid.reader import CardReader
from services.identity.eid.rules import NumberHasher
from services.identity.eid.shipped_trust import load_trust
from services.identity.eid.trust_store import TrustStore
from services.identity.keys.rotation import RotationPolicy
from services.identity.keys.rules import MasterKey
from services.identity.keys.signing import SigningKeys
from services.identity.sessions.rules import SessionPolicy
from services.identity.settings import IdentitySettings
from shared.runtime import Runtime, runtime


@dataclass(frozen=True)
class Own:
    master: MasterKey
    signing: SigningKeys
    rotation: RotationPolicy
    passwords: Passwords
    trust: TrustStore
    cards: CardReader
    numbers: NumberHasher
    codes: CodePolicy
    sessions: SessionPolicy
    tls: ssl.SSLContext
    pictures: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One is decoded at a time: that bounds the memory that uploads can take."""


def make_own(at: Runtime[IdentitySettings]) -> Own:
    """Raises TrustRefused when the eID's trust is not fit to run with, BreachedListUnreadable."""
    settings = at.settings
    master = MasterKey(settings.master_key, settings.master_key_other)
    trust = load_trust(settings.eid_trust, is_production=settings.environment == "production")
    return Own(
        master=master,
        signing=SigningKeys(at.database, master, reload_s=settings.signing_key_reload_s),
        rotation=settings.signing_key_rotation,
        passwords=Passwords(
            time_cost=settings.argon2_time_cost,
            memory_kib=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
            threads=settings.hash_threads,
            min_score=settings.password_min_score,
            breached=Breached(settings.breached_passwords),
        ),
        trust=trust,
        cards=CardReader(
            trust,
            settings.public_origin,
            foreign=load_foreign_trust(settings.eid_foreign_trust, settings.eid_foreign_policies),
        ),
        numbers=NumberHasher(settings.eid_hash_key, settings.eid_hash_keys),
        codes=CodePolicy(settings.code_ttl_s, settings.code_tries, settings.code_resend_s),
        sessions=SessionPolicy(settings.session_idle_s, settings.session_max_s),
        tls=ssl.create_default_context(),
    )


def own_of(at: Runtime[Any]) -> Own:
    return at.own


def utc_now() -> datetime:
    """Read at the edge only, and passed on: rules know no clock."""
    return datetime.now(UTC)


At = Annotated[Runtime[IdentitySettings], runtime()]
"""Of an endpoint."""
