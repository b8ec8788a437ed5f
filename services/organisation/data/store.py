"""What an organisation tells of itself, one statement a function."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.organisation.data.rules import Address, FurtherAddress, Link, OrganisationData
from shared.db import Connection


async def get_data(db: Connection, organisation_id: UUID) -> OrganisationData:
    """Raises LookupError: whoever asks has proved to belong to it."""
    row = await db.fetchrow(
        """
        SELECT data_version, name, legal_form, activity, description, languages, email, phone, fax, website,
               street, house_number, box, postal_code, city, country, addresses, links
        FROM organisation WHERE id = $1
        """,
        organisation_id,
    )
    if row is None:
        raise LookupError(organisation_id)
    return _data(row)


async def save_data(db: Connection, organisation_id: UUID, data: OrganisationData) -> None:
    """The organisation is locked, and `data` were made from its present version."""
    address = data.address
    await db.execute(
        """
        UPDATE organisation
        SET data_version = data_version + 1, name = $2, legal_form = $3, activity = $4, description = $5, languages = $6,
            email = $7, phone = $8, fax = $9, website = $10, street = $11, house_number = $12, box = $13,
            postal_code = $14, city = $15, country = $16, addresses = $17, links = $18
        WHERE id = $1
        """,
        organisation_id,
        data.name,
        data.legal_form,
        data.activity,
        data.description,
        list(data.languages),
        data.email,
        data.phone,
        data.fax,
        data.website,
        address.street,
        address.number or None,
        address.box or None,
        address.postal_code,
        address.city,
        address.country,
        [asdict(one) for one in data.addresses],
        [asdict(link) for link in data.links],
    )


async def ids_after(db: Connection, after: UUID | None, *, limit: int) -> list[UUID]:
    """Organisations in the order of their ids."""
    rows = await db.fetch(
        "SELECT id FROM organisation WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2", after, limit
    )
    return [row["id"] for row in rows]


def _data(row: Any) -> OrganisationData:
    return OrganisationData(
        version=row["data_version"],
        name=row["name"],
        legal_form=row["legal_form"],
        activity=row["activity"],
        description=row["description"],
        languages=tuple(row["languages"]),
        email=row["email"],
        phone=row["phone"],
        fax=row["fax"],
        website=row["website"],
        address=Address(
            row["street"],
            row["house_number"] or "",
            row["box"] or "",
            row["postal_code"],
            row["city"],
            row["country"],
        ),
        addresses=tuple(FurtherAddress(**one) for one in row["addresses"]),
        links=tuple(Link(**link) for link in row["links"]),
    )
