"""Waiting that ends early: every worker of a process is stopped by one event."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def wait_any(*waits: Coroutine[Any, Any, Any], timeout_s: float) -> None:
    """Return when the first of these ends or the time is over; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def sleep_or_stop(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, but no longer than until `stop` is set. Returns whether it is."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True
