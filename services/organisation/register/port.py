"""What the company register says about a number, whichever adapter answers."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from services.organisation.organisations.rules import CompanyRegisterUnavailable


class RegisteredAddress(BaseModel):
    model_config = ConfigDict(extra="ignore")

    street: str = Field(max_length=200)
    number: str | None = Field(default=None, max_length=20)
    box: str | None = Field(default=None, max_length=20)
    postal_code: str = Field(max_length=20)
    city: str = Field(max_length=100)
    country: str = Field(max_length=2)


class Enterprise(BaseModel):
    """What the register says about a company. address: None where it publishes none, as of people in business by themselves."""

    model_config = ConfigDict(extra="ignore")

    enterprise_number: str
    name: str = Field(min_length=1, max_length=200)
    address: RegisteredAddress | None = None


class CompanyRegister(Protocol):
    async def find(self, enterprise_number: str, language: str) -> Enterprise | None:
        """enterprise_number: ten digits. language: of names and addresses that exist in several.

        Raises CompanyRegisterUnavailable within two seconds where there is no answer that makes sense.
        """
        ...

    async def close(self) -> None: ...


class NoRegister:
    """Where none is configured."""

    async def find(self, enterprise_number: str, language: str) -> Enterprise | None:
        raise CompanyRegisterUnavailable()

    async def close(self) -> None:
        return


async def propose(register: CompanyRegister, enterprise_number: str, language: str) -> Enterprise | None:
    """As `find`, but a register that does not answer just has nothing to propose."""
    try:
        return await register.find(enterprise_number, language)
    except CompanyRegisterUnavailable:
        return None
