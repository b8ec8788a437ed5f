"""The yardstick of tokens: what the service answers, signed again and again by joserfc alone."""

import time
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic_core import from_json

from deploy.local.bench import _identity_world
from deploy.local.bench._identity_world import World

_KEYS = {"ES256": ECKey.generate_key("P-256"), "RS256": RSAKey.generate_key(2048)}

Token = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Signing:
    """own: the token that a tool gets for itself. pair: the two that it gets for a code. Each as header and claims."""

    own: tuple[Token, ...]
    pair: tuple[Token, ...]

    def per_s(self, which: Literal["own", "pair"], seconds: float) -> float:
        """How often a second all of them are signed, in this one thread."""
        tokens = self.own if which == "own" else self.pair
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            for header, claims in tokens:
                algorithm = header["alg"]
                jwt.encode(header, claims, _KEYS[algorithm], algorithms=[algorithm])
            done += 1
        return done / (time.perf_counter() - began)


async def signing_of(world: World, code: str) -> Signing:
    """Of what the service answers to one request of each kind."""
    own = await _answer(world, _identity_world.client_credentials(world))
    pair = await _answer(world, _identity_world.exchange(world, code))
    return Signing((_read(own["access_token"]),), (_read(pair["access_token"]), _read(pair["id_token"])))


async def _answer(world: World, request: bytes) -> dict[str, Any]:
    head, _, body = request.decode().partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    form = dict(parse_qsl(body))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{world.ports[0]}") as http:
        answer = await http.post(
            "/oauth2/token", data=form, headers={"Authorization": headers["Authorization"]}, timeout=30
        )
    answer.raise_for_status()
    return answer.json()


def _read(token: str) -> Token:
    found = jws.extract_compact(token.encode())
    return dict(found.headers()), from_json(found.payload)
