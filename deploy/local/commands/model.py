"""Runs `python -m services.gateway model` beside the gateway of a stack that runs here.

A deployment of one's own runs that same program in the image of the gateway, with the gateway's settings.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from deploy.local.addresses import Addresses
from deploy.local.data_folder import REPOSITORY, DataFolder
from deploy.local.environment import service_environment
from deploy.local.ports import HOST
from deploy.local.stack import find_stack


def rebuild(data: DataFolder, arguments: Sequence[str]) -> int:
    stack = find_stack(data)
    host = urlsplit(stack.url).hostname or HOST
    addresses = Addresses(stack.ports, stack.kafka, stack.kafka_engine, "", stack.postgres, host)
    environment = service_environment("gateway", data, addresses, stack.keys, stack.keys.public_keys())
    command = [sys.executable, "-P", "-m", "services.gateway", "model", "rebuild", *arguments]
    return subprocess.run(command, env=environment, cwd=REPOSITORY, check=False).returncode
