"""What was changed on the access page and is not saved yet. Pure.

Each row sends what was chosen beside what it showed, so that a change is known without asking, whatever has happened meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

SORTS = ("name", "-name", "access", "-access")
FILTERS = ("all", "with", "without", "insufficient", "tool-managers")
PAGE_SIZE = 50
MAX_PAGE = 2000


@dataclass(frozen=True)
class View:
    """Which part of the list is shown. page: counted from 1."""

    q: str = ""
    filter: str = "all"
    sort: str = "name"
    page: int = 1

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "View":
        """What makes no sense is as if it were not there."""
        wanted, order, page = values.get("filter", ""), values.get("sort", ""), values.get("page", "")
        return cls(
            values.get("q", "").strip()[:100],
            wanted if wanted in FILTERS else "all",
            order if order in SORTS else "name",
            min(int(page), MAX_PAGE) if page.isascii() and page.isdigit() and len(page) < 9 and int(page) else 1,
        )

    def at(self, **changes: object) -> str:
        """As an address's query. Another search, filter or order begins at the first page."""
        values = {"q": self.q, "filter": self.filter, "sort": self.sort, "page": 1, **changes}
        usual: dict[str, object] = {"q": "", "filter": "all", "sort": "name", "page": 1}
        return urlencode({name: value for name, value in values.items() if value != usual[name]})

    @property
    def query(self) -> str:
        return self.at(page=self.page)

    @property
    def wanted(self) -> dict[str, str | int]:
        """As the service is asked."""
        return {
            "q": self.q,
            "filter": self.filter,
            "sort": self.sort,
            "offset": (self.page - 1) * PAGE_SIZE,
            "limit": PAGE_SIZE,
        }


@dataclass
class Edits:
    """By account: the role chosen (empty for none) and the one shown before; whether a tool manager, and whether one before."""

    roles: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    managers: dict[str, tuple[bool, bool]] = field(default_factory=dict[str, tuple[bool, bool]])

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Edits":
        edits = cls()
        for name, shown in fields.items():
            kind, _, account_id = name.partition(".")
            if kind == "was" and fields.get(f"role.{account_id}", shown) != shown:
                edits.roles[account_id] = (fields[f"role.{account_id}"], shown)
            if kind == "managed":
                is_one, was_one = fields.get(f"manages.{account_id}") == "yes", shown == "yes"
                if is_one != was_one:
                    edits.managers[account_id] = (is_one, was_one)
        return edits

    @property
    def count(self) -> int:
        return len(self.roles) + len(self.managers)

    @property
    def account_ids(self) -> set[str]:
        return self.roles.keys() | self.managers.keys()

    def choose(self, account_id: str, role: str, *, was: str) -> None:
        if role == was:
            self.roles.pop(account_id, None)
        else:
            self.roles[account_id] = (role, was)

    def settle(self, rows: Iterable[Mapping[str, Any]]) -> set[str]:
        """As these rows are now: what was wished is kept, what has come about by itself is no change any more.

        Return whose access others have changed meanwhile.
        """
        crossed: set[str] = set()
        for row in rows:
            account_id, present = row["account_id"], row["role"] or ""
            role, was = self.roles.get(account_id, (present, present))
            if was != present:
                crossed.add(account_id)
            self.choose(account_id, role, was=present)
            is_one, _ = self.managers.get(account_id, (row["tool_manager"], row["tool_manager"]))
            self.managers.pop(account_id, None)
            if is_one != row["tool_manager"]:
                self.managers[account_id] = (is_one, row["tool_manager"])
        return crossed

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        return {
            "changes": [
                {"account_id": account_id, "role": role or None, "was": was or None}
                for account_id, (role, was) in self.roles.items()
            ],
            "tool_managers": [
                {"account_id": account_id, "is_tool_manager": is_one}
                for account_id, (is_one, _) in self.managers.items()
            ],
        }

    def summary(self) -> dict[str, int]:
        """How many of each kind: given, changed, withdrawn, appointed, dismissed."""
        roles = list(self.roles.values())
        return {
            "given": sum(not was for _, was in roles),
            "changed": sum(bool(role and was) for role, was in roles),
            "withdrawn": sum(not role for role, _ in roles),
            "appointed": sum(is_one for is_one, _ in self.managers.values()),
            "dismissed": sum(not is_one for is_one, _ in self.managers.values()),
        }


def view_after(view: View, go: str, typed: str) -> View:
    """Where a button leads. go: a query such as `sort=-name`, or `search` for what was typed."""
    if go == "search":
        return View.of({"q": typed, "filter": view.filter, "sort": view.sort})
    return View.of(dict(parse_qsl(go, max_num_fields=10)))
