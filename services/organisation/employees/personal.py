"""What of someone's personal profile an organisation sees: name, picture, preferred language, and which recognitions they hold.

Name and recognitions are copies that this service has anyhow. Picture and language stay with identity, which is asked when somebody looks.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.client import RemoteProblem, ServiceClient
from shared.db import Connection
from shared.errors import NotFound, Unavailable
from shared.markers import N_


class PictureMissing(NotFound):
    code = "picture-missing"
    message = N_("There is no picture.")


@dataclass(frozen=True)
class Card:
    """picture: its SHA-256, None for none."""

    language: str
    picture: str | None


@dataclass(frozen=True)
class Picture:
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Recognition:
    kind: str
    name: str
    valid_until: date | None


async def ask_card(identity: ServiceClient, account_id: UUID) -> Card | None:
    """None where identity cannot be asked, or knows of no such account any more."""
    try:
        answer = await identity.get(f"/internal/accounts/{account_id}/card")
    except (RemoteProblem, Unavailable):
        return None
    return Card(answer["language"], answer["picture"])


async def ask_picture(identity: ServiceClient, account_id: UUID) -> Picture:
    """Raises PictureMissing, ServiceUnavailable."""
    answer = await identity.raw("GET", f"/internal/accounts/{account_id}/picture")
    if not answer.is_success:
        raise PictureMissing()
    return Picture(answer.headers["content-type"], answer.content)


async def recognitions_of(db: Connection, account_id: UUID, language: str) -> list[Recognition]:
    """Which kinds, by name; their numbers are not known here. A kind that no tool of the catalogue names is written in capitals."""
    rows = await db.fetch(
        """
        SELECT h.kind, nullif(max(coalesce(h.valid_until, 'infinity')), 'infinity') AS valid_until,
               (SELECT n.names ->> $2 FROM tool t CROSS JOIN LATERAL (SELECT t.entry -> 'recognition_names' -> h.kind AS names) n
                WHERE n.names IS NOT NULL ORDER BY t.id LIMIT 1) AS name
        FROM recognition_held h
        WHERE h.account_id = $1 AND (h.valid_until IS NULL OR h.valid_until >= current_date)
        GROUP BY h.kind ORDER BY h.kind
        """,
        account_id,
        language,
    )
    return [Recognition(row["kind"], row["name"] or row["kind"].upper(), row["valid_until"]) for row in rows]
