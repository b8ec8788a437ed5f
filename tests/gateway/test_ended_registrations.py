"""What an organisation had registered once, for its managers."""

import pytest

from shared.ids import new_id
from tests.gateway.conftest import Gateway

ENDED = {
    "tool_id": "cibweb",
    "tool_name": "CIBweb",
    "usage_mode": "member",
    "usage_mode_name": "Member",
    "ended_at": "2026-02-01T09:30:00+00:00",
    "reason": "registration-ended",
    "by": "person",
    "by_name": "Nora Peeters",
    "can_register": True,
}


async def tools_page(gateway: Gateway, *, manager: bool = True, **changes: object) -> str:
    organisation_id = str(new_id())
    gateway.sign_in()
    path, answers = f"/api/organisations/{organisation_id}", gateway.peers["organisation"].answers
    head = {"id": organisation_id, "name": "Agence du Parc", "enterprise_number": "0123456749", "manager": manager}
    answers[f"GET {path}"] = (200, head)
    answers[f"GET {path}/tools"] = (200, [])
    answers[f"GET {path}/registrations/mine"] = (200, [])
    answers[f"GET {path}/ended-registrations"] = (200, [{**ENDED, **changes}])
    page = await gateway.http.get(f"/organisations/{organisation_id}/tools")
    return page.text.replace(organisation_id, "ID") if page.status_code == 200 else page.text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "Ended by Nora Peeters"),
        ({"by": "support", "by_name": ""}, "Ended by our support"),
        ({"reason": "organisation-closed"}, "Ended when Nora Peeters closed the organisation"),
        ({"reason": "something-new"}, "Ended"),
    ],
)
async def test_it_says_when_and_why_it_ended_and_leads_to_registering(
    gateway: Gateway, facts: dict[str, str], said: str
) -> None:
    page = await tools_page(gateway, **facts)
    assert said in page
    assert 'datetime="2026-02-01T09:30:00+00:00"' in page
    assert "/organisations/ID/tools/cibweb/register" in page


async def test_what_is_no_longer_offered_leads_nowhere(gateway: Gateway) -> None:
    page = await tools_page(gateway, can_register=False)
    assert "/tools/cibweb/register" not in page
    assert "No longer offered" in page


async def test_who_is_no_manager_sees_none_of_it(gateway: Gateway) -> None:
    assert "Ended registrations" not in await tools_page(gateway, manager=False)
