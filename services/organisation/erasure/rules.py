"""What becomes of organisations when one of their people is erased. Pure."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict
from shared.markers import N_


@dataclass(frozen=True)
class Managed:
    """An organisation of which the person is the only manager. has_others: someone else is active there."""

    id: UUID
    enterprise_number: str
    name: str
    has_others: bool


class LastManagerSomewhere(Conflict):
    """params: organisations, the names of those that would be left without a manager."""

    code = "last-manager-somewhere"
    message = N_("You are the only manager of {organisations}. Make someone else a manager there first.")


class PersonErased(Conflict):
    code = "person-erased"
    message = N_("This account is being erased and can no longer belong to an organisation.")


@dataclass(frozen=True)
class Outlook:
    """blocked_by: others would be left without a manager. closing: nobody would be left, so they are closed with the account."""

    blocked_by: tuple[Managed, ...]
    closing: tuple[Managed, ...]

    @classmethod
    def of(cls, managed: list[Managed]) -> "Outlook":
        return cls(
            blocked_by=tuple(one for one in managed if one.has_others),
            closing=tuple(one for one in managed if not one.has_others),
        )

    def check(self) -> None:
        """Raises LastManagerSomewhere."""
        if self.blocked_by:
            raise LastManagerSomewhere(organisations=", ".join(one.name for one in self.blocked_by))
