"""Runs `python -m services.organisation register` on the database of a stack that runs here.

A deployment of one's own runs that same program in the image of the organisation service, with its IMMO_POSTGRES_ORGANISATION.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.stack import find_stack


def run(data: DataFolder, arguments: Sequence[str]) -> int:
    stack = find_stack(data)
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "IMMO_POSTGRES_ORGANISATION": stack.postgres["organisation"],
    }
    command = [sys.executable, "-P", "-m", "services.organisation", "register", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode
