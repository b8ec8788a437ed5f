"""Children that never outlive their parent, and left-overs that are recognised."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.local.data_folder import REPOSITORY
from deploy.local.leftovers import Recorded, clean
from deploy.local.processes import Child, Program, StartFailed, keep_log_small, lives

SLEEPER = (sys.executable, "-c", "import time; time.sleep(300)")
STUBBORN = (
    *(sys.executable, "-c"),
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)",
)
PARENT = """
import sys, time
from pathlib import Path
from deploy.local.processes import Child, Program
child = Child(Program("sleeper", tuple(sys.argv[2:]), log=Path(sys.argv[1])))
print(child.pid, flush=True)
time.sleep(300)
"""


def until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def program(tmp_path: Path, argv: tuple[str, ...], *, drain_s: float = 5.0) -> Program:
    return Program("sleeper", argv, log=tmp_path / "sleeper.log", drain_s=drain_s)


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log"), *SLEEPER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(REPOSITORY)}) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    until(lambda: not lives(child))


def test_a_child_that_does_not_drain_in_time_is_killed(tmp_path: Path) -> None:
    child = Child(program(tmp_path, STUBBORN, drain_s=0.2))
    until(lambda: "deaf" in (tmp_path / "sleeper.log").read_text())
    assert child.stop() is False
    assert child.exit_code == -signal.SIGKILL


def test_a_recorded_child_is_recognised_and_ended(tmp_path: Path) -> None:
    child = Child(program(tmp_path, SLEEPER))
    try:
        until(lambda: Recorded.of(child).process() is not None)
        assert clean([Recorded.of(child)]) == ["sleeper"]
        until(lambda: child.exit_code is not None)
    finally:
        child.kill()


def test_a_process_that_got_the_number_of_a_recorded_one_is_left_alone(tmp_path: Path) -> None:
    child = Child(program(tmp_path, SLEEPER))
    try:
        row = Recorded.of(child)
        until(lambda: row.process() is not None)
        earlier = Recorded(row.name, row.pid, row.started_at - 60, row.command, row.stop_signal)
        other = Recorded(row.name, row.pid, row.started_at, ("/bin/other", "program"), row.stop_signal)
        assert clean([earlier, other]) == []
        assert child.exit_code is None
    finally:
        child.kill()


def test_a_log_that_has_grown_is_put_aside_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "sleeper.log"
    with log.open("wb") as file:
        file.truncate(30 * 1024 * 1024)
    Child(program(tmp_path, (sys.executable, "-c", "print('new')"))).stop()
    assert log.stat().st_size < 1024
    assert (tmp_path / "sleeper.log.1").exists()


def test_the_log_of_a_running_program_is_cut_without_losing_what_it_writes_next(tmp_path: Path) -> None:
    chatty = "import sys, time\nprint('x' * 25_000_000, flush=True)\ntime.sleep(1)\nprint('later', flush=True)\ntime.sleep(300)"
    child = Child(program(tmp_path, (sys.executable, "-c", chatty)))
    log = tmp_path / "sleeper.log"
    try:
        until(lambda: log.stat().st_size > 25_000_000)
        keep_log_small(log, is_open=True)
        until(lambda: "later" in log.read_text())
        assert log.stat().st_size < 1024
    finally:
        child.kill()


def test_a_program_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child(program(tmp_path, (sys.executable, "-c", "raise SystemExit('the disk is made of cheese')")))
    until(lambda: child.exit_code is not None)
    assert "made of cheese" in str(StartFailed.of(child, "ended"))


def test_a_child_cannot_be_stopped_by_the_terminal_of_its_parent(tmp_path: Path) -> None:
    child = Child(program(tmp_path, SLEEPER))
    try:
        assert os.getpgid(child.pid) != os.getpgrp()
    finally:
        child.kill()
