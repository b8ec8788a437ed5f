"""What people do with their second factors, as the gateway would pass it on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest_asyncio
from pyotp.totp import TOTP

from tests.identity.authenticator import Authenticator
from tests.identity.conftest import WorldOf
from tests.identity.world import PASSWORD, Someone, World

ORIGIN, RP_ID = "https://immo.example", "immo.example"
BROWSER = "a visitor's own mark, long enough"


@pytest_asyncio.fixture
async def world(world_of: WorldOf) -> World:
    """At an address with a name: passkeys belong to names."""
    return await world_of(public_origin=ORIGIN)


def device(**changes: Any) -> Authenticator:
    return Authenticator(**{"origin": ORIGIN, "rp_id": RP_ID, **changes})


def take(someone: Someone, answer: httpx.Response) -> httpx.Response:
    """The session that an answer brings is the person's from now on."""
    if answer.is_success:
        body = answer.json()
        someone.session = body.get("session", body)
        someone.token = someone.session["session_token"]
    return answer


async def add_passkey(someone: Someone, passkey: Authenticator, name: str = "Phone", **changes: Any) -> httpx.Response:
    options = (await someone.api("POST", "/api/factors/passkeys/options")).json()["options"]
    body = {"name": name, "credential": passkey.create(options, **changes)}
    return take(someone, await someone.api("POST", "/api/factors/passkeys", json=body))


@dataclass
class App:
    """An authenticator app. used: the code with which it was set up."""

    secret: str
    used: str

    def code(self, steps: int = 1) -> str:
        """Of so many steps from now. The next one is within the skew, and never used before."""
        return TOTP(self.secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))

    def wrong_code(self) -> str:
        """Not of any step near to this one."""
        near = {self.code(steps) for steps in range(-10, 11)}
        return next(code for code in map("{:06}".format, range(100)) if code not in near)


async def add_totp(someone: Someone) -> App:
    secret = (await someone.api("POST", "/api/factors/totp")).json()["secret"]
    app = App(secret, TOTP(secret).now())
    answer = take(someone, await someone.api("PUT", "/api/factors/totp", json={"code": app.used}))
    assert answer.status_code == 200, answer.text
    return app


async def password(someone: Someone, **changes: Any) -> dict[str, Any]:
    """The first step; what it answers in the place of a session."""
    body = {"identifier": someone.form["username"], "password": PASSWORD, **changes}
    answer = await someone.world.call("POST", "/internal/sessions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["second_factor"]


async def finish(someone: Someone, token: str, **proof: Any) -> httpx.Response:
    """code, or credential."""
    body = {"token": token, **proof}
    return take(someone, await someone.world.call("POST", "/internal/sessions/second-factor", json=body))


async def second_factor_options(someone: Someone, token: str) -> dict[str, Any]:
    answer = await someone.world.call("POST", "/internal/sessions/second-factor/passkey-options", json={"token": token})
    return answer.json()["options"]


async def passkey_options(world: World, bound_to: str = BROWSER) -> dict[str, Any]:
    answer = await world.call("POST", "/internal/sessions/passkey/options", json={"bound_to": bound_to})
    return answer.json()["options"]


async def with_passkey(world: World, credential: dict[str, Any], bound_to: str = BROWSER) -> httpx.Response:
    body = {"bound_to": bound_to, "credential": credential}
    return await world.call("POST", "/internal/sessions/passkey", json=body)


async def recovery_codes(someone: Someone) -> list[str]:
    return (await someone.api("POST", "/api/factors/recovery-codes")).json()["codes"]
