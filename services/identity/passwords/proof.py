"""A password is checked outside transactions, because that takes long. What stands on it must not outlive a change made meanwhile."""

from services.identity.accounts import store as accounts
from services.identity.accounts.passwords import Passwords
from services.identity.accounts.rules import Account
from shared.db import Connection


async def is_still_right(db: Connection, passwords: Passwords, account: Account, password: str) -> bool:
    """Whether a password that was right a moment ago still is. The account stays locked until the transaction ends.

    account: as it was when the password was checked. password: in the form in which it is hashed. Whoever ends sessions in the same
    transaction locks them first (`sessions.store.lock_sessions`).
    """
    password_hash = await accounts.lock_password_hash(db, account.id)
    if password_hash is None:
        return False
    # Another sign-in may have hashed the same password anew; so rare that a look at it with the account locked does no harm.
    return password_hash == account.password_hash or await passwords.verify(password_hash, password)
