"""Whether what somebody shows is a second factor of the account: a code of the app, a recovery code, a passkey."""

from datetime import UTC, datetime, timedelta

from services.identity import audit
from services.identity.accounts import store as accounts
from services.identity.accounts.rules import Account, normalise_code
from services.identity.factors import challenges, passkeys, recovery, rules, store, totp
from services.identity.factors.challenges import Purpose
from services.identity.factors.passkeys import Credential, Site
from services.identity.factors.problems import (
    FactorWrong,
    PasskeyChallengeExpired,
    PasskeyNotVerified,
    PasskeyRefused,
    PasskeyUnknown,
)
from services.identity.factors.rules import Passkey, Proof
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey, hash_token
from shared import outbox
from shared.db import Connection
from shared.errors import Problem
from shared.events.identity import RecoveryCodeUsed
from shared.sealed import Sealed


async def take_code(
    db: Connection, account: Account, entered: str, *, master: MasterKey, now: datetime
) -> Proof | FactorWrong:
    """A code of the app or a recovery code, which is used up. A wrong one is returned, because the try that it cost must be committed."""
    await accounts.lock_account(db, account.id)
    code = normalise_code(entered)
    if totp.is_code(code):
        is_right = await _take_totp(db, account, code, master=master, now=now)
    else:
        is_right = await _take_recovery_code(db, account, code, master=master, now=now)
    return rules.OTP if is_right else FactorWrong(field="code")


async def take_challenge(
    db: Connection, credential: Credential, purpose: Purpose, bound_to: str, *, master: MasterKey, now: datetime
) -> bytes | Problem:
    """What had to be signed. It is used up whatever comes of it, so refusals are returned."""
    challenge = passkeys.signed_challenge(credential)
    if not challenges.is_ours(master, challenge, purpose, bound_to):
        return PasskeyRefused()
    expires_at = datetime.fromtimestamp(challenges.expires_at(challenge), UTC)
    if now >= expires_at:
        return PasskeyChallengeExpired()
    used = hash_token(challenge.hex())
    # Kept a while beyond its time: clocks of several instances differ.
    if not await store.take_challenge(db, used, expires_at=expires_at + timedelta(minutes=5)):
        return PasskeyChallengeExpired()
    return challenge


async def take_passkey(
    db: Connection,
    credential: Credential,
    challenge: bytes,
    *,
    site: Site,
    account: Account | None,
    now: datetime,
) -> tuple[Passkey, Proof] | Problem:
    """account: who gave their password before; None where the passkey must be the whole proof, and says who it is."""
    passkey = await store.find_passkey_by_credential(db, passkeys.credential_id_of(credential))
    if passkey is None or (account is not None and passkey.account_id != account.id):
        return PasskeyUnknown()
    handle = passkeys.user_handle_of(credential)
    if handle != passkey.account_id.bytes and (handle is not None or account is None):
        return PasskeyRefused()
    try:
        asserted = passkeys.verify_assertion(site, credential, challenge, passkey)
    except PasskeyRefused as refused:
        return refused
    proof = rules.passkey_proof(
        is_synced=asserted.is_synced, is_verified=asserted.is_verified, after_password=account is not None
    )
    if proof is None:
        return PasskeyNotVerified()
    await accounts.lock_account(db, passkey.account_id)
    if not await store.use_passkey(db, passkey.id, asserted, now=now):
        return PasskeyRefused()
    return passkey, proof


async def _take_totp(db: Connection, account: Account, code: str, *, master: MasterKey, now: datetime) -> bool:
    found = await store.find_totp(db, account.id, is_in_use=True)
    if found is None:
        return False
    sealed, last_step = found
    secret = (await keyring_of(db, master, account.id)).open(Sealed(sealed), "totp_secret")
    step = totp.step_of(secret, code, after=last_step, now=now) if secret else None
    if step is None:
        return False
    await store.set_totp_step(db, account.id, step)
    return True


async def _take_recovery_code(db: Connection, account: Account, code: str, *, master: MasterKey, now: datetime) -> bool:
    """The person is told by mail: a recovery code that they did not use themselves is a bad sign."""
    if not await store.take_recovery_code(db, account.id, recovery.hash_code(master, account.id, code), now=now):
        return False
    _, left = await store.find_totp_and_codes(db, account.id)
    version = await accounts.bump_version(db, account.id)
    event = RecoveryCodeUsed(version=version, account_id=account.id, codes_left=left, used_at=now)
    await outbox.append(db, event)
    await audit.record(
        db,
        "recovery-code-used",
        now=now,
        actor=audit.person(account.id),
        account_id=account.id,
        details={"codes_left": left},
    )
    return True
