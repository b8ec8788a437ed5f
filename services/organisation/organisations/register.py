"""The company register over HTTP: proposes name and address of a company by its number."""

import asyncio
from http import HTTPStatus

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.organisation.organisations.rules import CompanyRegisterUnavailable

TIMEOUT_S = 1.5
MAX_ANSWER_BYTES = 64_000
_LOG = structlog.get_logger(__name__)


class RegisteredAddress(BaseModel):
    model_config = ConfigDict(extra="ignore")

    street: str = Field(max_length=200)
    number: str | None = Field(default=None, max_length=20)
    box: str | None = Field(default=None, max_length=20)
    postal_code: str = Field(max_length=20)
    city: str = Field(max_length=100)
    country: str = Field(max_length=2)


class Enterprise(BaseModel):
    """What the register says about a company."""

    model_config = ConfigDict(extra="ignore")

    enterprise_number: str
    name: str = Field(min_length=1, max_length=200)
    address: RegisteredAddress


class CompanyRegister:
    """url: None where no register is configured; it is then always unavailable."""

    def __init__(self, url: str | None, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=url or "", timeout=TIMEOUT_S, transport=transport, trust_env=False)
        self._is_configured = url is not None

    async def close(self) -> None:
        await self._client.aclose()

    async def find(self, enterprise_number: str) -> Enterprise | None:
        """enterprise_number: ten digits. Raises CompanyRegisterUnavailable within two seconds for every answer that makes no sense."""
        if not self._is_configured:
            raise CompanyRegisterUnavailable()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._client.get(f"/v1/enterprises/{enterprise_number}")
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            answer.raise_for_status()
            if len(answer.content) > MAX_ANSWER_BYTES:
                raise CompanyRegisterUnavailable()
            found = Enterprise.model_validate_json(answer.content)
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            _LOG.warning("company_register_unavailable", error=type(error).__name__)
            raise CompanyRegisterUnavailable() from error
        if found.enterprise_number != enterprise_number:
            raise CompanyRegisterUnavailable()
        return found

    async def propose(self, enterprise_number: str) -> Enterprise | None:
        """As `find`, but a register that does not answer just has nothing to propose."""
        try:
            return await self.find(enterprise_number)
        except CompanyRegisterUnavailable:
            return None
