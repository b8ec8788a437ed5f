"""CadastreFinder takes the platform's webhooks: only what is signed, each event once, and signs out whoever lost access."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from pydantic_core import to_json

from deploy.local.addresses import Addresses
from deploy.local.data_folder import DataFolder
from deploy.local.seed import WEBHOOK_PATH, seed_webhook
from services.notify.webhooks.rules import new_secret
from services.notify.webhooks.sender import headers_of
from shared.events import organisation
from shared.ids import new_id
from shared.service_tokens import ServiceTokens
from tests.conftest import ClientOf
from tests.notify.webhook_scenes import Happening, Headers, Identity, sending
from tests.support.events import until
from tests.support.mint import Mint
from tests.tools.conftest import free_port, running_tool
from tests.tools.platform_double import CLIENT_ID, PlatformDouble
from tools.demo_tool.webhooks import PATH


@dataclass
class Hooked:
    """The demo tool, whose secret is in `data` once it has one, somebody's browser, and the platform that signs in."""

    url: str
    data: DataFolder
    browser: httpx.Client
    platform: PlatformDouble

    @property
    def organisation_id(self) -> str:
        return self.platform.person["org"]["id"]

    @property
    def is_signed_in(self) -> bool:
        return self.browser.get("/api/session").json()["signed_in"]

    @property
    def heard(self) -> list[str]:
        return [one["name"] for one in self.browser.get("/api/heard").json()]

    def sign_in(self) -> None:
        self.browser.get("/sign-in")

    def event(self, name: str, **data: Any) -> dict[str, Any]:
        told = {"organisation_id": self.organisation_id, "usage_mode": "agent", **data}
        return {
            "id": str(new_id()),
            "type": f"immoconnect.organisation.{name}.v1",
            "time": "2026-11-22T10:00:00Z",
            "data": told,
        }

    def send(
        self, event: dict[str, Any], secret: str, *, at: datetime | None = None, forged: Headers | None = None
    ) -> int:
        body = to_json(event)
        signed = headers_of([secret], event["id"], at or datetime.now(UTC), body)
        return self.browser.post(PATH, content=body, headers=signed | (forged or {})).status_code


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, DataFolder, PlatformDouble]]:
    data, port = DataFolder(tmp_path_factory.mktemp("data")), free_port()
    environment = {"IMMO_DEMO_TOOL_WEBHOOK_SECRET_FILE": str(data.webhook_secret)}
    with PlatformDouble(port).running() as platform, running_tool(port, **environment) as url:
        yield url, data, platform


@pytest.fixture
def hooked(process: tuple[str, DataFolder, PlatformDouble]) -> Iterator[Hooked]:
    url, data, platform = process
    platform.forget()
    data.webhook_secret.unlink(missing_ok=True)
    with httpx.Client(base_url=url, follow_redirects=True, trust_env=False) as browser:
        yield Hooked(url, data, browser, platform)


@pytest.fixture
def secret(hooked: Hooked) -> str:
    made = new_secret()
    hooked.data.webhook_secret.write_text(made)
    return made


def test_what_is_signed_is_noted_once_and_shown_to_the_organisation(hooked: Hooked, secret: str) -> None:
    hooked.sign_in()
    event = hooked.event("TermsAccepted")
    assert [hooked.send(event, secret) for _ in range(2)] == [204, 204]
    assert hooked.send(hooked.event("TermsAccepted", organisation_id=str(new_id())), secret) == 204
    assert hooked.heard == ["TermsAccepted"]
    assert "Terms were accepted" in hooked.browser.get("/heard").text
    assert hooked.is_signed_in


def test_what_is_not_signed_by_the_platform_now_is_refused(hooked: Hooked, secret: str) -> None:
    hooked.sign_in()
    ended = hooked.event("RegistrationEnded")
    assert hooked.send(ended, new_secret()) == 400
    assert hooked.send(ended, secret, at=datetime.now(UTC) - timedelta(hours=1)) == 400
    assert hooked.send(ended, secret, forged={"webhook-id": "another"}) == 400
    assert hooked.send(ended, secret, forged={"webhook-signature": "v1,bm9uc2Vuc2U="}) == 400
    assert hooked.browser.post(PATH, content=to_json(ended)).status_code == 400
    assert hooked.browser.post(PATH, content=b"x" * 300_000).status_code == 400
    assert hooked.heard == []
    assert hooked.is_signed_in


def test_without_a_secret_it_asks_for_patience(hooked: Hooked) -> None:
    assert hooked.send(hooked.event("RegistrationEnded"), new_secret()) == 503


def test_somebody_elses_loss_ends_no_session_and_ones_own_does(hooked: Hooked, secret: str) -> None:
    hooked.sign_in()
    hooked.send(hooked.event("AccessWithdrawn", sub=str(new_id()), role="user"), secret)
    hooked.send(hooked.event("RegistrationEnded", organisation_id=str(new_id())), secret)
    hooked.send(hooked.event("RegistrationEnded", usage_mode="surveyor"), secret)
    assert hooked.is_signed_in
    hooked.send(hooked.event("AccessWithdrawn", sub=hooked.platform.person["sub"], role="user"), secret)
    assert not hooked.is_signed_in


def test_nobody_sees_what_was_heard_without_signing_in(hooked: Hooked, secret: str) -> None:
    hooked.send(hooked.event("TermsAccepted"), secret)
    assert hooked.heard == []
    assert hooked.browser.get("/heard").url.path == "/"


@pytest_asyncio.fixture
async def notify(client_of: ClientOf, mint: Mint) -> AsyncIterator[Happening]:
    identity = Identity()
    identity.clients[CLIENT_ID] = CLIENT_ID
    yield Happening(await client_of("notify", peers={"identity": identity}), mint)


async def seeded(hooked: Hooked, notify: Happening) -> list[str]:
    """As a start of the stack does it, with the notify service of the test."""
    tokens = ServiceTokens("operator", notify.mint.seeds["operator"])

    def url(name: str) -> str:
        return hooked.url if name == "demo-tool" else notify.mint.origin

    ports = SimpleNamespace(url=url)
    async with httpx.AsyncClient(transport=notify.app.transport, base_url=notify.mint.origin) as client:
        return await seed_webhook(client, tokens, cast("Addresses", SimpleNamespace(ports=ports)), hooked.data)


async def test_the_stack_registers_it_and_the_end_of_a_registration_signs_out(
    hooked: Hooked, notify: Happening
) -> None:
    assert await seeded(hooked, notify) == []
    await asyncio.to_thread(hooked.sign_in)
    used = await notify.registered(CLIENT_ID, UUID(hooked.organisation_id))
    ended = organisation.RegistrationEnded(**used.model_dump(include={*organisation.RegistrationEnded.model_fields}))
    await notify.happens(ended)

    async def is_signed_out() -> bool:
        return not await asyncio.to_thread(lambda: hooked.is_signed_in)

    async with sending(notify):
        await until(is_signed_out, what="the end of the session")
    await asyncio.to_thread(hooked.sign_in)
    assert await asyncio.to_thread(lambda: hooked.heard) == ["RegistrationEnded", "ToolRegistered"]


async def test_another_start_changes_nothing_and_what_was_lost_is_made_anew(hooked: Hooked, notify: Happening) -> None:
    await seeded(hooked, notify)
    first = hooked.data.webhook_secret.read_text()
    assert hooked.data.webhook_secret.stat().st_mode & 0o077 == 0
    await seeded(hooked, notify)
    assert hooked.data.webhook_secret.read_text() == first
    hooked.data.webhook_secret.unlink()
    await seeded(hooked, notify)
    assert hooked.data.webhook_secret.read_text() not in ("", first)
    await notify.execute("UPDATE webhook_endpoint SET url = 'http://127.0.0.1:9' || $1", WEBHOOK_PATH)
    await seeded(hooked, notify)
    [row] = await notify.fetch("SELECT url FROM webhook_endpoint")
    assert row["url"] == f"{hooked.url}{WEBHOOK_PATH}"


def test_the_stack_sends_where_the_tool_listens() -> None:
    assert WEBHOOK_PATH == PATH
