"""The company register's client against the simulator as it runs, with its bad manners."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from services.organisation.organisations.register import CompanyRegister
from services.organisation.organisations.rules import CompanyRegisterUnavailable
from tests.organisation.scenes import enterprise_number
from tests.tools.conftest import WorldProcess


@pytest_asyncio.fixture
async def register(world: WorldProcess) -> AsyncIterator[CompanyRegister]:
    client = CompanyRegister(f"{world.url}/register")
    yield client
    await behave(world, "ok")
    await client.close()


async def behave(world: WorldProcess, mode: str) -> None:
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/register/control/behaviour", json={"mode": mode, "delay_s": 5})
        answer.raise_for_status()


async def test_a_company_is_proposed_with_its_address(register: CompanyRegister) -> None:
    found = await register.find("0123456749")
    assert found is not None
    assert (found.name, found.address.city, found.address.country) == ("Agence du Parc SRL", "Saint-Gilles", "BE")
    assert await register.find(enterprise_number(1_234_511)) is not None


async def test_a_company_that_does_not_exist_is_not_proposed(register: CompanyRegister) -> None:
    assert await register.find(enterprise_number(12_345_600)) is None


@pytest.mark.parametrize("mode", ["slow", "error", "maintenance"])
async def test_bad_manners_are_no_answer(world: WorldProcess, register: CompanyRegister, mode: str) -> None:
    await behave(world, mode)
    with pytest.raises(CompanyRegisterUnavailable):
        await register.find("0123456749")
    assert await register.propose("0123456749") is None
