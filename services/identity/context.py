"""What identity has at hand besides the kit's runtime; made once at the start."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from services.identity.accounts.breached import Breached
from services.identity.accounts.passwords import Passwords
from services.identity.accounts.rules import CodePolicy
from services.identity.eid.foreign_trust import load_foreign_trust
from services.identity.eid.live_trust import LiveTrust, Trusts
from services.identity.eid.reader import CardReader
from services.identity.eid.revocation.checker import Revocations
from services.identity.eid.rules import NumberHasher
from services.identity.eid.shipped_trust import load_trust
from services.identity.keys.rotation import RotationPolicy
from services.identity.keys.rules import MasterKey
from services.identity.keys.signing import SigningKeys
from services.identity.oidc.client_cache import ClientCache, ClientKeys
from services.identity.oidc.outbound import Outbound
from services.identity.sessions.rules import SessionPolicy
from services.identity.settings import IdentitySettings
from shared.pictures import Pictures
from shared.runtime import Runtime, runtime

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Own:
    master: MasterKey
    signing: SigningKeys
    rotation: RotationPolicy
    passwords: Passwords
    cards: CardReader
    numbers: NumberHasher
    codes: CodePolicy
    sessions: SessionPolicy
    clients: ClientCache
    client_keys: ClientKeys
    outbound: Outbound
    tls: ssl.SSLContext
    pictures: Pictures = field(default_factory=Pictures)


def make_own(at: Runtime[IdentitySettings]) -> Own:
    """Raises TrustRefused when the eID's trust is not fit to run with, BreachedListUnreadable."""
    settings = at.settings
    master = MasterKey(settings.master_key, settings.master_key_other)
    tls = ssl.create_default_context()
    outbound = Outbound(tls, own_machine=settings.is_demo)
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
        cards=CardReader(
            trust=LiveTrust(partial(_load_trust, settings), (settings.eid_trust, settings.eid_foreign_trust)),
            origin=settings.public_origin,
            revocations=Revocations(settings.revocation_policy, at.database, tls),
        ),
        numbers=NumberHasher(settings.eid_hash_key, settings.eid_hash_keys),
        codes=CodePolicy(settings.code_ttl_s, settings.code_tries, settings.code_resend_s),
        sessions=SessionPolicy(settings.session_idle_s, settings.session_max_s),
        clients=ClientCache(at.database, ttl_s=settings.client_cache_s),
        client_keys=ClientKeys(outbound),
        outbound=outbound,
        tls=tls,
    )


def _load_trust(settings: IdentitySettings) -> Trusts:
    is_production = settings.environment == "production"
    return (
        load_trust(settings.eid_trust, is_production=is_production),
        load_foreign_trust(settings.eid_foreign_trust, settings.eid_foreign_policies, is_production=is_production),
    )


def own_of(at: Runtime[Any]) -> Own:
    return at.own


def utc_now() -> datetime:
    """Read at the edge only, and passed on: rules know no clock."""
    return datetime.now(UTC)


At = Annotated[Runtime[IdentitySettings], runtime()]
"""Of an endpoint."""
