"""Wires the identity service; decides nothing."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from services.identity import maintenance
from services.identity.accounts import api as accounts_api
from services.identity.context import make_own, own_of, utc_now
from services.identity.eid import api as eid_api
from services.identity.eid import internal_api as eid_internal_api
from services.identity.emails import api as emails_api
from services.identity.erasure import api as erasure_api
from services.identity.erasure.handlers import RELEASE
from services.identity.erasure.process import look_after, release_job, reports
from services.identity.factors import api as factors_api
from services.identity.factors import sign_in_api as factor_sign_in_api
from services.identity.keys import api as keys_api
from services.identity.keys.handlers import load_hash_root, read_data_keys
from services.identity.legacy import api as legacy_api
from services.identity.legacy.api import IMPORT_MAX_BYTES, IMPORT_PATH
from services.identity.oidc import api as oidc_api
from services.identity.oidc import (
    client_api,
    consumers,
    internal_api,
    introspection_api,
    logout_api,
    par_api,
    registration_api,
    subjects_api,
    token_api,
)
from services.identity.oidc.decisions import CONFIRM_GRANT, confirm_grant
from services.identity.oidc.jobs import backchannel_logout
from services.identity.oidc.logout import BACKCHANNEL_LOGOUT
from services.identity.passwords import api as passwords_api
from services.identity.passwords.handlers import SEND_RESET_CODE
from services.identity.passwords.jobs import send_reset_code
from services.identity.profiles import api as profiles_api
from services.identity.profiles import shown_api
from services.identity.profiles.api import PICTURE_PATH
from services.identity.sessions import api as sessions_api
from services.identity.sessions import confirm_api, device_api, devices
from services.identity.sessions import store as session_store
from services.identity.sessions.rules import PLATFORM_CLIENT_ID
from services.identity.settings import IdentitySettings
from services.identity.support import api as support_api
from shared.pictures import MAX_UPLOAD_BYTES
from shared.runtime import Runtime
from shared.sealed import Loader
from shared.service import Service
from shared.tokens import Person


def _own_data_keys(at: Runtime[Any]) -> Loader:
    async def load(subjects: list[Any]) -> Any:
        async with at.database.acquire() as db:
            return await read_data_keys(db, own_of(at).master, subjects)

    return load


class _OwnKeys:
    """Identity verifies what it signed itself; asked for before `setup` has made the keys, used after."""

    def __init__(self, at: Runtime[Any]) -> None:
        self._at = at

    async def key(self, kid: str) -> ECKey | None:
        return await own_of(self._at).signing.key(kid)


def _is_live(at: Runtime[Any]) -> Callable[[Person], Awaitable[bool]]:
    """A session that has ended opens nothing here, though its access token has some minutes left. Grants of tools see to themselves."""

    async def is_live(person: Person) -> bool:
        if person.client_id != PLATFORM_CLIENT_ID:
            return True
        async with at.database.acquire() as db:
            return await session_store.is_open(db, UUID(person.session_id), person.account_id, now=utc_now())

    return is_live


async def _start(at: Runtime[Any]) -> None:
    await devices.prepare()
    async with at.database.transaction() as db:
        await load_hash_root(db, own_of(at).master, now=utc_now())
    await own_of(at).signing.ensure()


SERVICE = Service(
    name="identity",
    folder=Path(__file__).parent,
    settings=IdentitySettings,
    routers=(
        token_api.router,  # first: routes are looked for in this order, and tools ask most often
        sessions_api.router,
        accounts_api.router,
        emails_api.router,
        passwords_api.router,
        profiles_api.router,
        shown_api.router,
        legacy_api.router,
        support_api.router,
        confirm_api.router,
        device_api.router,
        factors_api.router,
        factor_sign_in_api.router,
        eid_api.router,
        eid_internal_api.router,
        keys_api.router,
        oidc_api.router,
        logout_api.router,
        par_api.router,
        internal_api.router,
        client_api.router,
        registration_api.router,
        introspection_api.router,
        subjects_api.router,
        erasure_api.router,
    ),
    consumers=lambda at: [consumers.CONSUMER, reports(at)],
    jobs=lambda at: {
        BACKCHANNEL_LOGOUT: backchannel_logout(at),
        CONFIRM_GRANT: confirm_grant(at),
        RELEASE: release_job(at),
        SEND_RESET_CODE: send_reset_code(at),
    },
    timers=lambda at: [*maintenance.timers(at), look_after(at)],
    setup=make_own,
    startup=_start,
    key_loader=_own_data_keys,
    key_source=_OwnKeys,
    is_live=_is_live,
    larger_bodies={PICTURE_PATH: MAX_UPLOAD_BYTES, IMPORT_PATH: IMPORT_MAX_BYTES},
)
