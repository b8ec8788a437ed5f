"""Help: every question is answered in every language, every code leads to an answer, and words lead to both."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from services.gateway.help.library import FOLDER, TOPICS, Library
from services.gateway.help.meanings import MEANINGS
from services.gateway.help.pointers import ARTICLE_OF
from shared.errors import Problem
from shared.i18n import LANGUAGES
from shared.problems import HTTP_REFUSALS
from tests.gateway.conftest import Gateway, text_of

LIBRARY = Library()
SLUGS = [subject.slug for subject in LIBRARY.subjects]
_LINK = re.compile(r'href="([^"]+)"')
TEMPLATES = FOLDER.parent / "templates"
# What articles may link besides each other.
PAGES = ("/account/notifications", "/docs/events", "/notifications", "/organisations", "/recognitions")
_STRUCTURE = re.compile(r'<(p|ol|ul|li|h2|a href="[^"]+")>')

# What the questions of the platform's and its tools' users are about, and where each is answered.
SUBJECTS = {
    "what the account is": "what-is-immo-connect",
    "languages": "languages",
    "asking support, office hours, what to send along": "ask-for-help",
    "creating an account": "create-account",
    "ways to sign in": "sign-in",
    "why a personal address": "personal-address",
    "why activation": "activation-code",
    "changing a profile": "edit-profile",
    "a forgotten password": "forgotten-password",
    "changing a password": "change-password",
    "changing username or address": "username-and-address",
    "erasing an account": "erase-account",
    "which mails come": "mails",
    "accounts of older tools": "old-accounts",
    "a username or address that exists": "account-exists",
    "why an eID": "why-eid",
    "an eID linked elsewhere": "eid-other-account",
    "installing on Windows and Mac, the Firefox extension, the eID test, old systems": "install-eid",
    "a certificate that does not arrive": "certificate-not-read",
    "a card or reader that is not seen": "reader-not-seen",
    "the keychain's password on a Mac": "pin-on-mac",
    "recognitions and how long they take": "recognitions-missing",
    "where the wallet is": "wallet",
    "topping up": "top-up",
    "transactions and their export": "transactions",
    "receipts": "receipts-and-invoices",
    "adding an organisation": "add-organisation",
    "awaiting confirmation": "awaiting-confirmation",
    "choosing and switching organisation": "choose-organisation",
    "what a manager is": "manager",
    "confirming employees": "confirm-employees",
    "data of organisations and employees": "change-organisation-data",
    "which recognitions a tool needs, and a tool that cannot be registered": "register-tool",
    "giving access to a tool": "give-access",
    "the mandated recognition": "tool-suspended",
    "plans": "plans",
    "registering a syndic": "syndic-register",
    "changes, costs and representatives of syndics": "syndic-changes",
    "the law on money laundering and who may use the tool": "aml-about",
    "employee and officer, becoming one and stepping down": "aml-roles",
    "contacts, risk profiles, transactions, documents, search": "aml-contacts",
    "increased vigilance and reports": "aml-vigilance",
    "what a calculation costs": "aml-price",
}


def _problems() -> Iterator[type[Problem]]:
    import services
    import shared

    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    waiting = [Problem]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind is not Problem and kind.__module__.split(".")[0] in ("services", "shared"):
            yield kind


def test_every_subject_is_answered() -> None:
    assert set(SUBJECTS.values()) - set(SLUGS) == set()
    assert {subject.topic for subject in LIBRARY.subjects} == set(TOPICS)
    assert len(SLUGS) == len(set(SLUGS))


def test_every_article_exists_in_every_language_and_nothing_else_lies_about() -> None:
    files = {path.name for path in (FOLDER / "articles").iterdir()}
    assert files == {f"{slug}.{language}.md" for slug in SLUGS for language in LANGUAGES}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_article_has_the_same_structure_in_every_language(slug: str) -> None:
    articles = {language: LIBRARY.shelf(language).articles[slug] for language in LANGUAGES}
    structures = {language: _STRUCTURE.findall(one.html) for language, one in articles.items()}
    assert all(structure == structures["en"] for structure in structures.values()), structures
    assert len({one.text for one in articles.values()}) == len(LANGUAGES)
    assert all(one.title and one.title[0] != "#" and one.html for one in articles.values())


def test_every_code_that_can_be_answered_leads_to_an_article() -> None:
    codes = {kind.code for kind in _problems() if "code" in vars(kind)}
    codes |= {code for code, _ in HTTP_REFUSALS.values()} | {"internal"} | MEANINGS.keys()
    assert len(codes) > 200
    known = [code for subject in LIBRARY.subjects for code in subject.codes]
    unanswered = sorted(code for code in codes if LIBRARY.answer_to(code, "en") is None)
    assert unanswered == [], "name them at an article in services/gateway/help/articles.toml"
    assert len(known) == len(set(known)), "a code has one answer"


async def test_links_in_articles_lead_somewhere(gateway: Gateway) -> None:
    """To an article, to a page of ours that a stranger may see or is led to sign in for, or out by https."""
    for language in LANGUAGES:
        for one in LIBRARY.shelf(language).articles.values():
            for link in _LINK.findall(one.html):
                is_known = link.removeprefix("/help/") in (*SLUGS, "contact")
                assert is_known or link in PAGES or link.startswith("https://"), f"{one.slug}.{language}: {link}"
    for page in PAGES:
        answer = await gateway.http.get(page)
        assert answer.status_code in (200, 303), page
        assert "/sign-in" in answer.headers.get("location", "/sign-in"), page


def test_pages_point_to_articles_that_exist() -> None:
    templates = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    assert ARTICLE_OF.keys() - templates == set()
    assert set(ARTICLE_OF.values()) - set(SLUGS) == set()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_help_and_people_are_reached_from_every_page(gateway: Gateway, language: str) -> None:
    gateway.http.cookies.set("immo_language", language)
    for path in ("/", "/sign-in", "/sign-up", "/forgotten", "/no-such-page", "/help", "/terms"):
        page = (await gateway.http.get(path)).text
        assert 'href="/help"' in page, path
        assert 'href="/help/contact"' in page, path
    assert 'href="/help/sign-in"' in (await gateway.http.get("/sign-in")).text
    assert 'href="/help/create-account"' in (await gateway.http.get("/sign-up")).text


@pytest.mark.parametrize(
    ("language", "asked", "found"),
    [
        ("en", "password", "change-password"),
        ("en", "forgot my passwords", "forgotten-password"),
        ("fr", "recharger le portefeuille", "top-up"),
        ("fr", "reçus", "receipts-and-invoices"),
        ("fr", "recu", "receipts-and-invoices"),
        ("fr", "gestionnaires", "manager"),
        ("nl", "kaartlezer", "why-eid"),
        ("nl", "wachtwoord vergeten", "forgotten-password"),
        ("de", "Lesegeräte", "reader-not-seen"),
        ("de", "Quittung", "receipts-and-invoices"),
        ("en", "wachtwoord", "forgotten-password"),
        ("en", "certif", "certificate-not-read"),
        ("fr", "REÇUS", "receipts-and-invoices"),
        ("fr", "mot de passe oublie", "forgotten-password"),
        ("fr", "beneficiaire", "aml-contacts"),
        ("de", "uberweisung", "top-up"),
        ("de", "Überweisung", "top-up"),
        ("de", "ueberweisung", "top-up"),
        ("nl", "formulier geweigerd", "form-refused"),
    ],
)
def test_words_lead_to_their_article(language: str, asked: str, found: str) -> None:
    assert found in [one.slug for one in LIBRARY.search(asked, language)][:3]


@pytest.mark.parametrize("asked", ["", "   ", "xyzzyq", "%", "<script>", "\x00", "a" * 5000, "' OR 1=1"])
def test_odd_questions_find_nothing_and_break_nothing(asked: str) -> None:
    assert all(one.slug in SLUGS for one in LIBRARY.search(asked, "fr"))


async def test_who_searches_sees_answers_or_the_way_to_people(gateway: Gateway) -> None:
    gateway.http.cookies.set("immo_language", "fr")
    page = await gateway.http.get("/help/search", params={"q": "mot de passe oublié"})
    assert 'href="/help/forgotten-password"' in page.text
    nothing = await gateway.http.get("/help/search", params={"q": "<b>xyzzyq</b>"})
    assert 'href="/help/contact"' in nothing.text
    assert "<b>xyzzyq" not in nothing.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_article_is_a_page(gateway: Gateway, language: str) -> None:
    gateway.http.cookies.set("immo_language", language)
    index = (await gateway.http.get("/help")).text
    for slug in SLUGS:
        assert f'href="/help/{slug}"' in index
        title = " ".join(LIBRARY.shelf(language).articles[slug].title.split())
        assert title in text_of(await gateway.http.get(f"/help/{slug}"))
    assert (await gateway.http.get("/help/no-such-question")).status_code == 404


async def test_a_code_shows_its_meaning_and_the_article(gateway: Gateway) -> None:
    gateway.http.cookies.set("immo_language", "en")
    page = text_of(await gateway.http.get("/help/errors/code-wrong"))
    assert MEANINGS["code-wrong"].title in page
    assert LIBRARY.shelf("en").articles["activation-code"].title in page
    assert LIBRARY.shelf("en").articles["plans"].title in text_of(await gateway.http.get("/help/errors/plan-over"))
