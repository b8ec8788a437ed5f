"""The official rules of EN 16931 and Peppol BIS Billing 3.0, asked of a process of their own (`rule_process.py`)."""

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_PROGRAM = Path(__file__).with_name("rule_process.py")
_ENDS_WITHIN_S = 10.0


class RulesUnanswered(Exception):
    """The process ended without an answer; another one may give it."""


class PeppolRules:
    """In this process Saxon would hold Python's lock: for seconds while it compiles the rules, and no charge would be answered."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="peppol-rules")
        self._process: subprocess.Popen[bytes] | None = None

    async def faults(self, xml: str) -> list[str]:
        """Which rules it breaks, such as "[BR-CO-15]-..."; warnings are none. The first call takes some seconds. Raises RulesUnanswered."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._faults, xml)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._end()

    def _faults(self, xml: str) -> list[str]:
        """A process that has been idle ends by itself, maybe at this moment: then the next one is asked."""
        try:
            return self._ask(xml)
        except RulesUnanswered:
            self._end()
            return self._ask(xml)

    def _ask(self, xml: str) -> list[str]:
        process = self._running()
        if process.stdin is None or process.stdout is None:  # cannot be: both are asked for
            raise RulesUnanswered
        try:
            process.stdin.write(json.dumps(xml).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            raise RulesUnanswered from error
        line = process.stdout.readline()
        if not line:
            raise RulesUnanswered
        return json.loads(line)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = (sys.executable, "-P", str(_PROGRAM))
            # A session of its own: Ctrl-C is for the service, with which it ends.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        try:
            self._process.communicate(timeout=_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
