"""For who forgot the password of an old account, but not the mailbox that it knows: it becomes an account that waits for a code there."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from services.identity.accounts import handlers as accounts
from services.identity.accounts import store as account_store
from services.identity.accounts.emails import email_key
from services.identity.accounts.rules import Candidate, CodePolicy
from services.identity.keys.rules import MasterKey, hash_token
from services.identity.legacy import store
from services.identity.legacy.attaching import open_record
from services.identity.legacy.claims import combine, username_for
from services.identity.legacy.rules import CLAIM_TTL, MAX_CANDIDATES, Record
from services.identity.sessions.rules import new_token
from shared.db import Connection

NO_TERMS = "none"
"""In the place of a version: the terms are asked for at the first sign-in."""


async def account_for(
    db: Connection, key: bytes, password_hash: str, *, master: MasterKey, policy: CodePolicy, now: datetime
) -> UUID | None:
    """A pending account for the old ones under an address, which are its own once a mailed code was entered. None where there are none.

    Where several people share a mailbox it is the account of the one with most of them; what is of the others waits for their passwords.
    key: of the address (`importing.identifier_key`). password_hash: of nothing that anybody knows. Not for an old account without
    a name: that one is support's to find out.
    """
    found = [(one.id, open_record(one, master)) for one in await store.find_by_email_key(db, key, limit=MAX_CANDIDATES)]
    if not found:
        return None
    names = Counter(record.full_name for _, record in found if record.full_name)
    name = max(names, key=lambda name: names[name], default="")
    theirs = {legacy_id: record for legacy_id, record in found if record.full_name in ("", name)}
    record = combine(list(theirs.values()))
    owner = await account_store.find_owner_of_email(db, email_key(record.email))
    if owner is not None or not record.first_name or not record.last_name:
        return owner
    account = await accounts.sign_up(
        db,
        await _candidate(db, record),
        password_hash,
        master=master,
        policy=policy,
        now=now,
        client_address=None,
        sends_code=False,
    )
    token_hash = hash_token(new_token())  # nobody holds it: what counts is that the account claims them
    await store.insert_claim(db, token_hash, list(theirs), None, now=now, expires_at=now + CLAIM_TTL)
    await store.set_claimant(db, token_hash, account.id)
    return account.id


async def _candidate(db: Connection, record: Record) -> Candidate:
    return Candidate(
        first_name=record.first_name,
        last_name=record.last_name,
        username=await username_for(db, record)
        or await accounts.propose_username(db, record.first_name, record.last_name),
        email=record.email,
        password="",
        language=record.language or "fr",
        terms_version=record.terms_version or NO_TERMS,
    )
