"""What the pages about one employee have in common."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.gateway.organisations.views import employee, organisation
from services.gateway.web.visit import Visit

CONTACT = ("type", "email", "phone", "fax")
SECTION = "organisations"


async def find_person(visit: Visit, organisation_id: UUID, account_id: UUID) -> SimpleNamespace:
    """can: the actions that are open to whoever looks."""
    found: dict[str, Any] = await visit.get("organisation", api_of(organisation_id, account_id))
    person = employee(visit, found)
    person.access = [SimpleNamespace(**choice) for choice in found["access"]]
    person.is_me = account_id == visit.account_id
    return person


async def page_about(
    visit: Visit, template: str, organisation_id: UUID, person: SimpleNamespace, *, status: int = 200, **context: Any
) -> Response:
    return visit.page(
        template,
        status=status,
        section=SECTION,
        tab="employees",
        organisation=await organisation(visit, organisation_id),
        person=person,
        here=here_of(organisation_id, UUID(person.account_id)),
        **context,
    )


def contact_of(fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: fields.get(name, "") for name in CONTACT}


def welcome_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """What a manager decides of someone who comes in: data, management, access."""
    return {
        **contact_of(fields),
        "manager": fields.get("manager") == "yes",
        "access": access_of(fields),
    }


def access_of(fields: Mapping[str, str]) -> list[dict[str, str | None]]:
    """What was chosen of each registration on the page."""
    chosen = {name.removeprefix("access."): role for name, role in fields.items() if name.startswith("access.")}
    return [{"registration_id": one, "role": role or None} for one, role in chosen.items()]


def here_of(organisation_id: UUID, account_id: UUID | None = None) -> str:
    return f"/organisations/{organisation_id}/employees" + (f"/{account_id}" if account_id else "")


def api_of(organisation_id: UUID, account_id: UUID | None = None, action: str = "") -> str:
    return f"/api{here_of(organisation_id, account_id)}{action}"
