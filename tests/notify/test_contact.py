"""A question to the help desk: mailed to people with the way to answer, confirmed to whoever asked, then forgotten."""

import base64
import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.notify.contact import letters
from services.notify.contact.api import PATH
from services.notify.contact.jobs import give_up, pass_on_job
from services.notify.contact.rules import KEPT_DAYS, Question, new_reference
from services.notify.contact.store import Kept
from services.notify.mails.render import Renderer
from shared.i18n import LANGUAGES
from shared.ids import new_id
from shared.job_store import Job
from shared.jobs import Retry
from tests.conftest import ClientOf
from tests.notify.scenes import Elsewhere, MailServer
from tests.support.apps import App
from tests.support.events import fetch, until
from tests.support.mint import DataKeys, Mint

DESK = "help@desk.example"
SECRET = "Nobody reads this twice."


@dataclass
class Keys(httpx.AsyncBaseTransport):
    """Identity, as far as it makes and destroys keys."""

    data_keys: DataKeys
    is_away: bool = False
    made: list[UUID] = field(default_factory=list[UUID])
    destroyed: list[UUID] = field(default_factory=list[UUID])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens", request=request)
        subject = UUID(request.url.path.removeprefix("/internal/data-keys/"))
        if request.method == "PUT":
            self.made.append(subject)
        else:
            self.data_keys.erase(subject)
            self.destroyed.append(subject)
        return httpx.Response(204, request=request)


@dataclass
class Desk:
    """The service without its worker: a test runs the job itself, so that it can stop wherever it likes."""

    app: App
    mint: Mint
    keys: Keys
    mails: MailServer

    async def ask(self, **more: Any) -> httpx.Response:
        question = {"email": "ada@there.example", "name": "Ada Lindeman", "text": SECRET, "language": "nl"}
        return await self.app.http.post(PATH, json=question | more, headers=self.mint.peer("gateway", "notify"))

    async def pass_on(self) -> None:
        """As the worker does with each question that waits."""
        for row in await fetch(self.app.at.database, "SELECT payload FROM job WHERE kind = 'contact'"):
            await pass_on_job(cast(Any, self.app.at))(cast(Job, _Given(row["payload"])))

    async def kept(self) -> int:
        return len(await fetch(self.app.at.database, "SELECT FROM contact_message"))


@dataclass(frozen=True)
class _Given:
    payload: dict[str, Any]


@pytest_asyncio.fixture
async def desk(client_of: ClientOf, data_keys: DataKeys, mint: Mint, mail_server: MailServer) -> Desk:
    keys = Keys(data_keys)
    smtp = f"smtp://127.0.0.1:{mail_server.port}"
    app = await client_of("notify", peers={"identity": keys}, smtp=smtp, reply_to=DESK)
    return Desk(app, mint, keys, mail_server)


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 64), "teal").save(file, "WEBP")
    return file.getvalue()


async def test_a_question_reaches_people_who_can_answer_it_and_whoever_asked_gets_its_reference(desk: Desk) -> None:
    facts = {"page": "/wallet", "code": "balance-short", "browser": "Firefox 140", "system": "Ubuntu"}
    picture = a_picture()
    reference = (await desk.ask(facts=facts, picture=base64.b64encode(picture).decode())).json()["reference"]
    await desk.pass_on()
    to_desk, to_person = desk.mails.mails
    assert (to_desk["To"], to_desk["Reply-To"]) == (DESK, "ada@there.example")
    assert to_desk["Subject"] == f"[{reference}] {SECRET}"
    assert to_desk["Auto-Submitted"] is None
    for said in (SECRET, "Ada Lindeman", *facts.values()):
        assert said in text_of(to_desk)
    (attached,) = to_desk.iter_attachments()
    assert attached.get_content() == picture
    assert attached.get_filename() == f"{reference}.webp"
    assert to_person["To"] == "ada@there.example"
    assert to_person["Subject"] == f"Uw vraag aan de helpdesk: {reference}"
    assert reference in text_of(to_person)
    assert SECRET not in text_of(to_person)
    assert (to_person["Auto-Submitted"], to_person["Content-Language"]) == ("auto-generated", "nl")


async def test_afterwards_nothing_of_it_is_left_here(desk: Desk) -> None:
    await desk.ask()
    assert await desk.kept() == 1
    (row,) = await fetch(desk.app.at.database, "SELECT sealed FROM contact_message")
    assert SECRET not in row["sealed"]
    await desk.pass_on()
    assert await desk.kept() == 0
    assert desk.keys.destroyed == desk.keys.made
    await desk.pass_on()
    assert len(desk.mails.mails) == 2


async def test_what_is_asked_is_neither_in_a_job_nor_published(desk: Desk) -> None:
    await desk.ask()
    rows = await fetch(desk.app.at.database, "SELECT payload::text AS text FROM job")
    assert SECRET not in str([row["text"] for row in rows])
    assert await fetch(desk.app.at.database, "SELECT FROM outbox") == []


async def test_who_is_signed_in_is_answered_at_the_address_on_record(desk: Desk) -> None:
    ada = await Elsewhere(desk.app).someone()
    await desk.ask(account_id=str(ada.id), email="other@there.example", name="Eve")
    await desk.pass_on()
    to_desk, to_person = desk.mails.mails
    assert to_desk["Reply-To"] == to_person["To"] == ada.email
    assert "Ada Lindeman" in text_of(to_desk)
    assert "Eve" not in text_of(to_desk)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@there.example\nBcc: all@x.example", "a@b,c@d", "a\u200b@there.example"]
)
async def test_without_an_address_for_the_answer_nothing_is_taken(desk: Desk, email: str) -> None:
    answer = await desk.ask(email=email)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "address-missing")
    assert (await desk.kept(), desk.keys.made) == (0, [])


async def test_somebody_of_whom_no_address_is_known_yet_may_give_one(desk: Desk) -> None:
    account_id = str(new_id())
    assert (await desk.ask(account_id=account_id, email="")).status_code == 422
    assert (await desk.ask(account_id=account_id)).status_code == 201


async def test_only_the_gateway_asks(desk: Desk) -> None:
    headers = desk.mint.peer("organisation", "notify")
    assert (await desk.app.http.post(PATH, json={}, headers=headers)).status_code == 403
    assert (await desk.app.http.post(PATH, json={})).status_code == 401


async def test_killed_between_the_two_mails_only_the_second_is_sent_again(desk: Desk) -> None:
    await desk.ask()
    desk.mails.refuses_to = "ada@there.example"
    with pytest.raises(Retry):
        await desk.pass_on()
    assert len(desk.mails.mails) == 1
    assert desk.keys.destroyed == []
    desk.mails.refuses_to = ""
    await desk.pass_on()
    assert [str(mail["To"]) for mail in desk.mails.mails] == [DESK, "ada@there.example"]
    assert await desk.kept() == 0


async def test_killed_after_the_server_took_a_mail_it_goes_again_under_the_same_name(desk: Desk) -> None:
    await desk.ask()
    desk.mails.dies_after_taking = 1
    with pytest.raises(Retry):
        await desk.pass_on()
    await desk.pass_on()
    first, again, confirmation = desk.mails.mails
    assert first["Message-ID"] == again["Message-ID"] != confirmation["Message-ID"]
    assert first["To"] == again["To"] == DESK


async def test_while_identity_is_away_nothing_is_taken_and_later_the_key_still_goes(desk: Desk) -> None:
    desk.keys.is_away = True
    assert (await desk.ask()).status_code == 503
    desk.keys.is_away = False
    await desk.ask()
    desk.keys.is_away = True
    with pytest.raises(Exception, match="unavailable"):
        await desk.pass_on()
    assert await desk.kept() == 1
    desk.keys.is_away = False
    await desk.pass_on()
    assert (await desk.kept(), desk.keys.destroyed) == (0, desk.keys.made)


async def test_an_address_that_takes_no_mail_does_not_keep_the_question_from_people(desk: Desk) -> None:
    await desk.ask()
    desk.mails.refuses_to, desk.mails.refusal = "ada@there.example", "550 nobody here"
    await desk.pass_on()
    assert [str(mail["To"]) for mail in desk.mails.mails] == [DESK]
    assert await desk.kept() == 0


async def test_what_could_not_be_mailed_for_days_is_given_up(desk: Desk) -> None:
    await desk.ask()
    await desk.ask()
    await fetch(
        desk.app.at.database,
        "UPDATE contact_message SET created_at = now() - $1::interval WHERE id = $2",
        timedelta(days=KEPT_DAYS, hours=1),
        desk.keys.made[0],
    )
    await give_up(cast(Any, desk.app.at))
    assert (await desk.kept(), desk.keys.destroyed) == (1, desk.keys.made[:1])
    await desk.pass_on()
    assert len(desk.mails.mails) == 2


async def test_the_worker_passes_it_on_by_itself(
    client_of: ClientOf, kafka: object, mint: Mint, data_keys: DataKeys, mail_server: MailServer
) -> None:
    keys = Keys(data_keys)
    app = await client_of("notify", role="all", peers={"identity": keys}, smtp=f"smtp://127.0.0.1:{mail_server.port}")
    await Desk(app, mint, keys, mail_server).ask()

    async def is_forgotten() -> bool:
        return len(mail_server.mails) == 2 and not await fetch(app.at.database, "SELECT FROM contact_message")

    await until(is_forgotten, what="both mails, and the end of the question")


def test_a_reference_can_be_said_on_the_telephone() -> None:
    references = {new_reference() for _ in range(500)}
    assert len(references) > 495
    assert all(re.fullmatch(r"[A-Z]{4}-[A-Z]{4}-[2-9]{2}", one) for one in references)


RENDERER = Renderer("https://immo.example", mail_from="no-reply@immo.example", reply_to=DESK)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(name=st.text(max_size=40), text=st.text(min_size=1, max_size=200), fact=st.text(max_size=60))
def test_whatever_is_typed_becomes_a_mail(name: str, text: str, fact: str) -> None:
    kept = Kept(new_id(), "KAVO-MILU-47", "fr", "", is_passed_on=False)
    question = Question(email="a@b.example", name=name, text=text, facts={"browser": fact}, language="fr")
    mail = letters.to_help_desk(kept, question, RENDERER, desk=DESK)
    assert mail.as_bytes()
    assert mail.get_all("To") == [DESK]
    assert mail.get_all("Bcc") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_confirmation_speaks_the_language_of_the_question(language: Any) -> None:
    kept = Kept(new_id(), "KAVO-MILU-47", language, "", is_passed_on=True)
    mail = letters.to_person(kept, Question(email="a@b.example", text="?", language=language), RENDERER)
    assert f'<html lang="{language}"' in mail.get_body(("html",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    assert "KAVO-MILU-47" in mail["Subject"]
