"""Demo data: the tools of the real-estate edition and the demo tool's client, through the operator's interfaces.

Each is put whole, so that seeding again changes nothing. A tool that somebody has changed since is theirs, and stays as it is.
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
from deploy.local.catalogue_files import EDITION, read_files
from deploy.local.data_folder import DataFolder, write_text
from deploy.local.keys import OWNER_ONLY, Keys
from deploy.local.price_files import EDITION as PRICES
from deploy.local.price_files import read_prices
from deploy.local.processes import StartFailed
from shared.service_tokens import ServiceTokens

FOLDER = Path(__file__).with_name("demo_data")
DEMO_TOOL = "{demo_tool}"
BY = "edition"
WEBHOOKS, WEBHOOK_PATH = "/internal/webhooks", "/webhooks/immo-connect"
WEBHOOK = {"tool_id": "cadastrefinder", "client_id": "cadastrefinder", "description": "The demo tool"}
TIMEOUT_S = 30.0


class InTheWay(StartFailed):
    """What is there already stands against it."""


async def seed(data: DataFolder, at: Addresses, keys: Keys) -> list[str]:
    """What was left as it is, and why. Raises StartFailed when a service refuses."""
    tokens = ServiceTokens("operator", base64.b64decode(keys.service_keys["operator"]))
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        notices = await seed_tools(client, tokens, at)
        await seed_prices(client, tokens, at)
        for registered in read(FOLDER / "clients.json", at):
            client_id = registered.pop("client_id")
            body = {**registered, "secret": keys.client_secrets[client_id]}
            await call(client, tokens, at, "PUT", "identity", f"/internal/clients/{client_id}", body)
        notices += await seed_webhook(client, tokens, at, data)
    return notices


async def seed_tools(client: httpx.AsyncClient, tokens: ServiceTokens, at: Addresses) -> list[str]:
    """What an organisation works with already may stand against a change of the edition: that tool stays as it is."""
    entries = read_files([EDITION], {"demo_tool": at.ports.url("demo-tool")})
    known = await call(client, tokens, at, "GET", "organisation", "/internal/tools")
    owners = {tool["tool_id"]: tool["changed_by"] for tool in known}
    notices: list[str] = []
    for tool_id, entry in entries.items():
        if owners.get(tool_id, BY) != BY:
            continue
        path = f"/internal/tools/{tool_id}?by={BY}"
        try:
            await call(client, tokens, at, "PUT", "organisation", path, entry.model_dump(mode="json"))
        except InTheWay as conflict:
            notices.append(f"{tool_id} stays as it is: {conflict}")
    return notices


async def seed_prices(client: httpx.AsyncClient, tokens: ServiceTokens, at: Addresses) -> None:
    """Only where nothing is on sale yet: prices that somebody set are theirs."""
    known = await call(client, tokens, at, "GET", "wallet", "/internal/wallet/prices")
    if not known["prices"]:
        await call(client, tokens, at, "PUT", "wallet", "/internal/wallet/prices", read_prices(PRICES))


async def seed_webhook(client: httpx.AsyncClient, tokens: ServiceTokens, at: Addresses, data: DataFolder) -> list[str]:
    """The demo tool's, with its secret in a file that the tool reads. One at a port of an earlier start goes."""
    url = f"{at.ports.url('demo-tool')}{WEBHOOK_PATH}"
    listed = await call(client, tokens, at, "GET", "notify", f"{WEBHOOKS}?tool_id={WEBHOOK['tool_id']}")
    own = [one for one in listed if one["description"] == WEBHOOK["description"]]
    for one in own:
        if one["url"] != url:
            await call(client, tokens, at, "DELETE", "notify", f"{WEBHOOKS}/{one['id']}")
    here = [one for one in own if one["url"] == url]
    if here and data.webhook_secret.exists():
        return []
    path, body = (f"{WEBHOOKS}/{here[0]['id']}/secret", None) if here else (WEBHOOKS, {**WEBHOOK, "url": url})
    try:
        made = await call(client, tokens, at, "POST", "notify", path, body)
    except InTheWay as conflict:
        return [f"the demo tool has no webhook: {conflict}"]
    write_text(data.webhook_secret, made["secret"], mode=OWNER_ONLY)
    return []


async def call(
    client: httpx.AsyncClient,
    tokens: ServiceTokens,
    at: Addresses,
    method: str,
    service: str,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> Any:
    token = tokens.token_for(service, now=int(time.time()))
    url = f"{at.ports.url(service)}{path}"
    try:
        answer = await client.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise StartFailed(f"demo data: {service} does not answer: {error or type(error).__name__}") from error
    if answer.status_code == httpx.codes.CONFLICT:
        raise InTheWay(str(answer.json().get("detail", answer.text)))
    if answer.is_error:
        raise StartFailed(f"demo data: {service} refused {path} ({answer.status_code}): {answer.text[:500]}")
    return answer.json() if answer.content else None


def read(path: Path, at: Addresses) -> Any:
    """The content of a file, with the addresses of this stack filled in."""
    return json.loads(path.read_text(encoding="utf-8").replace(DEMO_TOOL, at.ports.url("demo-tool")))
