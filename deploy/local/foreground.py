"""`./immo up` without --detach: the board while it starts, then the logs of all parts until Ctrl-C."""

from __future__ import annotations

import asyncio

from rich.console import Console
from rich.text import Text

from deploy.local.addresses import SERVICES, TOOLS
from deploy.local.board import Board
from deploy.local.data_folder import DataFolder
from deploy.local.logs import LOOK_EVERY_S, STYLES, Tail
from deploy.local.progress import Phase, Progress
from deploy.local.supervisor import Options, Supervisor, write_state

LOGGED = (*SERVICES, *TOOLS, "kafka", "postgres")


class Foreground:
    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._board: Board | None = None
        self._phase: Phase | None = None
        self._told: set[str] = set()
        self._shown = asyncio.Event()
        self._console = Console()

    async def run(self, options: Options) -> None:
        supervisor = Supervisor(self._data, options, self._changed)
        logs = asyncio.create_task(self._show_logs())
        try:
            with Board() as self._board:
                await supervisor.run()
        finally:
            logs.cancel()

    def _changed(self, progress: Progress) -> None:
        write_state(self._data, progress)
        document = progress.document()
        if self._phase in (None, "starting") and self._board is not None:
            self._board.show(document)
        else:
            self._say_notices(document["notices"])
        if progress.phase != self._phase:
            self._enter(progress)

    def _enter(self, progress: Progress) -> None:
        self._phase = progress.phase
        if progress.phase == "ready" and self._board is not None:
            self._board.close()
            self._shown.set()
            self._told.update(progress.notices)
            self._console.print(f"ready {progress.facts['url']}", highlight=False)
            self._console.print(f"mail  {progress.facts['mail']}   (Ctrl-C stops)", highlight=False, style="dim")
        elif progress.phase == "stopping":
            if self._board is not None:
                self._board.close()
            self._console.print("stopping ...", style="dim")

    def _say_notices(self, notices: list[str]) -> None:
        for notice in notices:
            if notice not in self._told:
                self._told.add(notice)
                self._console.print(Text(f"! {notice}", style="yellow"))

    async def _show_logs(self) -> None:
        """What is written from the moment when all is ready; the board has told the rest."""
        await self._shown.wait()
        tails = {name: Tail(self._data.log(name)) for name in LOGGED}
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for (name, tail), style in zip(tails.items(), STYLES, strict=True):
                for line in await asyncio.to_thread(tail.new_lines):
                    self._console.print(Text.assemble((f"{name:<12} ", style), Text.from_ansi(line)), soft_wrap=True)


def up_in_foreground(data: DataFolder, options: Options) -> None:
    """Raises Refused, StartFailed."""
    asyncio.run(Foreground(data).run(options))
