"""`./immo demo`: the main story, played through the public interface by people with browsers and by a tool."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import requests

from deploy.local.demo.browser import Unexpected
from deploy.local.demo.events import EventLog
from deploy.local.demo.story import Scene, Story

EVENTS_WITHIN_S = 15.0


@dataclass(frozen=True)
class Step:
    """One scene as it went. ms: until its last event had been seen. why: empty when it went as it must."""

    step: str
    ok: bool
    ms: float
    events: list[str]
    why: str = field(default="", compare=False)

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name != "why"}


async def play(story: Story, kafka: str, on_step: Callable[[Step], None]) -> list[Step]:
    """Play to the end, or to the first step that differs from what must happen. kafka: host:port."""
    steps: list[Step] = []
    async with EventLog(kafka) as log:
        for scene in story.scenes():
            steps.append(await _play_one(scene, log))
            on_step(steps[-1])
            if not steps[-1].ok:
                break
    return steps


async def _play_one(scene: Scene, log: EventLog) -> Step:
    mark, started = log.mark, time.perf_counter()
    why = ""
    try:
        await asyncio.to_thread(scene.play)
    except (Unexpected, requests.RequestException, LookupError) as error:
        why = f"{type(error).__name__}: {error}"
    missing = [] if why else await log.wait_for(scene.events, since=mark, within_s=EVENTS_WITHIN_S)
    if missing:
        why = f"missing after {EVENTS_WITHIN_S:.0f} s: {', '.join(missing)}"
    ms = round((time.perf_counter() - started) * 1000, 1)
    return Step(scene.name, not why, ms, log.since(mark), why)
