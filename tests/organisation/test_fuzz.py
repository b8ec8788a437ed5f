"""Whatever comes in, at every route: an answer that the description promises, never a fault of ours."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from shared.ids import new_id
from tests.organisation.scenes import ADDRESS, CONTACT, enterprise_number, tool_entry, usage_mode
from tests.support.fuzzing import fuzz_service
from tests.support.mint import Headers, Mint

FOUNDER = new_id()


@pytest.mark.slow
async def test_no_input_breaks_a_route(dsn_of: Callable[[str], Awaitable[str]], mint: Mint) -> None:
    def headers_for(path: str) -> Headers:
        if not path.startswith("/internal"):
            return mint.person(FOUNDER)
        return mint.peer("gateway" if "decisions" in path else "operator", "organisation")

    dsn = await dsn_of("organisation")
    statuses = await fuzz_service("organisation", dsn, mint, headers_for, lambda url: furnish(url, mint))
    assert {200, 404, 422} <= statuses.keys()


def furnish(url: str, mint: Mint) -> dict[str, str]:
    """An organisation with a registration, so that not every path ends at the first question."""
    with httpx.Client(base_url=url, headers=mint.person(FOUNDER), trust_env=False) as http:
        entry = tool_entry(usage_mode("agent", "", ""))
        operator = mint.peer("operator", "organisation")
        http.put("/internal/tools/cadastrefinder", json=entry, headers=operator).raise_for_status()
        body = {
            "enterprise_number": enterprise_number(77),
            "name": "Fuzzed",
            "address": ADDRESS,
            "email": "info@agence.example",
            "employee": {**CONTACT, "type": "head"},
        }
        organisation_id = http.post("/api/organisations", json=body).json()["organisation_id"]
        wanted = {"tool_id": "cadastrefinder", "usage_mode": "agent", "terms_version": "2026-1"}
        registered = http.post(f"/api/organisations/{organisation_id}/registrations", json=wanted).json()
    return {
        "organisation_id": organisation_id,
        "registration_id": registered["registration_id"],
        "account_id": str(FOUNDER),
        "tool_id": "cadastrefinder",
    }
