"""Which addresses the gateway leads on to. Pure."""

import re
from urllib.parse import urlsplit

REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_PATH = 2000


def local_path(given: str | None, *, otherwise: str = "/") -> str:
    """A path on this site, or `otherwise`: never another host, whatever browsers make of slashes, backslashes and control characters."""
    if not given or len(given) > MAX_PATH or not given.startswith("/") or given.startswith("//"):
        return otherwise
    if "\\" in given or any(ord(character) <= 0x20 or ord(character) == 0x7F for character in given):
        return otherwise
    parts = urlsplit(given)
    return otherwise if parts.scheme or parts.netloc or "//" in parts.path else given


def referring_path(referer: str | None, public_origin: str) -> str:
    """The page of ours that somebody comes from, or the empty string. referer: as the browser says it."""
    url = urlsplit(referer or "")
    if not referer or not same_origin(f"{url.scheme}://{url.netloc}", public_origin):
        return ""
    return local_path(f"{url.path}?{url.query}" if url.query else url.path, otherwise="")


def request_id_of(given: str | None) -> str:
    """The id of a tool's sign-in under way, or the empty string."""
    return given if given and REQUEST_ID.fullmatch(given) else ""


def same_origin(given: str | None, public_origin: str) -> bool:
    """Whether an Origin header, where there is one, is ours. Browsers send `null` for what comes from nowhere trustworthy."""
    return given is None or given == public_origin
