"""The evidence behind what the staff recorded; one statement a function."""

from datetime import datetime
from uuid import UUID

from services.recognition.support.rules import EvidenceFile
from shared.db import Connection
from shared.ids import new_id


async def insert_evidence(
    db: Connection, account_id: UUID, kind: str, statement: str, file: EvidenceFile | None, *, now: datetime
) -> UUID:
    evidence_id = new_id()
    await db.execute(
        """
        INSERT INTO evidence (id, account_id, kind, statement, file_name, media_type, file, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        evidence_id,
        account_id,
        kind,
        statement,
        file.name if file else None,
        file.media_type if file else None,
        file.content if file else None,
        now,
    )
    return evidence_id


async def find_file(db: Connection, account_id: UUID, evidence_id: UUID) -> EvidenceFile | None:
    row = await db.fetchrow(
        """
        SELECT file_name, media_type, file FROM evidence WHERE id = $1 AND account_id = $2 AND file IS NOT NULL
        """,
        evidence_id,
        account_id,
    )
    return EvidenceFile(row["file_name"], row["media_type"], row["file"]) if row else None
