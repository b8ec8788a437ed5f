"""What people do about their passwords and addresses, as the gateway does it for them."""

from datetime import timedelta
from typing import Any

import httpx

from services.identity.passwords.handlers import SEND_RESET_CODE
from services.identity.passwords.jobs import send_reset_code
from shared.jobs import Job
from tests.identity.world import Someone, World

NEW_PASSWORD = "seven purple bicycles overhead"
FORGOTTEN = "/internal/passwords/forgotten"


async def ask(world: World, email: str, *, sends: bool = True, address: str = "") -> httpx.Response:
    return await world.call("POST", FORGOTTEN, json={"email": email, "sends": sends, "client_address": address})


async def deliver(world: World) -> int:
    """Do what waits to be done after the answer; returns how many jobs that were."""
    async with world.app.at.database.transaction() as db:
        rows = await db.fetch("DELETE FROM job WHERE kind = $1 RETURNING id, payload", SEND_RESET_CODE)
    for row in rows:
        job = Job(row["id"], SEND_RESET_CODE, None, row["payload"], {}, attempt=1, forgiven=0, lease=row["id"])
        await send_reset_code(world.app.at)(job)
    return len(rows)


async def forgot(someone: Someone) -> tuple[str, str]:
    """The token of a browser that asked, and the code that was mailed."""
    token = (await ask(someone.world, someone.form["email"])).json()["reset_token"]
    await deliver(someone.world)
    return token, await someone.code()


async def prove(world: World, token: str, code: str) -> httpx.Response:
    return await world.call("POST", f"{FORGOTTEN}/prove", json={"reset_token": token, "code": code})


async def complete(world: World, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return await world.call("POST", f"{FORGOTTEN}/complete", json={"reset_token": token, "password": password})


async def change(someone: Someone, current: str, password: str = NEW_PASSWORD) -> httpx.Response:
    body = {"session_token": someone.token, "current": current, "password": password}
    answer = await someone.world.call("POST", "/internal/passwords/change", json=body)
    if answer.is_success:
        someone.session = answer.json()
        someone.token = someone.session["session_token"]
    return answer


async def age_codes(world: World, seconds: float) -> None:
    """As if they had been sent so long ago."""
    earlier = timedelta(seconds=seconds)
    await world.run("UPDATE account_code SET sent_at = sent_at - $1::interval, expires_at = expires_at - $1", earlier)


def first_error(answer: httpx.Response) -> dict[str, Any]:
    return answer.json()["errors"][0]
