"""Lists in a form: rows that come and go before anything is stored. Pure.

A field of a list is named as the service names it: `phones.0.number`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_ROW = re.compile(r"([a-z_]+)\.(\d{1,2})\.([a-z_]+)")
_CHOICES = ("kind", "country")


@dataclass(frozen=True)
class Rows:
    """lists: their fields, by name. defaults: of a new row, by `list.field`. max_rows: of one list."""

    lists: Mapping[str, tuple[str, ...]]
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])
    max_rows: int = 10

    def rows_of(self, values: Mapping[str, str], name: str) -> list[dict[str, str]]:
        """The rows of one list in the order of the form, as they were typed."""
        rows: dict[int, dict[str, str]] = {}
        for key, text in values.items():
            found = _ROW.fullmatch(key)
            if found and found[1] == name and found[3] in self.lists[name]:
                rows.setdefault(int(found[2]), dict.fromkeys(self.lists[name], ""))[found[3]] = text.strip()
        return [rows[at] for at in sorted(rows)][: self.max_rows]

    def count(self, values: Mapping[str, str]) -> dict[str, int]:
        return {name: len(self.rows_of(values, name)) for name in self.lists}

    def with_row(self, values: Mapping[str, str], name: str) -> dict[str, str]:
        """One more, empty. The same form when the list is full."""
        rows = self.rows_of(values, name)
        if len(rows) < self.max_rows:
            rows.append({field: self.defaults.get(f"{name}.{field}", "") for field in self.lists[name]})
        return self._with_rows(values, name, rows)

    def without_row(self, values: Mapping[str, str], name: str, at: int) -> dict[str, str]:
        rows = self.rows_of(values, name)
        return self._with_rows(values, name, [row for index, row in enumerate(rows) if index != at])

    def tidy(self, values: Mapping[str, str]) -> dict[str, str]:
        """Rows that hold nothing but their choices are gone, and the others count from 0 without gaps."""
        for name in self.lists:
            values = self._with_rows(values, name, [row for row in self.rows_of(values, name) if _is_filled(row)])
        return dict(values)

    def asked(self, values: Mapping[str, str]) -> dict[str, str] | None:
        """The form with the row more or less that a button asked for, None where none was pressed."""
        if values.get("add") in self.lists:
            return self.with_row(values, values["add"])
        name, _, at = values.get("remove", "").partition(".")
        if name in self.lists and at.isdecimal():
            return self.without_row(values, name, int(at))
        return None

    @staticmethod
    def _with_rows(values: Mapping[str, str], name: str, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
        others = {key: text for key, text in values.items() if not key.startswith(f"{name}.")}
        return others | {f"{name}.{at}.{field}": text for at, row in enumerate(rows) for field, text in row.items()}


def _is_filled(row: Mapping[str, str]) -> bool:
    return any(text for field, text in row.items() if field not in _CHOICES)
