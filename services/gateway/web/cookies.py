"""The cookies of one request and of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.responses import Response

VISITOR_COOKIE = "immo_visitor"
LANGUAGE_COOKIE = "immo_language"
THEME_COOKIE = "immo_theme"
FLASH_COOKIE = "immo_flash"
FLASH_PURPOSE = "flash"
# By which identity knows a browser again; it says nothing else.
DEVICE_COOKIE = "immo_device"
# Said in this session that the card cannot be linked now.
LATER_COOKIE = "immo_eid_later"
LATER_PURPOSE = "eid-later"
# The claim of someone who signed in with an account of an older tool.
UPGRADE_COOKIE = "immo_upgrade"
# The invitation that a link from a mail brought along.
INVITATION_COOKIE = "immo_invitation"
INVITATION_PURPOSE = "invitation"
# The key to what was typed into a form whose session had ended.
TYPED_COOKIE = "immo_typed"
TYPED_PURPOSE = "typed"


@dataclass
class Jar:
    """All cookies are HttpOnly and SameSite=Lax, and Secure except on the machine's own address."""

    YEAR_S: ClassVar[int] = 31_536_000

    received: Mapping[str, str]
    secure: bool
    _changes: dict[str, tuple[str, int | None]] = field(default_factory=dict[str, tuple[str, int | None]])

    def get(self, name: str) -> str:
        """As it will be after this answer; empty where there is none."""
        if name in self._changes:
            return self._changes[name][0]
        return self.received.get(name, "")

    def given(self, name: str) -> str:
        """As it came with the request."""
        return self.received.get(name, "")

    def set(self, name: str, value: str, *, max_age_s: int | None = None) -> None:
        """max_age_s: None for as long as the browser is open."""
        self._changes[name] = (value, max_age_s)

    def drop(self, name: str) -> None:
        self._changes[name] = ("", 0)

    def send(self, response: Response) -> Response:
        for name, (value, max_age_s) in self._changes.items():
            response.set_cookie(
                name, value, max_age=max_age_s, path="/", httponly=True, samesite="lax", secure=self.secure
            )
        return response
