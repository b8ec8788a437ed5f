"""The jars of Apache Kafka: those of `kafka-jars.lock`, fetched once into a cache, hashes checked at each start.

`python -m deploy.local.jars` writes the lock file anew (after a change of KAFKA).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

KAFKA = "4.3.1"
BROKER = f"org.apache.kafka:kafka_2.13:{KAFKA}"
# Brings the broker's own messages into its log; of the version of the log4j-core that the broker depends on.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
LOCK = Path(__file__).with_name("kafka-jars.lock")
DOWNLOADS_AT_ONCE = 6


class JarsUnavailable(Exception):
    """The jars are neither in the cache nor to be had from a repository."""


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def cache_folder() -> Path:
    """Kept apart from the data of any stack, so that a reset does not fetch again. IMMO_CACHE moves it."""
    if chosen := os.environ.get("IMMO_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "immo-connect"


def locked_jars(lock: Path = LOCK) -> list[Jar]:
    jars: list[Jar] = []
    for line in lock.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def get_jars(progress: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Paths of all jars, each with the hash of the lock. Raises JarsUnavailable."""
    folder = cache_folder() / f"kafka-{KAFKA}"
    folder.mkdir(parents=True, exist_ok=True)
    jars = locked_jars()
    missing = [jar for jar in jars if sha256_of(folder / jar.file_name) != jar.sha256]
    if missing:
        progress(f"fetching {len(missing)} jars of Apache Kafka {KAFKA} (once)")
        fetch(missing, folder)
    return [folder / jar.file_name for jar in jars]


def sha256_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def fetch(jars: Iterable[Jar], folder: Path) -> None:
    wanted = list(jars)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as work:
        try:
            fetched = fetch_in_python(wanted, Path(work))
        except Exception as error:  # whatever goes wrong in there, Maven may know mirrors and proxies that jgo does not
            fetched = fetch_with_maven(wanted, Path(work), because=error)
        for jar, path in fetched:
            if sha256_of(path) != jar.sha256:
                raise JarsUnavailable(f"{jar.file_name} is not the file that {LOCK.name} names: its hash differs")
            # Renamed when complete: a start that is killed, or another at the same time, sees whole files only.
            path.replace(folder / jar.file_name)


def fetch_in_python(jars: list[Jar], work: Path) -> list[tuple[Jar, Path]]:
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=work / "repository")

    def resolve(jar: Jar) -> tuple[Jar, Path]:
        component = maven.project(jar.group, jar.artifact).at_version(jar.version)
        return jar, component.artifact().resolve()

    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        return list(pool.map(resolve, jars))


def fetch_with_maven(jars: list[Jar], work: Path, *, because: Exception) -> list[tuple[Jar, Path]]:
    maven = shutil.which("mvn")
    if maven is None:
        raise JarsUnavailable(f"the jars of Kafka could not be fetched: {because}") from because
    (work / "pom.xml").write_text(pom(jars))
    target = work / "copied"
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies"
    command = [maven, "-q", "-B", "-f", str(work / "pom.xml"), goal, f"-DoutputDirectory={target}"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise JarsUnavailable(f"the jars of Kafka could not be fetched: {because}; Maven: {done.stdout[-500:]}")
    return [(jar, target / jar.file_name) for jar in jars]


def pom(jars: list[Jar]) -> str:
    """A project that depends on each jar alone: what a jar itself depends on is in the lock already."""
    wildcard = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
    dependencies = "".join(
        f"<dependency><groupId>{escape(jar.group)}</groupId><artifactId>{escape(jar.artifact)}</artifactId>"
        f"<version>{escape(jar.version)}</version>{wildcard}</dependency>"
        for jar in jars
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        "<groupId>immo</groupId><artifactId>kafka-jars</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def write_lock() -> None:
    import jgo

    # Resolved apart: together, the versions that the binding's parent manages would replace the broker's.
    artifacts = [*jgo.resolve(BROKER), jgo.resolve(LOG_BINDING)[0]]
    rows = sorted({f"{a.groupId}:{a.artifactId}:{a.version} {sha256_of(a.resolve())}" for a in artifacts})
    LOCK.write_text(
        "# group:artifact:version sha256; written by `python -m deploy.local.jars`\n" + "\n".join(rows) + "\n"
    )


if __name__ == "__main__":
    write_lock()
