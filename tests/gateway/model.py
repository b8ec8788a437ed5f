"""Events as the others would publish them, handed to the projections as the kit's consumer hands them."""

from typing import Any
from uuid import UUID

from services.gateway.model.consumers import READ_MODEL, on_heartbeat
from shared.consume_decode import Beat
from shared.db import Database
from shared.events import catalogue
from shared.events import organisation as org
from shared.events.base import Event
from shared.ids import new_id
from shared.sealed import Keyring
from tests.support.mint import DataKeys

LANGUAGES = ("fr", "nl", "en", "de")
TOOL = "cadastrefinder"
NUMBER = "0123456749"


def texts(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def a_tool(
    tool_id: str = TOOL, *, name: str = "CadastreFinder", acr: str = "pwd", **more: Any
) -> catalogue.ToolPublished:
    roles = (
        catalogue.RoleEntry(id="user", names=texts("User")),
        catalogue.RoleEntry(id="admin", names=texts("Administrator")),
    )
    mode = catalogue.UsageModeEntry(
        id="agent",
        names=texts("Real-estate agent"),
        descriptions=texts("As an agent."),
        register_rule="ipi",
        use_rule="ipi or fs323",
        roles=roles,
    )
    values: dict[str, Any] = {
        "version": 1,
        "tool_id": tool_id,
        "names": texts(name),
        "descriptions": texts("Finds parcels."),
        "sign_in_acr": acr,
        "start_url": "https://tool.example/",
        "support_email": "help@tool.example",
        "colours": {"primary": "#1b6b3a"},
        "terms_version": "1",
        "usage_modes": (mode,),
        "recognition_names": {"ipi": texts("IPI number")},
    }
    return catalogue.ToolPublished(**{**values, **more})


class Model:
    """The read model of one gateway, fed with events."""

    def __init__(self, database: Database, keyring: Keyring | None = None) -> None:
        self._database = database
        self.keyring = keyring or Keyring(DataKeys())

    async def follow(self, *events: Event) -> None:
        async with self._database.transaction() as db:
            for event in events:
                await self.keyring.fetch(event.sealed_subjects())
                await READ_MODEL.handlers[type(event)](db, event, self.keyring)

    async def beat(self, as_of: Any, *, topic: str = "organisation.events", partitions: int = 2) -> None:
        async with self._database.transaction() as db:
            await on_heartbeat(db, [Beat(topic, partition, as_of) for partition in range(partitions)])

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self._database.acquire() as db:
            return [dict(row) for row in await db.fetch(query, *arguments)]

    async def an_organisation(self, *, name: str = "Immo Dyle", founder: UUID | None = None) -> UUID:
        organisation_id, founder = new_id(), founder or new_id()
        await self.follow(
            org.OrganisationCreated(
                organisation_id=organisation_id, enterprise_number=NUMBER, name=name, created_by=founder
            ),
            org.EmployeeAdded(
                organisation_id=organisation_id,
                account_id=founder,
                employee_type="head",
                manager=True,
                added_by=founder,
            ),
        )
        return organisation_id

    async def an_employee(self, organisation_id: UUID, account_id: UUID, *, manager: bool = False) -> None:
        await self.follow(
            org.EmployeeAdded(
                organisation_id=organisation_id,
                account_id=account_id,
                employee_type="employee",
                manager=manager,
                added_by=new_id(),
            )
        )

    async def a_registration(self, organisation_id: UUID, *, tool_id: str = TOOL) -> UUID:
        registration_id = new_id()
        await self.follow(
            org.ToolRegistered(
                **registration(organisation_id, registration_id, tool_id), registered_by=new_id(), terms_version="1"
            )
        )
        return registration_id

    async def an_access(
        self,
        organisation_id: UUID,
        registration_id: UUID,
        account_id: UUID,
        *,
        role: str = "user",
        tool_id: str = TOOL,
        **more: Any,
    ) -> None:
        facts = registration(organisation_id, registration_id, tool_id)
        await self.follow(org.AccessGranted(**facts, account_id=account_id, role=role, granted_by=new_id(), **more))

    async def a_quality(self, account_id: UUID, *, name: str = "Immo Dyle", **more: Any) -> tuple[UUID, UUID]:
        """Organisation and registration in which this person has a role."""
        organisation_id = await self.an_organisation(name=name, founder=account_id)
        registration_id = await self.a_registration(organisation_id)
        await self.an_access(organisation_id, registration_id, account_id, **more)
        return organisation_id, registration_id


def registration(organisation_id: UUID, registration_id: UUID, tool_id: str = TOOL) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "registration_id": registration_id,
        "tool_id": tool_id,
        "usage_mode": "agent",
    }
