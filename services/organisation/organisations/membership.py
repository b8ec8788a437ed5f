"""Proof that a caller may see or change an organisation: handlers take one of these instead of an id out of a URL."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from services.organisation import audit
from services.organisation.employees.rules import State
from services.organisation.organisations.rules import (
    MembershipAwaitsConfirmation,
    MembershipBlocked,
    NotAManager,
    OrganisationNotFound,
)
from services.organisation.organisations.store import lock_organisation
from services.organisation.people.store import add_holders, lock_holders
from shared.db import Connection
from shared.tokens import Person


@dataclass(frozen=True)
class Involved:
    """Someone who belongs to the organisation, has asked to, or was blocked in it. Made by `of` and `locked` only."""

    organisation_id: UUID
    account_id: UUID
    manager: bool
    session_id: str
    state: State = State.ACTIVE

    @classmethod
    async def of(cls, db: Connection, organisation_id: UUID, caller: Person) -> Self:
        """To read. Raises OrganisationNotFound for a stranger, and what `check` raises."""
        state, manager = await _find_membership(db, organisation_id, caller.account_id)
        cls.check(state, manager=manager)
        return cls(organisation_id, caller.account_id, manager, caller.session_id, state)

    @classmethod
    async def locked(
        cls, db: Connection, organisation_id: UUID, caller: Person, *, people: Collection[UUID] = ()
    ) -> Self:
        """To change something about these people. Nothing about them and the organisation changes until the transaction ends.

        Locks people before the organisation, as all do, and nothing for a stranger, who could hold up those who belong there.
        """
        await _find_membership(db, organisation_id, caller.account_id)
        if people:
            await add_holders(db, people)
            await lock_holders(db, people)
        await lock_organisation(db, organisation_id)
        return await cls.of(db, organisation_id, caller)

    @classmethod
    def check(cls, state: State, *, manager: bool) -> None:
        """Raises when this is not enough for what the class stands for."""

    @property
    def origin(self) -> str:
        """By which way they act, for the audit log."""
        return f"session {self.session_id}"

    async def record(
        self, db: Connection, action: str, account_id: UUID | None = None, details: dict[str, Any] | None = None
    ) -> None:
        """Into the audit log. account_id: on whom, if not on themselves."""
        await audit.record(
            db,
            action,
            actor=str(self.account_id),
            origin=self.origin,
            organisation_id=self.organisation_id,
            account_id=account_id or self.account_id,
            details=details,
        )


@dataclass(frozen=True)
class Member(Involved):
    """An active employee."""

    @classmethod
    def check(cls, state: State, *, manager: bool) -> None:
        """Raises MembershipAwaitsConfirmation, MembershipBlocked."""
        if state is State.REQUESTED:
            raise MembershipAwaitsConfirmation()
        if state is State.BLOCKED:
            raise MembershipBlocked()


@dataclass(frozen=True)
class Manager(Member):
    """An active employee who manages the organisation."""

    @classmethod
    def check(cls, state: State, *, manager: bool) -> None:
        """Raises NotAManager besides."""
        super().check(state, manager=manager)
        if not manager:
            raise NotAManager()


async def _find_membership(db: Connection, organisation_id: UUID, account_id: UUID) -> tuple[State, bool]:
    row = await db.fetchrow(
        """
        SELECT state, manager FROM employee
        WHERE organisation_id = $1 AND account_id = $2 AND state <> 'removed'
        """,
        organisation_id,
        account_id,
    )
    if row is None:
        raise OrganisationNotFound()
    return State(row["state"]), row["manager"]
