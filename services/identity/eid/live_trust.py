"""Trust that follows its folders: an authority that an operator adds counts within a minute, without a restart."""

import time
from collections.abc import Callable
from pathlib import Path

import structlog

from services.identity.eid.trust_files import KINDS, PINS, TrustRefused
from services.identity.eid.trust_store import TrustStore

LOOK_EVERY_S = 30.0
_LOG = structlog.get_logger(__name__)

Trusts = tuple[TrustStore, TrustStore | None]


class LiveTrust:
    """load: reads Belgian trust and that of other countries from the folders; raises TrustRefused.

    What is refused changes nothing: the trust that was good stays, and the log says why.
    """

    def __init__(
        self,
        load: Callable[[], Trusts],
        folders: tuple[Path | None, ...],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._folders = [folder for folder in folders if folder is not None]
        self._clock = clock
        self._state = self._look()
        self._current = load()
        self._look_at = clock() + LOOK_EVERY_S

    def current(self) -> Trusts:
        """What to judge with. Looks for changes from time to time, so not on the event loop: a large folder takes a while to read."""
        if self._folders and self._clock() >= self._look_at:
            self._look_at = self._clock() + LOOK_EVERY_S
            try:
                self._reload_if_changed()
            except (TrustRefused, OSError) as refused:
                _LOG.error("eid_trust_not_reloaded", reason=str(refused))
        return self._current

    def _reload_if_changed(self) -> None:
        state = self._look()
        if state != self._state:
            self._current = self._load()
            self._state = state
            _LOG.info("eid_trust_reloaded")

    def _look(self) -> list[tuple[str, int, int]]:
        """Names, sizes and times of all files that count."""
        paths = [path for folder in self._folders for kind in KINDS for path in (folder / kind).glob("*.pem")]
        paths += [path for folder in self._folders if (path := folder / PINS).exists()]
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
