"""The company register as its public files say, in a table of this service."""

import asyncio
from functools import cache

import asyncpg
import structlog

from services.organisation.organisations.rules import CompanyRegisterUnavailable
from services.organisation.register.port import Enterprise, RegisteredAddress
from services.organisation.register.store import Row, find_row, find_state
from shared.countries import countries
from shared.db import DATABASE_AWAY, Database, DatabaseUnavailable

TIMEOUT_S = 1.5
BELGIUM = "BE"
_LOG = structlog.get_logger(__name__)


class LocalRegister:
    """Until a first extract is imported it is unavailable: it could not tell a number that does not exist."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self) -> None:
        return

    async def find(self, enterprise_number: str, language: str) -> Enterprise | None:
        try:
            async with asyncio.timeout(TIMEOUT_S), self._database.acquire() as db:
                row = await find_row(db, enterprise_number)
                if row is None and await find_state(db) is None:
                    raise CompanyRegisterUnavailable()
        except (TimeoutError, DatabaseUnavailable, asyncpg.PostgresError, *DATABASE_AWAY) as error:
            _LOG.warning("company_register_unavailable", error=type(error).__name__)
            raise CompanyRegisterUnavailable() from error
        return as_enterprise(enterprise_number, row, language) if row else None


def as_enterprise(enterprise_number: str, row: Row, language: str) -> Enterprise | None:
    """In the person's language where the register has it, else in one that it has. None for one without a name."""
    names = {"fr": row.name_fr, "nl": row.name_nl, "de": row.name_de, "en": row.name_en}
    name = _first(names.get(language), row.name_fr, row.name_nl, row.name_de, row.name_en, row.name_other)
    if name is None:
        return None
    return Enterprise(enterprise_number=enterprise_number, name=name[:200], address=_address(row, language))


def _address(row: Row, language: str) -> RegisteredAddress | None:
    """Addresses are in French, Dutch or both; in the German-speaking part the German one stands as the French."""
    is_dutch = language == "nl"
    street = _first(*((row.street_nl, row.street_fr) if is_dutch else (row.street_fr, row.street_nl)))
    city = _first(*((row.city_nl, row.city_fr) if is_dutch else (row.city_fr, row.city_nl)))
    country = _country(row)
    if not (street and city and row.postal_code and country):
        return None
    return RegisteredAddress(
        street=street[:200],
        number=row.house_number[:20] if row.house_number else None,
        box=row.box[:20] if row.box else None,
        postal_code=row.postal_code[:20],
        city=city[:100],
        country=country,
    )


def _country(row: Row) -> str | None:
    """The register names countries abroad in words, and Belgium not at all."""
    if row.country_fr is None and row.country_nl is None:
        return BELGIUM
    return _codes("fr").get((row.country_fr or "").casefold()) or _codes("nl").get((row.country_nl or "").casefold())


@cache
def _codes(language: str) -> dict[str, str]:
    return {name.casefold(): code for code, name in countries(language)}


def _first(*texts: str | None) -> str | None:
    return next((text for text in texts if text), None)
