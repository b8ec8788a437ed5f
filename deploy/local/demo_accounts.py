"""People to sign in as at once: signed up and activated the way the gateway does it, with the code from the mail catcher."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from typing import Any

import httpx

from deploy.local.addresses import Addresses
from deploy.local.data_folder import DataFolder, write_json
from deploy.local.keys import OWNER_ONLY, Keys
from deploy.local.processes import StartFailed
from deploy.local.seed import FOLDER
from services.gateway.help.terms import TERMS_VERSION
from shared.service_tokens import ServiceTokens

CODE = re.compile(r"^\s*([A-Z0-9]{3} ?[A-Z0-9]{3})\s*$", re.MULTILINE)
MAIL_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1
TIMEOUT_S = 10.0
CLIENT = {"user_agent": "demo data", "client_address": "127.0.0.1"}


async def demo_accounts(data: DataFolder, at: Addresses, keys: Keys) -> list[dict[str, str]]:
    """Made once for a data folder, then only told, with the password that they share. Raises StartFailed."""
    if data.accounts.exists():
        known: list[dict[str, str]] = json.loads(data.accounts.read_text())
        return known
    people: list[dict[str, str]] = json.loads((FOLDER / "accounts.json").read_text(encoding="utf-8"))
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
        identity = Identity(client, at, keys)
        try:
            await asyncio.gather(*(_make(identity, person, keys.demo_password) for person in people))
        except (httpx.HTTPError, TimeoutError) as error:
            raise StartFailed(f"demo accounts: {error or type(error).__name__}") from error
    made = [{**person, "password": keys.demo_password} for person in people]
    write_json(data.accounts, made, mode=OWNER_ONLY)
    return made


class Identity:
    """Calls in the gateway's name."""

    def __init__(self, client: httpx.AsyncClient, at: Addresses, keys: Keys) -> None:
        self.client = client
        self.world = at.ports.url("world")
        self._url = at.ports.url("identity")
        self._tokens = ServiceTokens("gateway", base64.b64decode(keys.service_keys["gateway"]))

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        token = self._tokens.token_for("identity", now=int(time.time()))
        return await self.client.post(f"{self._url}{path}", json=body, headers={"Authorization": f"Bearer {token}"})


async def _make(identity: Identity, person: dict[str, str], password: str) -> None:
    body = {**person, "password": password, "terms_version": TERMS_VERSION, **CLIENT}
    signed_up = await identity.post("/internal/accounts", body)
    if signed_up.is_error and "username-taken" in signed_up.text:
        return  # by an earlier start that was interrupted
    session_token = signed_up.raise_for_status().json()["session"]["session_token"]
    code = await _code(identity, person["email"])
    activated = await identity.post("/internal/accounts/activate", {"session_token": session_token, "code": code})
    activated.raise_for_status()


async def _code(identity: Identity, email: str) -> str:
    """The newest that was mailed."""
    async with asyncio.timeout(MAIL_WITHIN_S):
        while True:
            mails = await identity.client.get(f"{identity.world}/mail/api/messages", params={"to": email})
            codes = [code for mail in mails.raise_for_status().json() for code in CODE.findall(mail["text"])]
            if codes:
                return codes[0]
            await asyncio.sleep(LOOK_EVERY_S)
