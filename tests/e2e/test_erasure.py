"""Someone lives a little on the platform, takes their data along, leaves, and is nowhere to be found."""

import asyncio
import base64
import io
import json
import secrets
import time
import zipfile
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.local.demo.people import Character
from deploy.local.demo.story import Story
from shared.sealed import DataKey, Keyring, Sealed
from shared.service_tokens import issue_service_token
from tests.e2e.platform import Platform, messages_of, without
from tests.support.events import until

pytestmark = pytest.mark.slow

_WORD = "".join(
    secrets.choice("bcdfghjklmnpqrstvwz") for _ in range(7)
)  # nobody else's, in whatever platform this runs
FIRST_NAME, LAST_NAME = f"Xa{_WORD}", f"Quetzal{_WORD}"
BIRTH_DATE = f"{1901 + secrets.randbelow(25)}-07-23"
PHONE = f"+324761{secrets.randbelow(90_000) + 10_000}"
STREET, CITY = f"Rue du {_WORD.title()}", f"{_WORD.title()}aarde"
USER_AGENT = f"Zorblax/7.77 ({_WORD})"


@pytest.fixture
def story(platform: Platform) -> Story:
    story = Story(platform.origin, platform.tool, platform.world)
    story.ada.first_name, story.ada.last_name = FIRST_NAME, LAST_NAME
    story.ada.browser._soup.session.headers["User-Agent"] = USER_AGENT
    call = story.world._call

    def with_birth_date(method: str, path: str, **more: Any) -> Any:
        if path == "/cards":
            more["json"] = {**more["json"], "birth_date": BIRTH_DATE, "sex": "F"}
        return call(method, path, **more)

    story.world._call = with_birth_date  # type: ignore[method-assign]
    return story


@dataclass(frozen=True)
class Traces:
    """Words that nobody but this person would have left."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, person: Character) -> "Traces":
        number: str = person.card["national_number"]
        return cls(
            (
                *(person.email, person.username, person.first_name, person.last_name, person.password),
                *(number, BIRTH_DATE, PHONE, PHONE[3:], STREET, CITY, USER_AGENT, _WORD),
            )
        )

    def in_text(self, text: str) -> list[str]:
        """Also where a column of bytes is shown as hexadecimal digits."""
        lower = text.lower()
        return [word for word in self.words if word.lower() in lower or word.encode().hex() in lower]


async def rows_of(dsn: str) -> list[tuple[str, str]]:
    """Every row of every table, as text."""
    db = await asyncpg.connect(dsn)
    try:
        tables = await db.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        found: list[tuple[str, str]] = []
        for (table,) in tables:
            found += [(table, row[0]) for row in await db.fetch(f'SELECT t::text FROM "{table}" AS t')]
        return found
    finally:
        await db.close()


async def clear_in(platform: Platform, traces: Traces) -> dict[str, set[tuple[str, str]]]:
    """By service: the tables that hold one of the words, and which."""
    return {
        service: {(table, word) for table, row in await rows_of(dsn) for word in traces.in_text(row)}
        for service, dsn in platform.stack.postgres.items()
    }


def keyring_of(platform: Platform) -> Keyring:
    """As the notify service gets its keys."""

    async def load(subjects: list[UUID]) -> dict[UUID, DataKey | None]:
        seed = base64.b64decode(platform.stack.keys.service_keys["notify"])
        token = issue_service_token(seed, "notify", "identity", now=int(time.time()))
        url = f"{platform.stack.ports.url('identity')}/internal/data-keys"
        async with httpx.AsyncClient() as http:
            body = {"subjects": [str(subject) for subject in subjects]}
            answer = (await http.post(url, json=body, headers={"authorization": f"Bearer {token}"})).json()
        return {
            UUID(subject): DataKey(key["version"], base64.b64decode(key["key"])) if key else None
            for subject, key in answer["keys"].items()
        }

    return Keyring(load)


def sealed_for(messages: list[tuple[str, bytes]], account_id: UUID, field: str) -> list[Sealed]:
    found: list[Sealed] = []
    for _, raw in messages:
        for line in raw.split(b"\n"):
            if line.startswith(b"{") and f"sealed.v1.{account_id}".encode() in line:
                value = json.loads(line).get(field)
                found += [Sealed(value)] if isinstance(value, str) and value.startswith("sealed.") else []
    return found


async def erasure_of(platform: Platform, account_id: UUID) -> tuple[str, list[str]]:
    """Its state, and the services that have not reported."""
    db = await asyncpg.connect(platform.stack.postgres["identity"])
    try:
        state = await db.fetchval("SELECT state FROM erasure WHERE account_id = $1", account_id)
        query = "SELECT service FROM erasure_report WHERE account_id = $1 AND purged_at IS NULL ORDER BY service"
        return state or "", [row[0] for row in await db.fetch(query, account_id)]
    finally:
        await db.close()


def account_id_of(story: Story, person: Character) -> UUID:
    return UUID(story.ask(person, "GET", f"{story.origin}/api/account", headers=bearer_of(person))["id"])


def bearer_of(person: Character) -> dict[str, str]:
    """As a script would call that has the access token of the person's own pages."""
    return {"Authorization": f"Bearer {person.browser._soup.session.cookies['immo_access']}"}


def live(story: Story) -> None:
    """An account with all that belongs to it, an agency of one's own, and money spent there."""
    ada = story.ada
    story.come_from_tool(ada)
    story.sign_up(ada)
    story.activate(ada)
    story.link_eid(ada)
    story.see_recognition(ada, "IPI")
    tell_more(story, ada)
    story.create_organisation()
    story.register_tool()
    story.start_tool(ada)
    story.top_up()
    story.buy("order-1")


def tell_more(story: Story, person: Character) -> None:
    """Where one lives and is reached, as the page of one's data would save it."""
    bearer = bearer_of(person)
    data = story.ask(person, "GET", f"{story.origin}/api/account/profile", headers=bearer)
    home = {"kind": "home", "street": STREET, "number": "7", "postal_code": "9200", "city": CITY, "country": "BE"}
    more = {"phones": [{"kind": "mobile", "number": PHONE}], "addresses": [home]}
    story.ask(person, "PUT", f"{story.origin}/api/account/profile", json={**data, **more}, headers=bearer)


def mail_about(story: Story, person: Character, words: str) -> str:
    """The text of the mail with these words in its subject."""
    found: list[str] = []

    def arrived() -> bool:
        found.extend(mail["text"] for mail in story.world.mails_to(person.email) if words in mail["subject"])
        return bool(found)

    story.wait_until(arrived, f"there is a mail about: {words}")
    return found[-1]


def leave(story: Story) -> None:
    ada = story.ada
    ada.browser.open("/privacy/erase")
    ada.browser.submit("/privacy/erase")
    text = mail_about(story, ada, "Confirm that your account may be erased")
    code = next(
        line.strip() for line in text.splitlines() if line.strip().replace(" ", "").isalnum() and len(line.strip()) == 7
    )
    ada.browser.submit("/privacy/erase/confirm", {"code": code})
    ada.browser.expect("Your account will be erased")


async def test_who_leaves_takes_their_data_along_and_leaves_nothing_behind(platform: Platform, story: Story) -> None:
    live(story)
    ada = story.ada
    traces = Traces.of(ada)
    ada.browser.open("/privacy/download")
    ada.browser.submit("/privacy/download")
    archive = zipfile.ZipFile(io.BytesIO(ada.browser.answer.content))
    taken = "\n".join(archive.read(name).decode() for name in archive.namelist())
    account_id = UUID(json.loads(archive.read("identity/data.json"))["account"]["id"])
    told = {ada.email, ada.username, ada.first_name, PHONE, STREET, USER_AGENT, BIRTH_DATE, ada.card["national_number"]}
    assert told <= set(traces.in_text(taken))
    assert {service for service, found in (await clear_in(platform, traces)).items() if found} == {
        "identity",
        "organisation",
        "notify",
        "gateway",
    }
    keyring = keyring_of(platform)
    before = sealed_for(await messages_of(platform), account_id, "first_name")
    await keyring.fetch([account_id])
    assert ada.first_name in {keyring.open(one, "first_name") for one in before}

    leave(story)
    mail_about(story, ada, "Your account is erased")

    async def is_done() -> bool:
        return (await erasure_of(platform, account_id))[0] == "done"

    await until(is_done, within_s=30, what="the end of the erasure")
    assert story.tool_signed_out(ada)
    assert {service: found for service, found in (await clear_in(platform, traces)).items() if found} == {}
    messages = await messages_of(platform)
    assert [(topic, word) for topic, raw in messages for word in traces.in_text(raw.decode(errors="replace"))] == []
    after = keyring_of(platform)
    await after.fetch([account_id])
    assert {after.open(one, "first_name") for one in sealed_for(messages, account_id, "first_name")} == {None}


@pytest.mark.fault
async def test_an_erasure_waits_for_a_service_that_is_down_and_survives_kills(platform: Platform) -> None:
    story = Story(platform.origin, platform.tool, platform.world)
    ada = story.ada
    for scene in (story.come_from_tool, story.sign_up, story.activate):
        await asyncio.to_thread(scene, ada)
    account_id = account_id_of(story, ada)
    killed: set[str] = set()

    async def state() -> tuple[str, list[str]]:
        row = await erasure_of(platform, account_id)
        if row[0] == "purging" and row[0] not in killed:
            killed.add(row[0])
            platform.kill("identity")
        return row

    async def waits_for_recognition() -> bool:
        return await state() == ("purging", ["recognition"])

    async def is_done() -> bool:
        return (await state())[0] == "done"

    async with without(platform, "recognition"):
        await asyncio.to_thread(leave, story)
        await until(waits_for_recognition, within_s=60, what="all but one service to report")
    await until(is_done, within_s=60, what="the end, once the last service is back")
    assert "purging" in killed
    assert sum("Your account is erased" in mail["subject"] for mail in story.world.mails_to(ada.email)) == 1


async def test_the_money_of_a_closed_organisation_stays_its_own(platform: Platform) -> None:
    """Whoever was erased before: books still balance, and no organisation is left without a manager unless it is closed."""
    db = await asyncpg.connect(platform.stack.postgres["wallet"])
    assert await db.fetch("SELECT * FROM ledger_check()") == []
    await db.close()
    db = await asyncpg.connect(platform.stack.postgres["organisation"])
    orphans = await db.fetch(
        """
        SELECT id FROM organisation o WHERE closed_at IS NULL
            AND NOT EXISTS (SELECT FROM employee e WHERE e.organisation_id = o.id AND e.manager)
        """
    )
    await db.close()
    assert orphans == []
