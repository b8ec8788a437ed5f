"""A sign-in at its beginning: whose name it is, and whether it may be tried, in one statement."""

from dataclasses import dataclass
from datetime import datetime

from services.identity.accounts.rules import Account
from services.identity.accounts.store import account_of
from services.identity.sessions.rules import ADDRESS_THROTTLE, IDENTIFIER_THROTTLE
from shared.db import Connection


@dataclass(frozen=True)
class AttemptKeys:
    """What a sign-in is counted by. identifier_here: of the name and where it comes from, for an account that is known there.

    address: None where none is known. client: as known clients are kept.
    """

    address: bytes | None
    identifier: bytes
    identifier_here: bytes
    client: bytes


@dataclass(frozen=True)
class Begun:
    """account: None for an unknown name. blocked_until: None unless it is too early. identifier_key: by which it is counted."""

    account: Account | None
    identifier_key: bytes
    blocked_until: datetime | None


async def find_and_count_try(db: Connection, identifier: str, keys: AttemptKeys, *, now: datetime) -> Begun:
    """Whose name this is, and the attempt counted: by the address first, and only if that lets it through by the name.

    identifier: a username or mail address in its normal form. Takes as long whether there is such an account or not. Its
    transaction must be its own: the disk is not waited for.
    """
    by_address, by_identifier = ADDRESS_THROTTLE, IDENTIFIER_THROTTLE
    rows = await db.fetch(
        """
        WITH found AS (
            SELECT a.id, a.version, a.state, a.username, a.email, a.first_name, a.last_name, a.birth_date, a.sex, a.language,
                   a.password_hash, a.terms_version, l.account_id IS NOT NULL AS is_eid_linked,
                   k.account_id IS NOT NULL AS is_known_client,
                   EXISTS (SELECT FROM passkey AS p WHERE p.account_id = a.id)
                   OR EXISTS (SELECT FROM totp AS t WHERE t.account_id = a.id AND t.is_in_use) AS has_second_factor
            FROM account AS a
            LEFT JOIN eid_link AS l ON l.account_id = a.id
            LEFT JOIN known_client AS k ON k.account_id = a.id AND k.key = $2
            WHERE a.username_key = $1 OR a.email_key = $1
        ), counted AS MATERIALIZED (
            SELECT identifier_key,
                   -- The second is not even called where the first refuses.
                   coalesce(
                       CASE WHEN $3::bytea IS NOT NULL THEN count_try($3, $6, $7, $10) END,
                       count_try(identifier_key, $8, $9, $10)
                   ) AS blocked_until
            FROM (
                SELECT CASE WHEN EXISTS (SELECT FROM found WHERE is_known_client) THEN $5::bytea ELSE $4::bytea END
            ) AS chosen (identifier_key)
        )
        SELECT counted.identifier_key, counted.blocked_until, found.*,
               -- A crash of the server within a moment of it may forget the try.
               set_config('synchronous_commit', 'off', true)
        FROM counted LEFT JOIN found ON true
        """,
        identifier,
        keys.client,
        keys.address,
        keys.identifier,
        keys.identifier_here,
        list(by_address.pauses_s),
        by_address.forget_before(now),
        list(by_identifier.pauses_s),
        by_identifier.forget_before(now),
        now,
    )
    row = rows[0]
    return Begun(account_of(row) if row["id"] else None, row["identifier_key"], row["blocked_until"])
