"""Demo data: the tools of the real-estate edition and the demo tool's client, through the operator's interfaces.

Each is put whole, so that seeding again changes nothing.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from deploy.local.addresses import Addresses
from deploy.local.keys import Keys
from deploy.local.processes import StartFailed
from shared.service_tokens import ServiceTokens

FOLDER = Path(__file__).with_name("demo_data")
DEMO_TOOL = "{demo_tool}"
TIMEOUT_S = 30.0


async def seed(at: Addresses, keys: Keys) -> None:
    """Raises StartFailed when a service refuses."""
    tokens = ServiceTokens("operator", base64.b64decode(keys.service_keys["operator"]))
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        for path in sorted((FOLDER / "tools").glob("*.json")):
            tool = read(path, at)
            await put(client, tokens, at, "organisation", f"/internal/tools/{tool.pop('id')}", tool)
        for registered in read(FOLDER / "clients.json", at):
            client_id = registered.pop("client_id")
            body = {**registered, "secret": keys.client_secrets[client_id]}
            await put(client, tokens, at, "identity", f"/internal/clients/{client_id}", body)


async def put(
    client: httpx.AsyncClient, tokens: ServiceTokens, at: Addresses, service: str, path: str, body: Mapping[str, Any]
) -> None:
    token = tokens.token_for(service, now=int(time.time()))
    url = f"{at.ports.url(service)}{path}"
    try:
        answer = await client.put(url, json=dict(body), headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise StartFailed(f"demo data: {service} does not answer: {error or type(error).__name__}") from error
    if answer.is_error:
        raise StartFailed(f"demo data: {service} refused {path} ({answer.status_code}): {answer.text[:500]}")


def read(path: Path, at: Addresses) -> Any:
    """The content of a file, with the addresses of this stack filled in."""
    return json.loads(path.read_text(encoding="utf-8").replace(DEMO_TOOL, at.ports.url("demo-tool")))
