"""Profiles and pictures, one statement a function."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.accounts.rules import Account
from services.identity.profiles.rules import Address, Link, MyData, Phone
from shared.db import Connection
from shared.pictures import Picture


async def read_data(db: Connection, account: Account) -> MyData:
    """Of someone who never saved anything: what the account says, at version 0."""
    row = await db.fetchrow(
        """
        SELECT version, salutation, country, official_language, phones, addresses, links
        FROM profile WHERE account_id = $1
        """,
        account.id,
    )
    saved: dict[str, Any] = dict(row) if row else {}
    return MyData(
        version=saved.get("version", 0),
        salutation=saved.get("salutation"),
        first_name=account.first_name,
        last_name=account.last_name,
        sex=account.sex,  # pyright: ignore[reportArgumentType] - the database holds no other
        birth_date=account.birth_date,
        country=saved.get("country"),
        official_language=saved.get("official_language"),
        language=account.language,
        phones=tuple(Phone(**phone) for phone in saved.get("phones", ())),
        addresses=tuple(Address(**address) for address in saved.get("addresses", ())),
        links=tuple(Link(**link) for link in saved.get("links", ())),
    )


async def save_data(db: Connection, account_id: UUID, data: MyData, *, now: datetime) -> bool:
    """False when the profile has another version than `data` was made from."""
    saved = await db.fetchval(
        """
        INSERT INTO profile AS known (
            account_id, version, salutation, country, official_language, phones, addresses, links, changed_at
        )
        SELECT $1, 1, $3, $4, $5, $6, $7, $8, $9
        WHERE $2::bigint = coalesce((SELECT version FROM profile WHERE account_id = $1), 0)
        ON CONFLICT ON CONSTRAINT profile_pk DO UPDATE
        SET version = known.version + 1, salutation = $3, country = $4, official_language = $5,
            phones = $6, addresses = $7, links = $8, changed_at = $9
        WHERE known.version = $2
        RETURNING version
        """,
        account_id,
        data.version,
        data.salutation,
        data.country,
        data.official_language,
        [asdict(phone) for phone in data.phones],
        [asdict(address) for address in data.addresses],
        [asdict(link) for link in data.links],
        now,
    )
    return saved is not None


async def set_account_data(db: Connection, account_id: UUID, data: MyData) -> None:
    """What the account itself holds of "my data"."""
    await db.execute(
        "UPDATE account SET first_name = $2, last_name = $3, sex = $4, birth_date = $5, language = $6 WHERE id = $1",
        account_id,
        data.first_name,
        data.last_name,
        data.sex,
        data.birth_date,
        data.language,
    )


async def find_picture_hash(db: Connection, account_id: UUID) -> str | None:
    return await db.fetchval("SELECT sha256 FROM profile_picture WHERE account_id = $1", account_id)


async def find_picture(db: Connection, account_id: UUID) -> Picture | None:
    row = await db.fetchrow("SELECT sha256, body FROM profile_picture WHERE account_id = $1", account_id)
    return Picture(row["sha256"], row["body"]) if row else None


async def save_picture(db: Connection, account_id: UUID, picture: Picture, *, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO profile_picture (account_id, sha256, body, changed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT profile_picture_pk DO UPDATE
        SET sha256 = excluded.sha256, body = excluded.body, changed_at = excluded.changed_at
        """,
        account_id,
        picture.sha256,
        picture.body,
        now,
    )


async def delete_picture(db: Connection, account_id: UUID) -> bool:
    return await db.execute("DELETE FROM profile_picture WHERE account_id = $1", account_id) == "DELETE 1"
