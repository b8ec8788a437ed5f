"""How often one address may try, in this process: enough against a loop; identity counts what matters per account."""

import time
from collections import OrderedDict
from collections.abc import Callable

from shared.errors import TooMany

MAX_ADDRESSES = 20_000


class RateLimit:
    """A bucket an address: `per_minute` at once, refilled evenly."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Raises TooMany."""
        now = self._clock()
        left, at = self._buckets.pop(address, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - at) * self._per_minute / 60)
        self._buckets[address] = (max(0.0, left - 1), now)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooMany(retry_after_s=max(1, round((1 - left) * 60 / self._per_minute)))
