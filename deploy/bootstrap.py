"""Makes `.venv` from `requirements.lock`, with what Python itself brings. Run by ./immo; imports nothing of the project.

Safe when killed half way (an unfinished environment is made anew) and when two run at once (the second waits).
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

WHEELS_ONLY = "--only-binary=:all:"


def main(root: Path) -> int:
    lock, environment = root / "requirements.lock", root / ".venv"
    try:
        with (root / ".venv.lock").open("a") as file:
            wait_for_others(file.fileno())
            if is_current(environment, lock):
                return 0
            make(environment, lock)
    except OSError as error:
        say(f"{environment} could not be made: {error.strerror or error}")
        return 1
    except Failed as failure:
        say(str(failure))
        return 1
    return 0


class Failed(Exception):
    """In a sentence for the person at the terminal."""


def wait_for_others(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    say("another ./immo is preparing the Python environment; waiting for it")
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def is_current(environment: Path, lock: Path) -> bool:
    stamp = environment / "installed.lock"
    return python_in(environment).exists() and stamp.exists() and stamp.read_bytes() == lock.read_bytes()


def make(environment: Path, lock: Path) -> None:
    began = time.monotonic()
    stamp, wanted = environment / "installed.lock", lock.read_bytes()
    if not stamp.exists() or not python_in(environment).exists():
        say("making the Python environment (once, some minutes)")
        create(environment)
    else:
        say("the locked packages have changed; bringing the Python environment up to date")
        # What is half done without a stamp is made anew.
        stamp.unlink()
    install(environment, lock)
    draft = stamp.with_suffix(".draft")
    draft.write_bytes(wanted)
    draft.replace(stamp)
    say(f"Python environment ready after {time.monotonic() - began:.0f} s")


def create(environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    command = [sys.executable, "-I", "-m", "venv", str(environment)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(environment, ignore_errors=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        raise Failed(
            f"{sys.executable} cannot make a virtual environment: {(done.stdout + done.stderr).strip()[-400:]}\n"
            f"On Debian and Ubuntu the package {version}-venv is missing: sudo apt install {version}-venv"
        )


def install(environment: Path, lock: Path) -> None:
    """pip checks the hash of every file. Its lines are counted for the progress that is shown."""
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    command = [str(python_in(environment)), "-I", "-m", "pip", "install", "--no-deps", "--require-hashes", WHEELS_ONLY]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-r", str(lock)]
    kept: list[str] = []
    seen = 0
    # A file that was cut short in pip's cache by a kill is fetched again by pip itself.
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            kept = [*kept, line][-30:]
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                progress(seen, total, line.split()[1 if line.startswith("C") else 3])
            elif line.startswith("Installing collected"):
                progress(total, total, "unpacking")
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if pip.returncode != 0:
        raise Failed("pip could not install the locked packages:\n" + "".join(kept))


def progress(seen: int, total: int, what: str) -> None:
    name = what.split("==")[0].split(";")[0]
    if sys.stderr.isatty():
        filled = 30 * seen // total
        sys.stderr.write(f"\r  [{'#' * filled}{'.' * (30 - filled)}] {seen}/{total} {name:<40.40}")
        sys.stderr.flush()
    elif seen % 25 == 0 or what == "unpacking":
        say(f"  {seen}/{total} {name}")


def python_in(environment: Path) -> Path:
    return environment / "bin" / "python"


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(Path(sys.argv[1])))
