"""Codes that are mailed: one an account and purpose, sent, and taken when it is entered."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.identity.accounts import code_store, rules
from services.identity.accounts.rules import Account, CodePolicy
from services.identity.accounts.store import lock_account
from services.identity.keys.handlers import keyring_of
from services.identity.keys.rules import MasterKey
from shared import outbox
from shared.db import Connection
from shared.errors import Problem
from shared.events.notify import SendCode

Purpose = Literal["activation", "email-change", "password-reset", "erasure"]


async def send(
    db: Connection,
    account: Account,
    purpose: Purpose,
    *,
    master: MasterKey,
    policy: CodePolicy,
    now: datetime,
    email: str | None = None,
) -> int:
    """A new code in the place of the last; returns after how many seconds there may be another. Raises CodeTooSoon.

    email: where it goes, if not to the account's own address. The account's row is locked: of two requests at once the second sees
    the first one's code.
    """
    await lock_account(db, account.id)
    count = rules.check_resend(await code_store.find_code(db, account.id, purpose), policy, now=now)
    text, code = rules.new_code(), rules.code_after_sending(count, policy, now=now)
    await code_store.save_code(db, account.id, purpose, _hash(master, account.id, purpose, text), code)
    keyring = await keyring_of(db, master, account.id)
    command = SendCode(
        account_id=account.id,
        purpose=purpose,
        email=keyring.seal(account.id, "email", email or account.email),
        code=keyring.seal(account.id, "code", text),
        language=account.language,
        expires_at=code.expires_at,
    )
    await outbox.append(db, command)
    return rules.resend_pause_s(count, policy)


async def take(
    db: Connection, account_id: UUID, purpose: Purpose, entered: str, *, master: MasterKey, now: datetime
) -> Problem | None:
    """None: it was right, and is used up. A Problem is returned and not raised, because the try that it cost must be committed."""
    code_hash = _hash(master, account_id, purpose, rules.normalise_code(entered))
    tried = await code_store.try_code(db, account_id, purpose, code_hash, now=now)
    if tried is not None and tried.was_right:
        return None
    code = await code_store.find_code(db, account_id, purpose)
    return rules.judge_code(code, tried.tries_left if tried else None, now=now)


async def wait_s(db: Connection, account_id: UUID, purpose: Purpose, *, policy: CodePolicy, now: datetime) -> int:
    """After how many seconds there may be another one; 0 for at once."""
    return rules.resend_wait_s(await code_store.find_code(db, account_id, purpose), policy, now=now)


def _hash(master: MasterKey, account_id: UUID, purpose: Purpose, code: str) -> bytes:
    return master.keyed_hash("code", purpose, str(account_id), code)
