"""A person's browser for the story: pages, links and forms over public HTTP, as somebody with JavaScript switched off has them."""

from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import mechanicalsoup
import requests
from bs4 import BeautifulSoup

TIMEOUT_S = 20.0


class Unexpected(Exception):
    """The platform did something else than the story says."""


class Browser:
    """One person's cookies, current page and language; `answer` is what the last address answered.

    Every page that answers with an error ends the story with what it said.
    """

    def __init__(self, origin: str, *, language: str = "en") -> None:
        self.origin = origin
        self.answer = requests.Response()
        self._soup = mechanicalsoup.StatefulBrowser(soup_config={"features": "lxml"})
        self._soup.session.headers["Accept-Language"] = language

    @property
    def url(self) -> str:
        return cast(str, self._soup.url)

    @property
    def session(self) -> requests.Session:
        """With the person's cookies."""
        return self._soup.session

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def page(self) -> BeautifulSoup:
        page = self._soup.page
        if page is None:
            raise Unexpected(f"{self.url} is no page")
        return page

    @property
    def text(self) -> str:
        """What a reader sees in the main part of the page, on one line."""
        return " ".join((self.page.find("main") or self.page).get_text(" ").split())

    def cookie(self, name: str) -> str:
        return cast(str, self._soup.session.cookies[name])

    def open(self, address: str) -> None:
        """address: absolute, or a path on the platform."""
        self._arrive(self._soup.open(urljoin(self.origin, address), timeout=TIMEOUT_S))

    def follow(self, href_part: str) -> None:
        """Follow the first link whose address contains `href_part`."""
        link = self.page.select_one(f'a[href*="{href_part}"]')
        if link is None:
            raise Unexpected(f"{self.url} has no link to {href_part}")
        self.open(urljoin(self.url, str(link["href"])))

    def submit(self, action_part: str, values: dict[str, str] | None = None, *, button: str | None = None) -> None:
        """Fill in and send the form whose action contains `action_part`. button: the value of the button that is pressed."""
        form = self.page.select_one(f'form[action*="{action_part}"]')
        if form is None:
            raise Unexpected(f"{self.url} has no form for {action_part}: {self.text[:300]}")
        self._soup.select_form(form)
        for name, value in (values or {}).items():
            self._soup[name] = value
        pressed = form.select_one(f'button[value="{button}"]') if button else None
        self._soup.get_current_form().choose_submit(pressed or False)
        self._arrive(self._soup.submit_selected(timeout=TIMEOUT_S))

    def call(self, method: str, address: str, **kwargs: Any) -> requests.Response:
        """What a script in the page would ask for, with the browser's cookies; the page stays."""
        headers = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(self.url)), **kwargs.pop("headers", {})}
        url = urljoin(self.url, address)
        return self._soup.session.request(method, url, headers=headers, timeout=TIMEOUT_S, **kwargs)

    def expect(self, *parts: str) -> None:
        """The page's text must contain every part."""
        missing = [part for part in parts if part not in self.text]
        if missing:
            raise Unexpected(f"{self.url} does not say {missing}: {self.text[:600]}")

    def _arrive(self, response: requests.Response) -> None:
        self.answer = response
        if response.status_code >= 400:
            raise Unexpected(
                f"{response.request.method} {response.url} answered {response.status_code}: {self.text[:600]}"
            )
