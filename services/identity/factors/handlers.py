"""Second factors of one's own account: set up, name, remove; recovery codes. Load, decide, save, append the event."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.handlers import get_account
from services.identity.accounts.rules import Account, normalise_code
from services.identity.factors import recovery, rules, store, totp
from services.identity.factors.passkeys import Registered
from services.identity.factors.problems import (
    NoSecondFactor,
    PasskeyKnown,
    PasskeyNotFound,
    TooManyPasskeys,
    TotpCodeWrong,
    TotpNotBegun,
)
from services.identity.factors.rules import FactorKind, Factors, Passkey
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from services.identity.sessions import handlers as sessions
from services.identity.sessions import store as session_store
from services.identity.sessions.handlers import Opened
from shared import outbox
from shared.db import Connection, constraint_of
from shared.events.identity import RecoveryCodesMade, SecondFactorAdded, SecondFactorRemoved
from shared.ids import new_id
from shared.sealed import Sealed


async def add_passkey(
    db: Connection, account_id: UUID, session_id: UUID, registered: Registered, name: str, *, now: datetime
) -> Opened:
    """The session, under another token: it proved possession just now. Raises PasskeyKnown, TooManyPasskeys, SessionEnded."""
    account, before = await _lock(db, account_id)
    if len(before.passkeys) >= rules.MAX_PASSKEYS:
        raise TooManyPasskeys(maximum=rules.MAX_PASSKEYS)
    passkey = Passkey(
        id=new_id(),
        account_id=account_id,
        credential_id=registered.credential_id,
        public_key=registered.public_key,
        sign_count=registered.sign_count,
        transports=registered.transports,
        is_synced=registered.is_synced,
        is_backed_up=registered.is_backed_up,
        name=rules.clean_name(name),
        created_at=now,
        last_used_at=None,
    )
    try:
        await store.insert_passkey(db, passkey)
    except asyncpg.UniqueViolationError as error:
        if constraint_of(error) == store.CREDENTIAL_UNIQUE:
            raise PasskeyKnown() from error
        raise
    method = "swk" if registered.is_synced else "hwk"
    return await _added(db, account, session_id, "passkey", (method, "user", "mfa"), before, now=now)


async def rename_passkey(db: Connection, account_id: UUID, passkey_id: UUID, name: str) -> None:
    """Raises PasskeyNotFound, PasskeyNameInvalid."""
    if not await store.rename_passkey(db, account_id, passkey_id, rules.clean_name(name)):
        raise PasskeyNotFound()


async def remove_passkey(db: Connection, account_id: UUID, passkey_id: UUID, *, now: datetime) -> None:
    """Raises PasskeyNotFound."""
    account, _ = await _lock(db, account_id)
    if not await store.delete_passkey(db, account_id, passkey_id):
        raise PasskeyNotFound()
    await _removed(db, account, "passkey", now=now)


async def begin_totp(db: Connection, account_id: UUID, *, master: MasterKey, now: datetime) -> tuple[Account, str]:
    """The account and the secret for its app; the same again while it is being set up. What is in use stays until it is finished."""
    account, _ = await _lock(db, account_id)
    keyring = await keyring_of(db, master, account_id)
    begun = await store.find_totp(db, account_id, is_in_use=False, since=_setup_since(now))
    known = keyring.open(Sealed(begun[0]), "totp_secret") if begun else None
    if known is not None:
        return account, known
    secret = totp.new_secret()
    await store.save_totp_setup(db, account_id, keyring.seal(account_id, "totp_secret", secret), now=now)
    return account, secret


async def finish_totp(
    db: Connection, account_id: UUID, session_id: UUID, entered: str, *, master: MasterKey, now: datetime
) -> Opened:
    """A first code shows that the app knows the secret. Raises TotpNotBegun, TotpCodeWrong, SessionEnded."""
    account, before = await _lock(db, account_id)
    begun = await store.find_totp(db, account_id, is_in_use=False, since=_setup_since(now))
    keyring = await keyring_of(db, master, account_id)
    secret = keyring.open(Sealed(begun[0]), "totp_secret") if begun else None
    if secret is None:
        raise TotpNotBegun()
    step = totp.step_of(secret, normalise_code(entered), after=0, now=now)
    if step is None:
        raise TotpCodeWrong(field="code")
    await store.delete_totp(db, account_id)
    await store.use_totp_setup(db, account_id, step, now=now)
    return await _added(db, account, session_id, "totp", rules.OTP.methods, before, now=now)


async def remove_totp(db: Connection, account_id: UUID, *, now: datetime) -> None:
    """Does nothing where none is in use."""
    account, _ = await _lock(db, account_id)
    if await store.delete_totp(db, account_id):
        await _removed(db, account, "totp", now=now)


async def make_recovery_codes(db: Connection, account_id: UUID, *, master: MasterKey, now: datetime) -> list[str]:
    """New ones in the place of all others; told once and never again. Raises NoSecondFactor."""
    account, factors = await _lock(db, account_id)
    if not factors.has_any:
        raise NoSecondFactor()
    codes = recovery.new_codes()
    await store.delete_recovery_codes(db, account_id)
    hashes = [recovery.hash_code(master, account_id, code) for code in codes]
    await store.insert_recovery_codes(db, account_id, hashes, now=now)
    version = await accounts.bump_version(db, account_id)
    await outbox.append(db, RecoveryCodesMade(version=version, account_id=account_id, made_at=now))
    await _record(db, account, "recovery-codes-made", now=now)
    return codes


async def _lock(db: Connection, account_id: UUID) -> tuple[Account, Factors]:
    """Of two changes at once the second sees what the first left. Sessions first: some of them may end."""
    await session_store.lock_sessions(db, account_id)
    await accounts.lock_account(db, account_id)
    return await get_account(db, account_id), await store.find_factors(db, account_id)


async def _added(
    db: Connection,
    account: Account,
    session_id: UUID,
    kind: FactorKind,
    methods: tuple[str, ...],
    before: Factors,
    *,
    now: datetime,
) -> Opened:
    """With the first one all sessions end that were opened without: from now on a password alone opens none."""
    opened = await sessions.elevate(db, account, session_id, acr="mfa", methods=methods, now=now)
    version = await accounts.bump_version(db, account.id)
    await outbox.append(db, SecondFactorAdded(version=version, account_id=account.id, kind=kind, added_at=now))
    if not before.has_any:
        await sessions.end_other_sessions(db, account.id, keep=session_id, reason="second-factor-added", now=now)
    await _record(db, account, "second-factor-added", kind=kind, now=now)
    return Opened(await get_account(db, account.id), opened.session, opened.token)


async def _removed(db: Connection, account: Account, kind: FactorKind, *, now: datetime) -> None:
    """Recovery codes stand in for nothing once the last second factor is gone."""
    left = await store.find_factors(db, account.id)
    remaining = len(left.passkeys) + (left.totp_since is not None)
    if not remaining:
        await store.delete_recovery_codes(db, account.id)
    version = await accounts.bump_version(db, account.id)
    event = SecondFactorRemoved(version=version, account_id=account.id, kind=kind, remaining=remaining, removed_at=now)
    await outbox.append(db, event)
    await _record(db, account, "second-factor-removed", kind=kind, now=now)


async def _record(db: Connection, account: Account, action: str, *, now: datetime, **details: object) -> None:
    await audit.record(db, action, now=now, actor=audit.person(account.id), account_id=account.id, details=details)


def _setup_since(now: datetime) -> datetime:
    return now - timedelta(seconds=rules.TOTP_SETUP_TTL_S)
