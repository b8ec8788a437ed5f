"""A company register that answers over HTTP: the simulator's, or a relay of one's own with the same interface."""

import asyncio
from http import HTTPStatus

import httpx
import structlog
from pydantic import ValidationError

from services.organisation.organisations.rules import CompanyRegisterUnavailable
from services.organisation.register.port import Enterprise

TIMEOUT_S = 1.5
MAX_ANSWER_BYTES = 64_000
_LOG = structlog.get_logger(__name__)


class HttpRegister:
    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, transport=transport, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def find(self, enterprise_number: str, language: str) -> Enterprise | None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self._client.get(
                    f"/v1/enterprises/{enterprise_number}", headers={"accept-language": language}
                )
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
