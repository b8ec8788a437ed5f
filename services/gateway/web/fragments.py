"""Pieces of pages that look alike whoever asks, as they were rendered."""

from collections import OrderedDict
from collections.abc import Hashable

from markupsafe import Markup


class Fragments:
    """Forgets the one that was used longest ago. The key holds all that the piece was made of."""

    def __init__(self, *, max_remembered: int = 5_000) -> None:
        self._known: OrderedDict[Hashable, Markup] = OrderedDict()
        self._max_remembered = max_remembered

    def get(self, key: Hashable) -> Markup | None:
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def keep(self, key: Hashable, html: Markup) -> Markup:
        self._known[key] = html
        if len(self._known) > self._max_remembered:
            self._known.popitem(last=False)
        return html
