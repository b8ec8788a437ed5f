"""From old credentials to an account, page by page, through the gateway and a real identity service, without a script."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.help.terms import TERMS_VERSION
from shared.events.identity import LegacyAccountAttached
from tests.gateway.conftest import Gateway, Standin, text_of
from tests.identity.old_accounts import OLD_PASSWORD, Desk, complete, line
from tests.identity.world import PASSWORD, World
from tests.support.apps import App
from tests.support.mint import Mint

ClientOf = Callable[..., Awaitable[App]]
EMAIL = "lien@example.com"


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, mint: Mint) -> Desk:
    return Desk(World(await client_of("identity"), mint))


@pytest_asyncio.fixture
async def gateway(client_of: ClientOf, mint: Mint, desk: Desk) -> Gateway:
    others = {name: Standin(name) for name in ("organisation", "recognition", "wallet", "notify")}
    app = await client_of("gateway", peers={**others, "identity": desk.world.app})
    app.at.tokens = desk.world.app.at.tokens  # the keys of this identity service, not the tests' own
    app.http.headers.update({"accept": "text/html", "accept-language": "en"})
    return Gateway(app, mint, others)


async def sign_in(gateway: Gateway, identifier: str = "lien.claes1", password: str = OLD_PASSWORD) -> httpx.Response:
    return await gateway.post("/sign-in", {"identifier": identifier, "password": password})


async def code(desk: Desk) -> str:
    command = (await desk.world.events(topic="notify.commands"))[-1]
    return str(await desk.world.unseal(command.code, "code"))


async def test_who_lacks_an_address_gives_it_enters_the_code_and_is_led_on(gateway: Gateway, desk: Desk) -> None:
    await desk.import_lines(line(1))
    answer = await sign_in(gateway)
    assert answer.headers["location"] == "/upgrade"
    page = await gateway.http.get("/upgrade")
    assert 'name="email"' in page.text
    assert not [name for name in ("first_name", "username", "password") if f'name="{name}"' in page.text]
    assert "account of cibweb" in text_of(page)
    wrong = await gateway.post("/upgrade", {"email": "no address"})
    assert wrong.status_code == 422
    assert "not a valid e-mail address" in text_of(wrong)
    answer = await gateway.post("/upgrade", {"email": EMAIL})
    assert answer.headers["location"] == "/activate"
    answer = await gateway.post("/activate", {"code": await code(desk)})
    assert answer.headers["location"] == "/eid", "what comes next is the card, and then the way that one came for"
    assert len(await desk.world.events(LegacyAccountAttached)) == 1
    assert "lien.claes1" in text_of(await gateway.http.get("/old-accounts"))


async def test_who_lacks_nothing_sees_no_page_of_ours(gateway: Gateway, desk: Desk) -> None:
    await desk.import_lines({**complete(1), "terms_version": TERMS_VERSION})
    assert (await sign_in(gateway)).headers["location"] == "/eid"


async def test_a_shared_mailbox_is_hinted_at_once(gateway: Gateway, desk: Desk) -> None:
    await desk.import_lines(line(1))
    await sign_in(gateway)
    page = await gateway.post("/upgrade", {"email": "info@example.com"})
    assert page.status_code == 200
    answer = await gateway.post("/upgrade", {"email": "info@example.com", "hinted": "info@example.com"})
    assert answer.headers["location"] == "/activate"


async def test_the_account_that_one_has_is_signed_in_to_and_takes_the_old_one(gateway: Gateway, desk: Desk) -> None:
    person = await desk.world.someone(terms_version=TERMS_VERSION, language="en")
    await desk.import_lines(line(1))
    await sign_in(gateway)
    answer = await sign_in(gateway, person.form["username"], PASSWORD)
    assert answer.headers["location"] == "/upgrade/attach"
    assert "account of cibweb" in text_of(await gateway.http.get("/upgrade/attach"))
    answer = await gateway.post("/upgrade/attach")
    assert answer.headers["location"] == "/eid"
    (event,) = await desk.world.events(LegacyAccountAttached)
    assert event.account_id == person.account_id


async def test_a_further_one_is_attached_from_ones_own_pages(gateway: Gateway, desk: Desk) -> None:
    person = await desk.world.someone(terms_version=TERMS_VERSION, language="en")
    await desk.import_lines(line(1))
    await sign_in(gateway, person.form["username"], PASSWORD)
    wrong = await gateway.post("/old-accounts/attach", {"identifier": "lien.claes1", "password": "wrong"})
    assert wrong.status_code == 401
    assert "do not belong together" in text_of(wrong)
    assert "wrong" not in wrong.text.split("<form")[-1]
    answer = await gateway.post("/old-accounts/attach", {"identifier": "lien.claes1", "password": OLD_PASSWORD})
    assert answer.headers["location"] == "/old-accounts"
    assert "lien.claes1" in text_of(await gateway.http.get("/old-accounts"))


@pytest.mark.parametrize("spoil", ["UPDATE legacy_claim SET expires_at = now()", "take"])
async def test_a_claim_that_is_over_leads_back_with_the_reason(gateway: Gateway, desk: Desk, spoil: str) -> None:
    await desk.import_lines(line(1))
    await sign_in(gateway)
    if spoil == "take":
        person = await desk.world.someone(terms_version=TERMS_VERSION, language="en")
        await desk.attach(await desk.claim(), person.token)
    else:
        await desk.world.run(spoil)
    answer = await gateway.http.get("/upgrade")
    assert answer.headers["location"] == "/sign-in"
    said = text_of(await gateway.http.get("/sign-in"))
    assert "belongs to an account already" in said or "Too much time has passed" in said


async def test_later_is_an_answer_too(gateway: Gateway, desk: Desk) -> None:
    await desk.import_lines(line(1))
    await sign_in(gateway)
    assert (await gateway.post("/upgrade/later")).headers["location"] == "/sign-in"
    assert (await gateway.http.get("/upgrade")).headers["location"] == "/sign-in"


@pytest.mark.parametrize("path", ["/old-accounts", "/old-accounts/attach", "/upgrade/attach"])
async def test_strangers_are_led_to_sign_in(gateway: Gateway, path: str) -> None:
    answer: Any = await gateway.http.get(path)
    assert answer.headers["location"].startswith("/sign-in")
