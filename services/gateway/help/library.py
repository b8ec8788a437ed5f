"""The articles: questions and answers as files, one for each language, read at the first question in that language."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path

from markdown_it import MarkdownIt
from markupsafe import Markup

from services.gateway.help.searching import Index
from shared.i18n import LANGUAGES
from shared.markers import N_

FOLDER = Path(__file__).parent
TOPICS: Mapping[str, str] = {
    "start": N_("First things"),
    "account": N_("Your account"),
    "eid": N_("Your identity card"),
    "organisations": N_("Organisations and colleagues"),
    "tools": N_("Tools and recognitions"),
    "wallet": N_("Wallet and payments"),
    "real-estate": N_("Questions about particular tools"),
    "problems": N_("When something is refused"),
}
"""In the order of the page; titles are msgids."""

_BY_ENDING = (
    (("-not-found", "-not-there"), "not-allowed"),
    (("-unavailable",), "out-of-reach"),
    (
        ("-changed-meanwhile", "-invalid", "-missing", "-unreadable", "-too-long", "-too-short", "-too-large"),
        "form-refused",
    ),
)
"""What answers a code that no article names, as codes are formed everywhere."""

_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class Subject:
    """One question in every language. codes: of the problems that it answers."""

    slug: str
    topic: str
    codes: tuple[str, ...] = ()
    is_asked_most: bool = False


@dataclass(frozen=True)
class Article:
    """html: of the answer; nothing in it comes from outside."""

    subject: Subject
    title: str
    html: Markup

    @property
    def slug(self) -> str:
        return self.subject.slug

    @property
    def text(self) -> str:
        return unescape(_TAG.sub(" ", self.html))

    @property
    def beginning(self) -> str:
        """Of the answer, for a list of what was found."""
        words = self.text.split()
        return " ".join(words[:28]) + (" …" if len(words) > 28 else "")


@dataclass
class Shelf:
    """All articles in one language."""

    articles: dict[str, Article]
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(self.language, {slug: (one.title, one.text) for slug, one in self.articles.items()})

    language: str = "en"

    def by_topic(self) -> list[tuple[str, list[Article]]]:
        """With the msgid of each topic's title."""
        return [
            (title, [one for one in self.articles.values() if one.subject.topic == topic])
            for topic, title in TOPICS.items()
        ]

    def asked_most(self) -> list[Article]:
        return [one for one in self.articles.values() if one.subject.is_asked_most]


class Library:
    """Reads a language when somebody asks in it, and keeps it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder / "articles"
        self._markdown = MarkdownIt("commonmark", {"html": False})
        self.subjects = subjects_in(folder / "articles.toml")
        self._by_code = {code: subject.slug for subject in self.subjects for code in subject.codes}
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, language: str) -> Shelf:
        shelf = self._shelves.get(language)
        if shelf is None:
            articles = {subject.slug: self._read(subject, language) for subject in self.subjects}
            shelf = self._shelves[language] = Shelf(articles, language=language)
        return shelf

    def answer_to(self, code: str, language: str) -> Article | None:
        """The article about a problem's code."""
        slug = self._by_code.get(code) or _slug_by_ending(code)
        return self.shelf(language).articles[slug] if slug else None

    def search(self, query: str, language: str) -> list[Article]:
        """The best first. Whoever finds nothing in the language of the page may have asked in another one."""
        for asked_in in (language, *(other for other in LANGUAGES if other != language)):
            found = self.shelf(asked_in).index.search(query)
            if found:
                return [self.shelf(language).articles[slug] for slug in found]
        return []

    def _read(self, subject: Subject, language: str) -> Article:
        title, _, body = (self._folder / f"{subject.slug}.{language}.md").read_text(encoding="utf-8").partition("\n")
        html = Markup(self._markdown.render(body))  # noqa: S704 - our own text, and the renderer escapes HTML
        return Article(subject, title.removeprefix("# "), html)


def _slug_by_ending(code: str) -> str | None:
    return next((slug for endings, slug in _BY_ENDING if code.endswith(endings)), None)


def subjects_in(path: Path) -> tuple[Subject, ...]:
    with path.open("rb") as file:
        entries = tomllib.load(file)["article"]
    return tuple(replace(Subject(**entry), codes=tuple(entry.get("codes", ()))) for entry in entries)
