"""What the Java machine learnt from one start of Kafka, kept beside the jars: it halves the work of every later start.

Made once, in the background and at the lowest priority, while a stack runs. Java ignores one that does not fit it or the jars.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.local.jars import KAFKA, LOCK, cache_folder
from deploy.local.kafka import JVM_FLAGS, Kafka, java_program
from deploy.local.processes import Child, Program

WRITTEN_WITHIN_S = 180.0
READY_WITHIN_S = 120.0
LOOK_EVERY_S = 0.2


def archive_file() -> Path:
    """Its name changes with whatever it depends on: the jars, the Java, the flags."""
    parts = (LOCK.read_text(), (java_program().parents[1] / "release").read_text(), *JVM_FLAGS)
    return cache_folder() / f"kafka-{KAFKA}" / f"start-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.aot"


async def make_archive() -> None:
    """Start a Kafka of its own, have it write down what it loaded, and stop it. Cancel it at any time."""
    target = archive_file()
    if target.exists():
        return
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="learn-") as folder:
        draft = Path(folder) / target.name
        kafka = Kafka(Path(folder) / "kafka")
        await asyncio.to_thread(kafka.prepare)
        child = Child(learning(kafka.program(), draft))
        try:
            await _until(lambda: kafka.ready() or child.exit_code is not None, within_s=READY_WITHIN_S)
            child.ask_to_stop()
            await _until(lambda: child.exit_code is not None, within_s=WRITTEN_WITHIN_S)
        except TimeoutError:
            return  # this machine is too busy; another start tries again
        finally:
            child.kill()
        if draft.exists():
            draft.replace(target)


async def _until(true: Callable[[], bool], *, within_s: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 - a port and a process ring no bell
            await asyncio.sleep(LOOK_EVERY_S)


def learning(program: Program, draft: Path) -> Program:
    java, *arguments = program.argv
    argv = ("/usr/bin/env", "nice", "-n", "19", java, f"-XX:AOTCacheOutput={draft}", *arguments)
    return Program("kafka-learning", argv, log=program.log, env=program.env)
