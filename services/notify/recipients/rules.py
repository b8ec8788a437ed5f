"""Who gets mail."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Recipient:
    account_id: UUID
    first_name: str
    last_name: str
    email: str
    language: str
    is_erased: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
