"""Who gets mail, and what it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Recipient:
    """is_undeliverable: mails to this address came back for good."""

    account_id: UUID
    first_name: str
    last_name: str
    email: str
    language: str
    is_erased: bool = False
    is_undeliverable: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class ToolNames:
    """names: by language. roles: by usage mode, role and language."""

    names: Mapping[str, str]
    roles: Mapping[str, Mapping[str, Mapping[str, str]]]

    def name(self, language: str) -> str:
        """Empty while it is not known."""
        return self.names.get(language) or self.names.get("en") or ""

    def role(self, usage_mode: str, role: str, language: str) -> str:
        """Empty while it is not known."""
        names = self.roles.get(usage_mode, {}).get(role, {})
        return names.get(language) or names.get("en") or ""
