"""Everything that takes a right away, while somebody works in the tool: each time the platform tells the tool to end the session."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from deploy.local.demo.browser import Browser, Unexpected
from deploy.local.demo.people import Character
from deploy.local.demo.stage import WAIT_S
from deploy.local.demo.story import Story

LOOK_EVERY_S = 0.02
CAUSES = (
    "recognition lapsed",
    "mandate gone",
    "blocked",
    "removed",
    "role withdrawn",
    "registration ended",
    "organisation closed",
    "account erased",
)


@dataclass(frozen=True)
class Cause:
    """take: what takes the right away. give_back: what makes all as before, for the next cause."""

    story: Story
    person: Character
    take: Callable[[], None]
    give_back: Callable[[], None] = lambda: None


class Withdrawals(Story):
    """In Ada's agency, where Bram works. tool_log: where the tool notes which back-channel logouts it got."""

    def __init__(self, origin: str, tool: str, world: str, tool_log: Path) -> None:
        super().__init__(origin, tool, world)
        self._another = lambda: Withdrawals(origin, tool, world, tool_log)
        self._tool_log = tool_log

    def prepare(self) -> None:
        self._found_agency()
        self.arrive(self.bram)
        self.ask_to_join()
        self.confirm()

    def lose(self, cause: str) -> float:
        """Seconds from the answer to the change until the tool had been told and its session was over. Raises Unexpected."""
        about = self._cause(cause)
        about.story.start_tool(about.person, open_it=True)
        sid = self.tool_session(about.person)["sid"]
        about.take()
        try:
            return self._until_over(about.person, sid)
        finally:
            about.give_back()

    def _until_over(self, person: Character, sid: str) -> float:
        began = monotonic()
        while not (self._is_told(sid) and self.tool_signed_out(person)):
            if monotonic() - began > WAIT_S:
                raise Unexpected(f"after {WAIT_S:.0f} s the tool had not been told, or had not ended the session")
            sleep(LOOK_EVERY_S)
        return monotonic() - began

    def _is_told(self, sid: str) -> bool:
        return f"back-channel logout of {sid} " in self._tool_log.read_text(errors="replace")

    def _cause(self, name: str) -> Cause:
        ada, bram = self.ada, self.bram
        change = self._change_bram
        return {
            "recognition lapsed": lambda: self._lapse(bram, "fs323"),
            "mandate gone": lambda: self._lapse(ada, "ipi"),
            "blocked": lambda: Cause(self, bram, lambda: change("block"), lambda: change("activate")),
            "removed": lambda: Cause(self, bram, lambda: change("remove"), lambda: self._let_in(bram)),
            "role withdrawn": lambda: Cause(self, bram, lambda: self._set_role(None), lambda: self._set_role("user")),
            "registration ended": lambda: Cause(self, bram, self._end_registration, self._register_again),
            "organisation closed": self._close,
            "account erased": self._erase,
        }[name]()

    # What takes a right away, and what gives it back.

    def _lapse(self, person: Character, kind: str) -> Cause:
        number = person.card["national_number"]
        return Cause(
            self,
            self.bram,
            lambda: self.world.set_recognition(number, kind, valid=False),
            lambda: self.world.set_recognition(number, kind, valid=True),
        )

    def _close(self) -> Cause:
        """An agency that nobody needs afterwards."""
        other = self._another()
        other._found_agency()
        return Cause(other, other.ada, lambda: other._api(other.ada, "POST", f"{other._agency}/close"))

    def _erase(self) -> Cause:
        """Somebody whom nobody needs afterwards."""
        cleo = Character("Cleo", "Maes", Browser(self.origin), recognitions=("fs323",))
        self.arrive(cleo)
        self._let_in(cleo)

        def erase() -> None:
            self._api(cleo, "POST", "account/erasure")
            self._api(cleo, "POST", "account/erasure/confirm", {"code": self.code_of(cleo, "erased")})

        return Cause(self, cleo, erase)

    def _change_bram(self, action: str) -> None:
        self._api(self.ada, "POST", f"{self._agency}/employees/{self.bram_account_id}/{action}")

    def _let_in(self, person: Character) -> None:
        data = {"type": "employee", "email": person.email}
        account_id = self._api(person, "GET", "account")["id"]
        self._api(person, "POST", f"{self._agency}/requests", data)
        access = [{"registration_id": self._registration_id(), "role": "user"}]
        self._api(self.ada, "POST", f"{self._agency}/employees/{account_id}/confirm", {**data, "access": access})

    def _set_role(self, role: str | None) -> None:
        body = {"changes": [{"account_id": self.bram_account_id, "role": role}]}
        self._api(self.ada, "PUT", f"{self._agency}/registrations/{self._registration_id()}/access", body)

    def _end_registration(self) -> None:
        self._api(self.ada, "POST", f"{self._agency}/registrations/{self._registration_id()}/end")

    def _register_again(self) -> None:
        self.register_tool()
        self._set_role("user")

    def _found_agency(self) -> None:
        for scene in (self.come_from_tool, self.sign_up, self.activate, self.link_eid):
            scene(self.ada)
        self.see_recognition(self.ada, "IPI")
        self.create_organisation()
        self.register_tool()

    @property
    def _agency(self) -> str:
        return f"organisations/{self.organisation_id}"

    def _registration_id(self) -> str:
        (registration,) = self._api(self.ada, "GET", f"{self._agency}/registrations/mine")
        return registration["registration_id"]

    def _api(self, person: Character, method: str, path: str, body: Any = None) -> Any:
        """As a script of the person's own would call it, with the access token of their pages."""
        person.browser.open("/organisations")  # renews the token where it is needed
        token = person.browser.cookie("immo_access")
        bearer = {"Authorization": f"Bearer {token}"}
        response = person.browser.call(method, f"/api/{path}", json=body, headers=bearer)
        if not response.ok:
            raise Unexpected(f"{method} {path} answered {response.status_code}: {response.text[:400]}")
        return response.json() if response.content else None
