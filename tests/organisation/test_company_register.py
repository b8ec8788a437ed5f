"""The company register: one contract for whoever answers, and what the copy of its public files says."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from services.organisation.organisations.rules import CompanyRegisterUnavailable
from services.organisation.register.local import LocalRegister
from services.organisation.register.over_http import HttpRegister
from services.organisation.register.port import CompanyRegister, NoRegister, RegisteredAddress, propose
from shared.db import Connection, Database
from tests.organisation.register_extracts import ABROAD, ALONE, EUPEN, FULL, GENT, PARC, STRUCK_OFF, imported
from tests.organisation.scenes import Scene, enterprise_number
from tests.tools.conftest import WorldProcess


@pytest_asyncio.fixture
async def copy(database: Database, db: Connection) -> LocalRegister:
    await imported(db, FULL)
    return LocalRegister(database)


@pytest_asyncio.fixture
async def simulator(world: WorldProcess) -> AsyncIterator[HttpRegister]:
    client = HttpRegister(f"{world.url}/register")
    yield client
    await behave(world, "ok")
    await client.close()


@pytest.fixture(params=["simulator", "copy"])
def register(request: pytest.FixtureRequest) -> CompanyRegister:
    return request.getfixturevalue(request.param)


async def behave(world: WorldProcess, mode: str) -> None:
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/register/control/behaviour", json={"mode": mode, "delay_s": 5})
        answer.raise_for_status()


# What whoever answers must do.


async def test_a_company_is_proposed_with_its_address(register: CompanyRegister) -> None:
    found = await register.find(PARC, "fr")
    assert found is not None
    assert found.address is not None
    assert (found.enterprise_number, found.name) == (PARC, "Agence du Parc SRL")
    assert (found.address.city, found.address.country) == ("Saint-Gilles", "BE")


async def test_a_company_that_does_not_exist_is_not_proposed(register: CompanyRegister) -> None:
    assert await register.find(enterprise_number(12_345_600), "nl") is None
    assert await propose(register, enterprise_number(12_345_600), "nl") is None


@pytest.mark.parametrize("mode", ["slow", "error", "maintenance"])
async def test_bad_manners_are_no_answer(world: WorldProcess, simulator: HttpRegister, mode: str) -> None:
    await behave(world, mode)
    with pytest.raises(CompanyRegisterUnavailable):
        await simulator.find(PARC, "fr")
    assert await propose(simulator, PARC, "fr") is None


async def test_a_copy_that_is_empty_or_away_is_no_answer(database: Database) -> None:
    with pytest.raises(CompanyRegisterUnavailable):
        await LocalRegister(database).find(PARC, "fr")
    with pytest.raises(CompanyRegisterUnavailable):
        await LocalRegister(Database("postgresql://nobody@127.0.0.1:9/none", application_name="t")).find(PARC, "fr")
    with pytest.raises(CompanyRegisterUnavailable):
        await NoRegister().find(PARC, "fr")


# What the copy says.


IN_WORDS = [
    (PARC, "fr", "Agence du Parc SRL", "Avenue du Parc 12/3, 1060 Saint-Gilles, BE"),
    (PARC, "nl", "Parkkantoor BV", "Parklaan 12/3, 1060 Sint-Gillis, BE"),
    (PARC, "de", "Agence du Parc SRL", "Avenue du Parc 12/3, 1060 Saint-Gilles, BE"),
    (GENT, "fr", 'Immo "De Hoek", Vastgoed & Zonen', "Hoekstraat 5, 9000 Gent, BE"),
    (EUPEN, "en", "Eupener Grundstücke GmbH", "Gospertstraße 42, 4700 Eupen, BE"),
    (ALONE, "fr", "Peeters Élodie", None),
    (ABROAD, "nl", "Northern Surveys Ltd", "Damrak 1, 1012 LG Amsterdam, NL"),
    (STRUCK_OFF, "fr", "Ancienne Agence SA", None),
]


async def test_the_copy_speaks_the_persons_language_where_it_can(copy: LocalRegister) -> None:
    for number, language, name, address in IN_WORDS:
        found = await copy.find(number, language)
        assert found is not None
        assert found.name == name
        assert said(found.address) == address


def said(at: RegisteredAddress | None) -> str | None:
    return at and f"{at.street} {at.number}{f'/{at.box}' if at.box else ''}, {at.postal_code} {at.city}, {at.country}"


async def test_what_is_kept_of_the_main_activity_is_the_newest_code(copy: LocalRegister, db: Connection) -> None:
    rows = await db.fetch(
        "SELECT enterprise_number, nace_version, nace_code FROM register_enterprise WHERE nace_code > ''"
    )
    assert {tuple(row) for row in rows} == {(PARC, 2025, "68310"), (GENT, 2008, "68100")}


async def test_the_proposal_comes_in_the_readers_language(scene: Scene) -> None:
    db = await scene.app.at.database.connect()
    await imported(db, FULL)
    await db.close()
    scene.app.at.own.register = LocalRegister(scene.app.at.database)
    dutch, german = scene.someone(language="nl"), scene.someone(language="de")
    assert (await dutch.get("/api/organisations", number=PARC))["proposal"]["name"] == "Parkkantoor BV"
    alone = await german.get("/api/organisations", number=f"BE {ALONE[:4]}.{ALONE[4:7]}.{ALONE[7:]}")
    assert alone["proposal"] == {"enterprise_number": ALONE, "name": "Peeters Élodie", "address": None}
