"""Where an extract is put first: temporary tables of the importing connection, gone with it whatever happens."""

from collections.abc import Iterator

from services.organisation.register.rules import Values
from shared.db import Connection

TABLES = """
    CREATE TEMP TABLE stage_enterprise (number text, status text, legal_form text, start_date date);
    CREATE TEMP TABLE stage_denomination (number text, language smallint, name text);
    CREATE TEMP TABLE stage_address (
        number text, country_nl text, country_fr text, postal_code text, city_nl text, city_fr text, street_nl text,
        street_fr text, house_number text, box text
    );
    CREATE TEMP TABLE stage_activity (number text, nace_version smallint, nace_code text);
    CREATE TEMP TABLE stage_enterprise_gone (number text);
    CREATE TEMP TABLE stage_denomination_gone (number text);
    CREATE TEMP TABLE stage_address_gone (number text);
    CREATE TEMP TABLE stage_activity_gone (number text);
"""
# One row an enterprise, from many lines.
VIEWS = """
    CREATE TEMP VIEW staged_name AS
    SELECT number, max(name) FILTER (WHERE language = 0) AS name_other, max(name) FILTER (WHERE language = 1) AS name_fr,
           max(name) FILTER (WHERE language = 2) AS name_nl, max(name) FILTER (WHERE language = 3) AS name_de,
           max(name) FILTER (WHERE language = 4) AS name_en
    FROM stage_denomination GROUP BY number;
    CREATE TEMP VIEW staged_address AS SELECT DISTINCT ON (number) * FROM stage_address ORDER BY number;
    CREATE TEMP VIEW staged_activity AS
    SELECT DISTINCT ON (number) * FROM stage_activity ORDER BY number, nace_version DESC, nace_code;
"""


async def make_stage(db: Connection) -> None:
    """Afresh, also after another extract."""
    # Of the session, which does nothing else: a million groups need not go through files.
    await db.execute("SET work_mem = '128MB'")
    await db.execute(
        """
        DROP TABLE IF EXISTS pg_temp.stage_enterprise, pg_temp.stage_denomination, pg_temp.stage_address,
            pg_temp.stage_activity, pg_temp.stage_enterprise_gone, pg_temp.stage_denomination_gone,
            pg_temp.stage_address_gone, pg_temp.stage_activity_gone CASCADE
        """
    )
    await db.execute(TABLES)
    await db.execute(VIEWS)


async def copy(db: Connection, table: str, columns: tuple[str, ...], rows: Iterator[Values]) -> int:
    """How many there were. A piece at a time: what lies in memory does not grow with the file."""
    status = await db.copy_records_to_table(table, records=rows, columns=columns)
    return int(status.removeprefix("COPY "))


async def analyze(db: Connection) -> None:
    await db.execute("ANALYZE stage_enterprise, stage_denomination, stage_address, stage_activity")


async def twice(db: Connection) -> str | None:
    """A number that enterprise.csv has two lines for."""
    return await db.fetchval("SELECT number FROM stage_enterprise GROUP BY number HAVING count(*) > 1 LIMIT 1")


async def nameless(db: Connection) -> int:
    return await db.fetchval(
        """
        SELECT count(*) FROM stage_enterprise e
        WHERE NOT EXISTS (SELECT 1 FROM stage_denomination d WHERE d.number = e.number)
        """
    )
