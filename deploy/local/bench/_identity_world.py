"""What the bench of identity needs around it: services on a PostgreSQL of their own, people, clients, codes."""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import asyncpg
from argon2 import PasswordHasher

from deploy.local.bench._http_load import free_port, until_ready
from deploy.local.data_folder import REPOSITORY
from services.identity.settings import IdentitySettings
from shared.ids import new_id
from shared.service_tokens import issue_service_token, public_key_of

CLIENT_ID = "bench"
PASSWORD = "correct horse battery staple"
PEOPLE = 500
REDIRECT_URI = "https://bench.example/callback"
VERIFIER = "v" * 43
ORIGIN = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class World:
    """ports: of the service's processes. gateway_key: the seed with which the gateway's service tokens are signed."""

    dsn: str
    ports: tuple[int, ...]
    gateway_key: bytes
    client_secret: str
    hasher: PasswordHasher


def hasher() -> PasswordHasher:
    """With the parameters that identity has where nobody set others."""
    fields = IdentitySettings.model_fields
    return PasswordHasher(
        time_cost=fields["argon2_time_cost"].default,
        memory_cost=fields["argon2_memory_kib"].default,
        parallelism=fields["argon2_parallelism"].default,
    )


@asynccontextmanager
async def running(dsn: str, processes: int) -> AsyncIterator[World]:
    """The service in so many processes, and in its database people with one session each and one client."""
    gateway_key, world_secret, used = secrets.token_bytes(32), secrets.token_urlsafe(32), hasher()
    ports = tuple(free_port() for _ in range(processes))
    world = World(dsn, ports, gateway_key, world_secret, used)
    await _seed(world)
    environment = _environment(world)
    command = [sys.executable, "-P", "-m", "services.identity", "api"]
    started = [
        await asyncio.create_subprocess_exec(
            *command,
            env={
                **environment,
                "IMMO_PORT": str(port),
                "IMMO_INSTANCE": str(port),
                # As many threads hash as there are cores, over all processes together.
                "IMMO_IDENTITY_HASH_THREADS": str(max(1, (os.cpu_count() or 1) // processes)),
            },
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
        for port in ports
    ]
    try:
        await asyncio.wait_for(asyncio.gather(*map(until_ready, ports)), timeout=60)
        yield world
    finally:
        for process in started:
            process.terminate()
        await asyncio.gather(*(process.wait() for process in started))


def _environment(world: World) -> dict[str, str]:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "IMMO_ENVIRONMENT": "test",
        "IMMO_PUBLIC_ORIGIN": ORIGIN,
        "IMMO_KAFKA": "127.0.0.1:9",
        "IMMO_URL_ORGANISATION": "http://127.0.0.1:9",
        "IMMO_LOG_LEVEL": "warning",
        "IMMO_POSTGRES_IDENTITY": world.dsn,
        "IMMO_SERVICE_KEY": key(),
        "IMMO_SERVICE_PUBLIC_KEYS": json.dumps({"gateway": public_key_of(world.gateway_key)}),
        "IMMO_MASTER_KEY": base64.b64encode(hashlib.sha256(world.gateway_key).digest()).decode(),
        "IMMO_IDENTITY_EID_HASH_KEY": key(),
    }


async def _seed(world: World) -> None:
    db = await asyncpg.connect(world.dsn)
    try:
        await db.execute(
            """
            INSERT INTO client (
                client_id, name, tool_id, auth_method, secret_hash, redirect_uris, post_logout_redirect_uris, acr, scopes,
                grant_types, changed_at
            ) VALUES ($1, 'Bench', 'bench', 'client_secret_basic', $2, $3, '{}', 'pwd', '{openid,profile,charges}',
                      '{authorization_code,refresh_token,client_credentials}', now())
            """,
            CLIENT_ID,
            _sha256(world.client_secret),
            [REDIRECT_URI],
        )
        people = [new_id() for _ in range(PEOPLE)]
        await db.execute(
            """
            INSERT INTO account (
                id, state, username, username_key, email, email_key, first_name, last_name, language, password_hash,
                terms_version, terms_accepted_at, created_at, activated_at
            )
            SELECT id, 'active', 'person' || number, 'person' || number, number || '@bench.example', number || '@bench.example',
                   'Jan', 'Peeters', 'nl', $2, '1', now(), now(), now()
            FROM unnest($1::uuid[]) WITH ORDINALITY AS person (id, number)
            """,
            people,
            world.hasher.hash(PASSWORD),
        )
        await db.execute(
            """
            INSERT INTO session (
                id, account_id, token_hash, acr, amr, auth_time, created_at, last_seen_at, expires_at, user_agent, client_address
            )
            SELECT id, id, uuid_send(id), 'pwd', '{pwd}', now(), now(), now(), now() + interval '1 day', '', ''
            FROM unnest($1::uuid[]) AS person (id)
            """,
            people,
        )
        # Of an empty table it would say for good that reading all of it is cheapest.
        await db.execute("ANALYZE account, session")
    finally:
        await db.close()


async def new_codes(world: World, count: int) -> list[str]:
    """Codes that wait to be exchanged, each of a grant of its own."""
    codes = [secrets.token_urlsafe(32) for _ in range(count)]
    db = await asyncpg.connect(world.dsn)
    try:
        await db.execute(
            """
            WITH code AS (
                SELECT hash, grant_id, (SELECT array_agg(id) FROM account) AS people, number
                FROM unnest($1::bytea[], $2::uuid[]) WITH ORDINALITY AS given (hash, grant_id, number)
            ), granted AS (
                INSERT INTO oidc_grant (
                    id, account_id, session_id, client_id, tool_id, scopes, organisation_id, enterprise_number, organisation_name,
                    usage_mode, role, recognitions, acr, acr_claim, subject, amr, auth_time, nonce, created_at
                )
                SELECT grant_id, people[1 + number % cardinality(people)], people[1 + number % cardinality(people)], $3, 'bench',
                       '{openid,profile}', grant_id, '0123456749', 'Agence Dupont', 'agent', 'user', '{ipi}', 'pwd', 'pwd',
                       grant_id::text, '{pwd}', now(), 'nonce', now()
                FROM code
                RETURNING id
            )
            INSERT INTO oidc_code (code_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at)
            SELECT hash, grant_id, $3, $4, $5, now() + interval '10 minutes' FROM code JOIN granted ON granted.id = code.grant_id
            """,
            [_sha256(code) for code in codes],
            [new_id() for _ in codes],
            CLIENT_ID,
            REDIRECT_URI,
            base64.urlsafe_b64encode(_sha256(VERIFIER)).rstrip(b"=").decode(),
        )
        await db.execute("ANALYZE oidc_grant, oidc_code")
    finally:
        await db.close()
    return codes


def exchange(world: World, code: str) -> bytes:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    return _post("/oauth2/token", urlencode(form), _FORM, _basic(world))


def client_credentials(world: World) -> bytes:
    return _post("/oauth2/token", "grant_type=client_credentials&scope=charges", _FORM, _basic(world))


def sign_ins(world: World, people: Sequence[int]) -> list[bytes]:
    """One for each of these people, from an address and a device of their own; good for a minute."""
    token = issue_service_token(world.gateway_key, "gateway", "identity", now=int(time.time()))
    return [
        _post(
            "/internal/sessions",
            json.dumps(
                {
                    "identifier": f"person{1 + number % PEOPLE}",
                    "password": PASSWORD,
                    "user_agent": "bench",
                    "client_address": f"192.0.{number % PEOPLE // 250}.{number % 250}",
                }
            ),
            "application/json",
            f"Bearer {token}",
        )
        for number in people
    ]


_FORM = "application/x-www-form-urlencoded"


def _post(path: str, body: str, content_type: str, authorization: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


def _basic(world: World) -> str:
    return "Basic " + base64.b64encode(f"{CLIENT_ID}:{world.client_secret}".encode()).decode()


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
