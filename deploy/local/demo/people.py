"""The people of the story, made afresh each time it is played, and what the world outside knows of them."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import requests

from deploy.local.demo.browser import TIMEOUT_S, Browser, Unexpected


@dataclass
class Character:
    """Someone with a browser. email and username are unique to this telling."""

    first_name: str
    last_name: str
    browser: Browser
    recognitions: tuple[str, ...] = ()
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: str = field(default_factory=lambda: f"velvet-otter-{secrets.token_hex(6)}")
    card: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.tag}@example.com".lower()

    @property
    def username(self) -> str:
        return f"{self.first_name}.{self.last_name}.{self.tag}".lower()


def enterprise_number() -> str:
    """Ten digits that nobody has, with the right check digits; the last of the first eight is not 0, so the register knows it."""
    first = f"0{secrets.randbelow(900_000) + 100_000}{secrets.randbelow(9) + 1}"
    return f"{first}{97 - int(first) % 97:02d}"


class World:
    """Mail, registry and cards outside the platform, as the simulators offer them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        return self._call("GET", "/mail/api/messages", params={"to": address})

    def issue_card(self, person: Character) -> dict[str, Any]:
        return self._call(
            "POST",
            "/cards",
            json={
                "first_name": person.first_name,
                "last_name": person.last_name,
                "recognitions": list(person.recognitions),
                "algorithm": "ES384",
            },
        )

    def set_recognition(self, national_number: str, kind: str, *, valid: bool) -> None:
        action = "grant" if valid else "lapse"
        self._call("POST", f"/registry/control/{action}", json={"national_number": national_number, "kind": kind})

    def transfer(self, **transfer: Any) -> None:
        """Pay by bank transfer to the platform's account."""
        self._call("POST", "/bank/transfers", json=transfer)

    def bank_statement(self) -> tuple[str, bytes]:
        """Of what was transferred since the last one: the file's name and content."""
        name: str = self._call("POST", "/bank/statements")["name"]
        response = self._session.get(f"{self._url}/bank/statements/{name}", timeout=TIMEOUT_S)
        response.raise_for_status()
        return name, response.content

    def charge_back(self, reference: str) -> None:
        """The payer's bank takes a payment back."""
        self._call("POST", f"/payments/control/payments/{reference}/chargeback")

    def set_manners(self, simulator: str, modes: list[str]) -> None:
        self._call("POST", f"/{simulator}/control/behaviour", json={"modes": modes})

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        response = self._session.request(method, self._url + path, timeout=TIMEOUT_S, **kwargs)
        if not response.ok:
            raise Unexpected(f"{method} {path} answered {response.status_code}: {response.text[:300]}")
        return response.json() if response.content else None
