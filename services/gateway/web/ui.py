"""What the frame of every page needs to know."""

from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class AccountView:
    """The person in the header."""

    name: str
    first_name: str
    initials: str
    username: str
    is_pending: bool = False
    eid_linked: bool = False
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class ToolView:
    """The tool that the person is on the way to. logo: address of its drawing, empty where it has none."""

    id: str
    name: str
    monogram: str
    logo: str = ""


@dataclass(slots=True)
class Ui:
    """path: of this page with its query, where the language form returns to. request_id: of the tool's sign-in under way.

    stale: the access token has ended and cannot be renewed, so that only looking is possible. unread: notifications, 100 for that many
    and more. is_unreachable: mails to the person come back, and the page asks for another address. has_typed: a form holds what was
    typed before the session ended; unplaced: what was written then and has no field here.
    """

    csrf: str
    path: str
    theme: str = ""
    account: AccountView | None = None
    tool: ToolView | None = None
    request_id: str = ""
    flash: str = ""
    section: str = ""
    stale: bool = False
    unread: int = 0
    is_unreachable: bool = False
    has_typed: bool = False
    unplaced: list[str] = field(default_factory=list[str])

    @property
    def query(self) -> str:
        """What keeps the way to the tool, after a path without a query."""
        return f"?request={quote(self.request_id, safe='')}" if self.request_id else ""

    def to(self, path: str) -> str:
        """An address of ours that keeps the way to the tool."""
        query = self.query
        return path + (query.replace("?", "&", 1) if "?" in path else query)


def monogram(name: str) -> str:
    """One or two letters for a tool without a picture: its capitals, else its beginning. CadastreFinder: CF, bizMart: BM."""
    capitals = [letter for at, letter in enumerate(name) if letter.isupper() or at == 0]
    return "".join(capitals[:2]).upper() if len(capitals) > 1 else name[:2].capitalize()
