"""The parts of the stack that speak HTTP: what to run, and when each is ready."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.addresses import SERVICES, Addresses
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.environment import demo_tool_environment, service_environment, world_environment
from deploy.local.keys import Keys
from deploy.local.ports import HOST
from deploy.local.processes import Program, Server

READY_WITHIN_S = 60.0
ANSWER_WITHIN_S = 2.0
# A service drains for 10 s itself before it gives up.
DRAIN_S = 15.0


class HttpPart(Server):
    """A Python module of this repository that listens on one port and tells its readiness at /readyz."""

    def __init__(self, name: str, module: str, *arguments: str, port: int, env: Mapping[str, str], log: Path) -> None:
        super().__init__(READY_WITHIN_S)
        self.name = name
        self.port = port
        self._command = (sys.executable, "-P", "-m", module, *arguments)
        self._env = env
        self._log = log

    def prepare(self) -> None:
        """Everything that it needs is in other parts."""

    def program(self) -> Program:
        return Program(self.name, self._command, log=self._log, env=self._env, cwd=REPOSITORY, drain_s=DRAIN_S)

    def ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=ANSWER_WITHIN_S)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def service_parts(data: DataFolder, addresses: Addresses, keys: Keys) -> list[HttpPart]:
    public_keys = keys.public_keys()
    return [
        HttpPart(
            *(service, f"services.{service}", "all"),
            port=addresses.ports.of(service),
            env=service_environment(service, data, addresses, keys, public_keys),
            log=data.log(service),
        )
        for service in SERVICES
    ]


def tool_parts(data: DataFolder, addresses: Addresses, keys: Keys) -> list[HttpPart]:
    """The outside world and the demo tool."""
    environments = {
        "world": world_environment(data, addresses),
        "demo-tool": demo_tool_environment(data, addresses, keys),
    }
    return [
        HttpPart(*(name, f"tools.{name.replace('-', '_')}"), port=addresses.ports.of(name), env=env, log=data.log(name))
        for name, env in environments.items()
    ]
