"""What is done from time to time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import structlog

from services.recognition import answers, handlers
from services.recognition.connectors.files.rules import FileBeingRead
from services.recognition.jobs import Desk
from services.recognition.registries import watch
from services.recognition.rules import RegistryBusy, RegistryUnavailable
from services.recognition.settings import RecognitionSettings
from shared.formats import BRUSSELS
from shared.timers import Timer

LAPSE_EVERY_S = 15.0
TELL_EVERY_S = 60.0
WATCH_EVERY_S = 15.0
REPEAT_EVERY_S = 60.0
LET_GO_EVERY_S = 3600.0
AT_ONCE = 200
_LOG = structlog.get_logger(__name__)


def timers_of(desk: Desk, settings: RecognitionSettings) -> Iterator[Timer]:
    for registry in desk.connectors:
        access = settings.registries.get(registry)
        every_s = (access.poll_s if access else None) or settings.poll_s
        yield Timer(f"changes of {registry}", every_s, ChangesOf(desk, registry))
    yield Timer("lapse what ended", LAPSE_EVERY_S, partial(lapse_ended, desk))
    yield Timer("tell what ends", TELL_EVERY_S, partial(tell_ending, desk))
    yield Timer("ask again", REPEAT_EVERY_S, partial(repeat_due, desk))
    yield Timer("let old numbers go", LET_GO_EVERY_S, partial(let_old_numbers_go, desk))
    yield Timer("watch registries", WATCH_EVERY_S, partial(watch, desk), leader_only=False)


class ChangesOf:
    """Reads one registry's list of changes each time it is called; says so once when that stops working, and once when it works again."""

    def __init__(self, desk: Desk, registry: str) -> None:
        self._desk = desk
        self._registry = registry
        self._is_down = False

    async def __call__(self) -> None:
        try:
            await self._desk.follow(self._registry)
        except (FileBeingRead, RegistryBusy):
            return
        except RegistryUnavailable as error:
            if not self._is_down:
                _LOG.warning("registry_unavailable", registry=self._registry, reason=error.reason)
            self._is_down = True
            return
        if self._is_down:
            _LOG.info("registry_answers_again", registry=self._registry)
        self._is_down = False


async def lapse_ended(desk: Desk) -> None:
    concerned = AT_ONCE
    while concerned:
        now = datetime.now(UTC)
        today = now.astimezone(BRUSSELS).date()
        async with desk.database.transaction() as db:
            concerned = await answers.lapse_ended(db, today=today, limit=AT_ONCE, now=now)


async def tell_ending(desk: Desk) -> None:
    concerned = AT_ONCE
    while concerned:
        now = datetime.now(UTC)
        today = now.astimezone(BRUSSELS).date()
        async with desk.database.transaction() as db:
            concerned = await answers.tell_ending(db, today=today, limit=AT_ONCE, now=now)


async def repeat_due(desk: Desk) -> None:
    due = AT_ONCE
    while due == AT_ONCE:
        async with desk.database.transaction() as db:
            due = await answers.repeat_due(db, now=datetime.now(UTC), again_after=desk.again_after, limit=AT_ONCE)


async def let_old_numbers_go(desk: Desk) -> None:
    concerned = AT_ONCE
    while concerned == AT_ONCE:
        now = datetime.now(UTC)
        async with desk.database.transaction() as db:
            concerned = await handlers.let_old_numbers_go(db, before=now - desk.number_kept, limit=AT_ONCE, now=now)
