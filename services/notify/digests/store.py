"""Bursts, digests and what they gather, one statement a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.digests.rules import DIGEST, Burst
from services.notify.mails.queue import Claimed
from services.notify.mails.rights import ASKED_BY, RIGHTS
from shared.db import Connection
from shared.ids import new_id

BurstKey = tuple[UUID, str]
"""Account and kind of mail."""


@dataclass(frozen=True)
class Told:
    """One thing that a person is told, by a mail of its own or together with others."""

    delivery_id: UUID
    account_id: UUID
    kind: str
    params: Mapping[str, Any]
    digest_id: UUID | None = None


@dataclass(frozen=True)
class Slot:
    """A digest to be: whose, what for, and when it leaves. Two of the same are one mail."""

    account_id: UUID
    purpose: str
    due_at: datetime

    @property
    def cause(self) -> str:
        return f"{self.purpose}:{self.due_at.isoformat()}"


async def without_right(db: Connection, told: Sequence[Told]) -> set[UUID]:
    """Those deliveries whose reader is no longer what one must be to be told of them."""
    asked = [one for one in told if one.kind in RIGHTS and "organisation_id" in one.params]
    if not asked:
        return set()
    rows = await db.fetch(
        """
        SELECT delivery_id
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[])
            AS t (delivery_id, account_id, organisation_id, registration_id, need, asked_by)
        WHERE t.account_id IS DISTINCT FROM t.asked_by
            AND NOT EXISTS (
                SELECT FROM manager m
                WHERE m.organisation_id = t.organisation_id AND m.account_id = t.account_id AND NOT m.is_blocked
            )
            AND NOT (need = 'wallet' AND EXISTS (
                SELECT FROM wallet_viewer v WHERE v.organisation_id = t.organisation_id AND v.account_id = t.account_id
            ))
            AND NOT (need IN ('editor', 'concerned') AND EXISTS (
                SELECT FROM tool_manager m WHERE m.registration_id = t.registration_id AND m.account_id = t.account_id
            ))
            AND NOT (need = 'concerned' AND (EXISTS (
                SELECT FROM access a
                WHERE a.registration_id = t.registration_id AND a.account_id = t.account_id AND NOT a.is_blocked
            ) OR EXISTS (
                SELECT FROM mandate m
                WHERE m.registration_id = t.registration_id AND m.account_id = t.account_id AND NOT m.is_blocked
            )))
        """,
        [one.delivery_id for one in asked],
        [one.account_id for one in asked],
        [UUID(str(one.params["organisation_id"])) for one in asked],
        [_id_in(one.params, "registration_id") for one in asked],
        [RIGHTS[one.kind] for one in asked],
        [_id_in(one.params, ASKED_BY) for one in asked],
    )
    return {row["delivery_id"] for row in rows}


async def lock_bursts(db: Connection, keys: Sequence[BurstKey]) -> dict[BurstKey, tuple[Burst, UUID | None]]:
    """What is known of each, and which delivery began it; nobody else decides about them until the commit."""
    ordered = sorted(set(keys))
    accounts, kinds = [account for account, _ in ordered], [kind for _, kind in ordered]
    await db.execute(
        """
        INSERT INTO mail_burst (account_id, kind, last_at)
        SELECT account_id, kind, '2000-01-01' FROM unnest($1::uuid[], $2::text[]) AS b (account_id, kind)
        ON CONFLICT ON CONSTRAINT mail_burst_pk DO NOTHING
        """,
        accounts,
        kinds,
    )
    rows = await db.fetch(
        """
        SELECT account_id, kind, last_at, gathered, delivery_id FROM mail_burst
        WHERE (account_id, kind) IN (SELECT * FROM unnest($1::uuid[], $2::text[])) ORDER BY account_id, kind FOR UPDATE
        """,
        accounts,
        kinds,
    )
    return {
        (row["account_id"], row["kind"]): (Burst(row["last_at"], row["gathered"]), row["delivery_id"]) for row in rows
    }


async def set_bursts(db: Connection, bursts: Mapping[BurstKey, tuple[Burst, UUID | None]]) -> None:
    await db.execute(
        """
        UPDATE mail_burst b SET last_at = n.last_at, gathered = n.gathered, delivery_id = n.delivery_id
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::integer[], $5::uuid[])
            AS n (account_id, kind, last_at, gathered, delivery_id)
        WHERE b.account_id = n.account_id AND b.kind = n.kind
        """,
        [account for account, _ in bursts],
        [kind for _, kind in bursts],
        [burst.last_at for burst, _ in bursts.values()],
        [burst.gathered for burst, _ in bursts.values()],
        [delivery_id for _, delivery_id in bursts.values()],
    )


async def prune_bursts(db: Connection) -> None:
    """Whoever rested this long begins afresh anyway."""
    await db.execute("DELETE FROM mail_burst WHERE last_at < now() - interval '2 hours'")


async def open_digests(db: Connection, slots: Sequence[Slot]) -> dict[Slot, UUID]:
    """The digest of each slot, made where there is none yet. One that was tried already takes nothing more: what it said is said.

    A slot without an answer belongs to somebody who leaves.
    """
    ordered = sorted(set(slots), key=lambda slot: (slot.account_id, slot.cause))
    found = await _insert_digests(db, ordered, [slot.cause for slot in ordered])
    late = [slot for slot in ordered if slot not in found]
    return found | (await _insert_digests(db, late, [f"{slot.cause}:{new_id()}" for slot in late]) if late else {})


async def _insert_digests(db: Connection, slots: Sequence[Slot], causes: Sequence[str]) -> dict[Slot, UUID]:
    rows = await db.fetch(
        """
        INSERT INTO delivery (delivery_id, account_id, kind, cause, run_at, first_due_at, read_at)
        SELECT delivery_id, account_id, $4, cause, due_at, due_at, due_at
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $5::timestamptz[]) AS d (delivery_id, account_id, cause, due_at)
        WHERE NOT EXISTS (SELECT FROM recipient r WHERE r.account_id = d.account_id AND (r.is_leaving OR r.is_erased))
        ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET run_at = excluded.run_at
            WHERE delivery.state = 'waiting' AND delivery.attempts = 0
        RETURNING delivery_id, account_id, cause
        """,
        [new_id() for _ in slots],
        [slot.account_id for slot in slots],
        causes,
        DIGEST,
        [slot.due_at for slot in slots],
    )
    ids = {(row["account_id"], row["cause"]): row["delivery_id"] for row in rows}
    return {
        slot: ids[slot.account_id, cause]
        for slot, cause in zip(slots, causes, strict=True)
        if (slot.account_id, cause) in ids
    }


async def gather_into(db: Connection, gathered: Sequence[tuple[Claimed, UUID]]) -> None:
    """To leave with these digests. Those whose lease is still this worker's."""
    await db.execute(
        """
        UPDATE delivery d SET state = 'gathered', digest_id = g.digest_id, lease = NULL, leased_until = NULL, attempts = 0
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS g (delivery_id, lease, digest_id)
        WHERE d.delivery_id = g.delivery_id AND d.lease = g.lease
        """,
        [claimed.delivery.delivery_id for claimed, _ in gathered],
        [claimed.lease for claimed, _ in gathered],
        [digest_id for _, digest_id in gathered],
    )


async def gathered_by(db: Connection, digest_ids: Sequence[UUID]) -> list[Told]:
    """The oldest first."""
    rows = await db.fetch(
        """
        SELECT delivery_id, account_id, kind, params, digest_id FROM delivery
        WHERE digest_id = ANY ($1::uuid[]) AND state = 'gathered' ORDER BY delivery_id
        """,
        list(digest_ids),
    )
    return [Told(**row) for row in rows]


async def end_gathered(db: Connection, delivery_ids: Sequence[UUID], states: Sequence[str], *, now: datetime) -> None:
    """Those that do not leave with their digest after all."""
    await db.execute(
        """
        UPDATE delivery d SET state = e.state, ended_at = $3
        FROM unnest($1::uuid[], $2::text[]) AS e (delivery_id, state)
        WHERE d.delivery_id = e.delivery_id AND d.state = 'gathered'
        """,
        list(delivery_ids),
        list(states),
        now,
    )


async def end_with_digests(db: Connection, digest_ids: Sequence[UUID], states: Sequence[str], *, now: datetime) -> None:
    """What became of a digest became of all that it gathered."""
    await db.execute(
        """
        UPDATE delivery d SET state = e.state, ended_at = $3
        FROM unnest($1::uuid[], $2::text[]) AS e (digest_id, state)
        WHERE d.digest_id = e.digest_id AND d.state = 'gathered'
        """,
        list(digest_ids),
        list(states),
        now,
    )


def _id_in(params: Mapping[str, Any], name: str) -> UUID | None:
    return UUID(str(params[name])) if params.get(name) else None
