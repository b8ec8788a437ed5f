"""`./immo test`: pytest with the arguments that were given; tests/conftest.py starts PostgreSQL and Kafka once for all."""

from __future__ import annotations

import os
import subprocess
import sys

from deploy.local.data_folder import REPOSITORY

PROCESSES = 2
# With these, one process: for a debugger, to see what is printed, or because the caller decided.
ALONE = ("-n", "--numprocesses", "--pdb", "-s", "--capture=no", "--collect-only", "--co", "--trace")


def test(arguments: list[str]) -> int:
    """pytest's exit code."""
    from shared.catalogues import compile_catalogues

    compile_catalogues(REPOSITORY)
    parallel = [] if _is_for_one_process(arguments) else ["-n", str(PROCESSES)]
    command = [sys.executable, "-m", "pytest", *parallel, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode


def _is_for_one_process(arguments: list[str]) -> bool:
    names_one_test = any("::" in argument for argument in arguments)
    return names_one_test or any(argument.startswith(ALONE) for argument in arguments)
