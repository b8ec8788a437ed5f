"""How a tool's clients know people. Identity alone can tell; what it said is kept."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from services.notify.webhooks.problems import ClientNotOfTool
from shared.client import RemoteProblem, ServiceClient, ServiceUnavailable

MAX_KEPT = 50_000
CLIENT_KEPT_S = 60.0


@dataclass(frozen=True)
class KnownClient:
    tool_id: str
    is_pairwise: bool


class Subjects:
    """A client that is switched off is noticed within a minute; a `sub` never changes."""

    def __init__(self, identity: Callable[[], ServiceClient], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._identity = identity
        self._clock = clock
        self._clients: dict[str, tuple[float, KnownClient]] = {}
        self._subjects: OrderedDict[tuple[str, UUID], UUID] = OrderedDict()

    async def check(self, client_id: str, tool_id: str) -> None:
        """Raises ClientNotOfTool, ServiceUnavailable."""
        if (await self._client(client_id)).tool_id != tool_id:
            raise ClientNotOfTool(field="client_id")

    async def of(self, client_id: str, tool_id: str, accounts: Iterable[UUID | None]) -> dict[UUID, str]:
        """The `sub` of each. Raises ClientNotOfTool, ServiceUnavailable."""
        wanted = {account_id for account_id in accounts if account_id is not None}
        client = await self._client(client_id)
        if client.tool_id != tool_id:
            raise ClientNotOfTool(field="client_id")
        if not client.is_pairwise:
            return {account_id: str(account_id) for account_id in wanted}
        unknown = {account_id for account_id in wanted if (client_id, account_id) not in self._subjects}
        fresh = await self._ask(client_id, unknown) if unknown else {}
        return {
            account_id: str(fresh.get(account_id) or self._subjects[client_id, account_id]) for account_id in wanted
        }

    async def _client(self, client_id: str) -> KnownClient:
        """While identity is away, what it said last."""
        read_at, known = self._clients.get(client_id, (0.0, None))
        if known is not None and self._clock() - read_at < CLIENT_KEPT_S:
            return known
        try:
            await self._ask(client_id, ())
        except ServiceUnavailable:
            if known is None:
                raise
            return known
        return self._clients[client_id][1]

    async def _ask(self, client_id: str, accounts: Collection[UUID]) -> dict[UUID, UUID]:
        body = {"client_id": client_id, "accounts": [str(account_id) for account_id in accounts]}
        try:
            answer = await self._identity().post("/internal/subjects/of-client", body)
        except RemoteProblem as problem:
            if problem.status != 404:
                raise ServiceUnavailable(service="identity") from problem
            self._clients.pop(client_id, None)
            raise ClientNotOfTool(field="client_id") from problem
        self._clients[client_id] = (self._clock(), KnownClient(answer["tool_id"], answer["is_pairwise"]))
        found = {UUID(account_id): UUID(subject) for account_id, subject in answer["subjects"].items()}
        for account_id, subject in found.items():
            self._subjects[client_id, account_id] = subject
        while len(self._subjects) > MAX_KEPT:
            self._subjects.popitem(last=False)
        return found
