"""Accounts of older tools for the tests: lines of a file, their import, and who signs in with them."""

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx
from argon2 import PasswordHasher

from tests.identity.world import PASSWORD, World

TERMS = "2026-01"
OLD_PASSWORD = "oud wachtwoord uit 2009"


def md5(password: str) -> str:
    return hashlib.md5(password.encode()).hexdigest()


def line(number: int = 1, **changes: Any) -> dict[str, Any]:
    """An old account whose owner has to choose nothing but an address."""
    return {
        "id": str(number),
        "username": f"lien.claes{number}",
        "first_name": "Lien",
        "last_name": "Claes",
        "language": "nl",
        "password_hash": md5(OLD_PASSWORD),
        **changes,
    }


def complete(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One that lacks nothing."""
    email = {"email": f"lien{number}@example.com", "email_verified": "yes", "terms_version": TERMS}
    return line(number, **email, **changes)


@dataclass
class Desk:
    """The operator's desk and the old accounts' owners, before one running identity service."""

    world: World

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.world.call("POST", path, json=body)

    async def import_lines(self, *lines: Any, **options: Any) -> list[dict[str, Any]]:
        answer = await self.world.http.post(
            "/internal/old-accounts/import",
            json={"lines": list(lines), "tool_id": "cibweb", **options},
            headers=self.world.mint.peer("operator", "identity"),
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    async def outcomes(self, *lines: Any, **options: Any) -> list[str]:
        return [result["outcome"] for result in await self.import_lines(*lines, **options)]

    async def sign_in(self, identifier: str = "lien.claes1", password: str = OLD_PASSWORD, **more: Any) -> Any:
        body = {"identifier": identifier, "password": password, "terms_version": TERMS, "language": "fr", **more}
        return await self.post("/internal/sessions", body)

    async def claim(self, identifier: str = "lien.claes1", password: str = OLD_PASSWORD) -> str:
        """The token of someone who signed in with old credentials and lacks something."""
        answer = await self.sign_in(identifier, password)
        assert answer.status_code == 200, answer.text
        return answer.json()["upgrade_token"]

    async def read(self, token: str) -> Any:
        return await self.post("/internal/old-accounts/claim", {"upgrade_token": token, "terms_version": TERMS})

    async def upgrade(self, token: str, **given: Any) -> httpx.Response:
        body = {"upgrade_token": token, "terms_version": TERMS, "language": "fr", **given}
        return await self.post("/internal/old-accounts/upgrade", body)

    async def attach(self, token: str, session_token: str) -> httpx.Response:
        body = {"upgrade_token": token, "session_token": session_token}
        return await self.post("/internal/old-accounts/attach", body)


def cheap_argon2(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(password)


__all__ = ["OLD_PASSWORD", "PASSWORD", "TERMS", "Desk", "cheap_argon2", "complete", "line", "md5"]
