"""up, down, reset, stop and start."""

from __future__ import annotations

import sys
import time

import typer

from deploy.local import stack
from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.ports import DEFAULT_BASE

ENGINES = ("kafka", "memory")
PART_ANSWERS_WITHIN_S = 60.0


def up(data: DataFolder, *, detach: bool, port: int | None, demo_data: bool, kafka: str | None, host: str) -> None:
    if kafka is not None and kafka not in ENGINES:
        raise Refused(f"--kafka is {' or '.join(ENGINES)}, not {kafka}")
    base = port or data.state().get("port", DEFAULT_BASE)
    if not detach:
        from deploy.local.foreground import up_in_foreground
        from deploy.local.supervisor import Options

        up_in_foreground(data, Options(base, demo_data=demo_data, kafka=kafka, host=host))
        return
    from deploy.local.board import Board

    flags = [*(() if demo_data else ("--no-demo-data",)), *(("--kafka", kafka) if kafka else ()), "--host", host]
    with Board() as board:
        state = stack.start(data, base, *flags, show=board.show)
    sys.stdout.write(f"ready {state['url']}\n")


def down(data: DataFolder) -> None:
    stopped = stack.stop(data)
    sys.stdout.write("stopped\n" if stopped else f"nothing was running on {data.path}\n")


def reset(data: DataFolder, *, yes: bool) -> None:
    if not data.exists():
        raise Refused(f"{data.path} holds no data of Immo-Connect: there is nothing to remove")
    if not yes and not typer.confirm(f"Remove {data.path} with all accounts, organisations and wallets in it?"):
        raise Refused("nothing was removed")
    stack.stop(data)
    data.remove()
    sys.stdout.write(f"removed {data.path}\n")


def hold(data: DataFolder, part: str) -> None:
    _refuse_unknown(data, part)
    (data.holds / part).touch()
    _wait_for(data, part, "held")
    sys.stdout.write(f"{part} is stopped; ./immo start {part} starts it again\n")


def release(data: DataFolder, part: str) -> None:
    _refuse_unknown(data, part)
    (data.holds / part).unlink(missing_ok=True)
    _wait_for(data, part, "ready")
    sys.stdout.write(f"{part} is ready\n")


def _refuse_unknown(data: DataFolder, part: str) -> None:
    stack.find_stack(data)
    parts = [child["name"] for child in data.state()["children"]]
    if part not in parts:
        raise Refused(f"there is no part {part}; there are {', '.join(parts)}")


def _wait_for(data: DataFolder, part: str, wanted: str) -> None:
    deadline = time.monotonic() + PART_ANSWERS_WITHIN_S
    while next(step["state"] for step in data.state()["steps"] if step["name"] == part) != wanted:
        if time.monotonic() > deadline or not data.is_running():
            raise Refused(f"{part} is not {wanted}; ./immo logs {part} may say why")
        time.sleep(0.05)
