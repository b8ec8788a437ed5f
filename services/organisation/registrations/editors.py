"""Proof that a caller may change who has access in one registration."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from services.organisation.organisations.membership import Member
from services.organisation.registrations import store, tool_manager_store
from services.organisation.registrations.rules import NotAnEditor, Registration, RegistrationNotFound, may_edit
from shared.db import Connection
from shared.tokens import Person


@dataclass(frozen=True)
class AccessEditor:
    """A manager of the organisation, or a tool manager of this registration. Made by `of` and `locked` only."""

    member: Member
    registration: Registration

    @classmethod
    async def of(cls, db: Connection, organisation_id: UUID, registration_id: UUID, caller: Person) -> Self:
        """To read. Raises RegistrationNotFound, NotAnEditor, and what `Member.of` raises."""
        return await cls._made(db, await Member.of(db, organisation_id, caller), registration_id)

    @classmethod
    async def locked(
        cls,
        db: Connection,
        organisation_id: UUID,
        registration_id: UUID,
        caller: Person,
        *,
        people: Collection[UUID] = (),
    ) -> Self:
        """To change the access of these people; everything is locked as `Member.locked` does."""
        member = await Member.locked(db, organisation_id, caller, people=people)
        return await cls._made(db, member, registration_id)

    async def record(
        self, db: Connection, action: str, account_id: UUID | None = None, details: dict[str, Any] | None = None
    ) -> None:
        about = {"registration_id": str(self.registration.id), "tool_id": self.registration.tool_id}
        await self.member.record(db, action, account_id, {**about, **(details or {})})

    @classmethod
    async def _made(cls, db: Connection, member: Member, registration_id: UUID) -> Self:
        registration = await store.find_registration(db, member.organisation_id, registration_id)
        if registration is None:
            raise RegistrationNotFound()
        is_tool_manager = await tool_manager_store.is_tool_manager(db, registration.id, member.account_id)
        if not may_edit(is_manager=member.manager, is_tool_manager=is_tool_manager):
            raise NotAnEditor()
        return cls(member, registration)
