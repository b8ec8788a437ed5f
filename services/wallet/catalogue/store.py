"""The names of tools, one statement a function."""

from collections.abc import Collection, Mapping

from shared.db import Connection


async def upsert_names(db: Connection, tool_id: str, names: Mapping[str, str], *, version: int) -> None:
    """names: by language. An older version changes nothing."""
    await db.execute(
        """
        INSERT INTO tool_name (tool_id, names, version) VALUES ($1, $2, $3)
        ON CONFLICT ON CONSTRAINT tool_name_pk DO UPDATE SET names = excluded.names, version = excluded.version
        WHERE tool_name.version <= excluded.version
        """,
        tool_id,
        dict(names),
        version,
    )


async def tool_names(db: Connection, tool_ids: Collection[str], language: str) -> dict[str, str]:
    """What these tools are called in this language; their ids where that is not known."""
    rows = await db.fetch(
        """
        SELECT tool_id, coalesce(names ->> $2, names ->> 'en') AS name FROM tool_name WHERE tool_id = ANY ($1::text[])
        """,
        list(tool_ids),
        language,
    )
    return {
        **{tool_id: tool_id for tool_id in tool_ids},
        **{row["tool_id"]: row["name"] for row in rows if row["name"]},
    }
