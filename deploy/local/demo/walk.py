"""A walk through the whole site: every page that one person reaches by links, each kind of page a few times."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup, Tag

from deploy.local.demo.browser import TIMEOUT_S

_PART = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+|[0-9a-f]{12,}")
_LEAVES = ("/oauth2/", "/back-to-tool", "/internal/")


@dataclass(frozen=True)
class Seen:
    """One answer, after what it led on to. kind: its path with ids replaced, and the names in its query.

    soup: None where it is no page (a file).

    came_from: the address of the page with the link, empty where the walk began.
    """

    address: str
    kind: str
    status: int
    came_from: str
    size_bytes: int
    soup: BeautifulSoup | None = field(repr=False)

    @property
    def title(self) -> str:
        return self.soup.title.get_text(strip=True) if self.soup and self.soup.title else ""

    @property
    def language(self) -> str:
        return str(self.soup.html["lang"]) if self.soup and self.soup.html and self.soup.html.has_attr("lang") else ""

    @property
    def headings(self) -> list[str]:
        return [one.get_text(" ", strip=True) for one in self.soup.find_all("h1")] if self.soup else []

    @property
    def missing_anchors(self) -> list[str]:
        """Links to a place on the same page that is not there."""
        links = self.soup.select('a[href^="#"]') if self.soup else []
        return [str(one["href"]) for one in links if self.soup and not self.soup.find(id=str(one["href"])[1:])]


class Walk:
    """session: with the person's cookies. at_most: how many pages of a kind are looked at."""

    def __init__(self, origin: str, session: requests.Session, *, at_most: int = 2) -> None:
        self._origin, self._session, self._at_most = origin, session, at_most

    def pages(self, starts: Sequence[str]) -> Iterator[Seen]:
        waiting = deque((urljoin(self._origin, start), "") for start in starts)
        known = {address for address, _ in waiting}
        of_kind: Counter[str] = Counter()
        while waiting:
            address, came_from = waiting.popleft()
            kind = kind_of(address)
            if of_kind[kind] >= self._at_most:
                continue
            of_kind[kind] += 1
            seen = self.look(address, came_from)
            yield seen
            for link in self._links(seen):
                if link not in known:
                    known.add(link)
                    waiting.append((link, address))

    def look(self, address: str, came_from: str = "") -> Seen:
        """Where it leads to another page of the site, that page; where it leads out of the site, only that it does."""
        response = self._session.get(address, timeout=TIMEOUT_S, allow_redirects=False)
        for _ in range(5):
            onward = urljoin(response.url, response.headers.get("location", ""))
            if not response.is_redirect or not onward.startswith(f"{self._origin}/"):
                break
            response = self._session.get(onward, timeout=TIMEOUT_S, allow_redirects=False)
        is_page = response.headers.get("content-type", "").startswith("text/html")
        soup = BeautifulSoup(response.content, "lxml") if is_page else None
        return Seen(response.url, kind_of(response.url), response.status_code, came_from, len(response.content), soup)

    def _links(self, seen: Seen) -> Iterator[str]:
        for link in seen.soup.select("a[href]") if seen.soup else []:
            address = urldefrag(urljoin(seen.address, str(link["href"]))).url
            if address.startswith(f"{self._origin}/") and not urlsplit(address).path.startswith(_LEAVES):
                yield address


def kind_of(address: str) -> str:
    """`/organisations/{}/employees?filter`: pages of one kind are alike but for whom they are about."""
    parts = urlsplit(address)
    path = "/".join("{}" if _PART.fullmatch(part) else part for part in parts.path.split("/"))
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - {"request"})
    return f"{path}?{'&'.join(names)}" if names else path


def texts_of(soup: BeautifulSoup) -> Iterator[str]:
    """Everything that a reader is told, piece by piece: text, and what attributes say."""
    for text in soup.find_all(string=True):
        if isinstance(text.parent, Tag) and text.parent.name not in ("script", "style", "code", "pre"):
            yield " ".join(str(text).split())
    for name in ("aria-label", "title", "placeholder", "alt", "data-label"):
        for tag in soup.find_all(attrs={name: True}):
            yield " ".join(str(tag[name]).split())
