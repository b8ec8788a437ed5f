"""What the story looks at: mail, the tool, the wallet and the pages, each through the people's own browsers."""

import re
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from deploy.local.demo.browser import Browser, Unexpected
from deploy.local.demo.people import Character, World

WAIT_S = 20.0


class Stage:
    """origin: of the platform; tool: of the demo tool; world: of the simulators."""

    def __init__(self, origin: str, tool: str, world: str) -> None:
        self.origin, self.tool = origin, tool
        self.world = World(world)
        self.ada = Character("Ada", "Lindeman", Browser(origin), recognitions=("ipi",))
        self.bram = Character("Bram", "Wouters", Browser(origin), recognitions=("fs323",))
        self.organisation_id = ""

    def code_of(self, person: Character, about: str = "") -> str:
        """about: words in the subject of the mail."""
        codes: list[str] = []

        def arrived() -> bool:
            for mail in self.world.mails_to(person.email):
                if about in mail["subject"]:
                    codes.extend(re.findall(r"^\s*([A-Z0-9]{3} ?[A-Z0-9]{3})\s*$", mail["text"], re.MULTILINE))
            return bool(codes)

        self.wait_until(arrived, f"{person.first_name} has a code by mail")
        return codes[0]

    def has_mail(self, person: Character, words: str) -> bool:
        return any(words in mail["subject"] + mail["text"] for mail in self.world.mails_to(person.email))

    def tool_session(self, person: Character) -> dict[str, Any]:
        return self.ask(person, "GET", f"{self.tool}/api/session")

    def tool_signed_out(self, person: Character) -> bool:
        return not self.tool_session(person).get("signed_in")

    def tool_post(self, order: str) -> Any:
        return self.ada.browser.call("POST", f"{self.tool}/api/extracts", json={"order_id": f"{self.ada.tag}-{order}"})

    def buy(self, order: str) -> dict[str, Any]:
        response = self.tool_post(order)
        if not response.ok:
            raise Unexpected(f"the tool's charge answered {response.status_code}: {response.text[:300]}")
        return response.json()

    def wallet_text(self) -> str:
        self.ada.browser.open(f"/organisations/{self.organisation_id}/wallet")
        return self.ada.browser.text

    def text_anew(self, person: Character) -> str:
        person.browser.open(person.browser.url)
        return person.browser.text

    def page_anew(self, person: Character) -> str:
        person.browser.open(person.browser.url)
        return str(person.browser.page)

    def start_button(self, person: Character) -> str:
        """The value of the first Start button, empty where there is none; looks at the page anew."""
        self.text_anew(person)
        button = person.browser.page.select_one('form[action*="/select/start"] button[name]')
        return str(button["value"]) if button else ""

    def ask(self, person: Character, method: str, address: str, **kwargs: Any) -> dict[str, Any]:
        response = person.browser.call(method, address, **kwargs)
        if not response.ok:
            raise Unexpected(f"{method} {address} answered {response.status_code}: {response.text[:400]}")
        return response.json()

    def expect_path(self, person: Character, path: str) -> None:
        if person.browser.path != path:
            raise Unexpected(
                f"{person.first_name} is at {person.browser.url}, not at {path}: {person.browser.text[:300]}"
            )

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = monotonic() + WAIT_S
        while not holds():
            if monotonic() > deadline:
                raise Unexpected(f"waited {WAIT_S:.0f} s in vain until {what}")
            sleep(0.1)
