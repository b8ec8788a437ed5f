"""Whom a tool asks about: the account behind the `sub` that the tools of its sector know. Identity alone can tell."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.client import ServiceClient

MAX_KEPT = 20_000
NOBODY = UUID(int=0)


class Subjects:
    """What identity said, kept: whom a `sub` stands for never changes. An account that is gone belongs nowhere, and is refused."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, UUID], UUID] = OrderedDict()

    async def accounts(self, identity: ServiceClient, sector: str, subjects: Sequence[UUID]) -> list[UUID]:
        """In the order of the subjects; NOBODY for one that no tool of the sector was ever told of. Raises ServiceUnavailable."""
        unknown = {subject for subject in subjects if (sector, subject) not in self._kept}
        new: Mapping[UUID, UUID] = await _ask(identity, sector, sorted(unknown)) if unknown else {}
        found = [new.get(subject) or self._kept.get((sector, subject), NOBODY) for subject in subjects]
        for subject, account_id in zip(subjects, found, strict=True):
            if account_id != NOBODY:
                self._keep((sector, subject), account_id)
        return found

    def _keep(self, key: tuple[str, UUID], account_id: UUID) -> None:
        self._kept[key] = account_id
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


async def _ask(identity: ServiceClient, sector: str, subjects: Sequence[UUID]) -> dict[UUID, UUID]:
    body = {"sector": sector, "subjects": [str(subject) for subject in subjects]}
    answer = await identity.post("/internal/subjects", body)
    return {UUID(subject): UUID(account_id) for subject, account_id in answer["accounts"].items()}
