"""What the end-to-end tests know of the platform that runs for them."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import Stack


@dataclass(frozen=True)
class Platform:
    """traces: the file to which every service writes its spans."""

    stack: Stack
    traces: Path

    @property
    def origin(self) -> str:
        return self.stack.url

    @property
    def tool(self) -> str:
        return self.stack.ports.url("demo-tool")

    @property
    def world(self) -> str:
        return self.stack.ports.url("world")
