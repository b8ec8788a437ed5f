"""A mail of two equal parts, text and HTML, in a fifth of the library's time.

The library takes each header apart when it is set and folds it anew when it is written, and encodes text character by character. Here
headers that need neither are written as they stand, and text is encoded by the C function; reading a header still gives the library's.
"""

from binascii import b2a_qp
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from typing import Any

MAX_LINE_CHARS = 78
BOUNDARY = "=_two_parts_of_one_mail"
"""Quoted-printable writes no `=_`, so no text holds it."""


class Header(str):
    """A header's value as it is written. may_fold: long ones are broken by the library; an address of a page must not be, for no mail
    program reads it then.
    """

    name: str
    may_fold: bool

    def __new__(cls, name: str, value: str, *, may_fold: bool = True) -> "Header":
        """Raises ValueError for a value that would start another header."""
        if "\r" in value or "\n" in value:
            raise ValueError(f"line break in {name}")
        header = super().__new__(cls, value)
        header.name = name
        header.may_fold = may_fold
        return header

    def fold(self, *, policy: Policy) -> str:
        if not self.may_fold or (self.isascii() and len(self.name) + len(self) + 2 <= MAX_LINE_CHARS):
            return f"{self.name}: {self}{policy.linesep}"
        return _LIBRARY.header_factory(self.name, str(self)).fold(policy=policy)


class _Policy(EmailPolicy):
    def header_max_count(self, name: str) -> None:
        """Nothing here sets a header twice; the library makes a class for each look."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return (
            self.header_factory(name, str(value))
            if isinstance(value, Header)
            else super().header_fetch_parse(name, value)
        )


_LIBRARY = EmailPolicy(utf8=True, linesep="\r\n")
_POLICY = _Policy(utf8=True, linesep="\r\n")
_QUOTED_PRINTABLE = Header("Content-Transfer-Encoding", "quoted-printable")
_VERSION = Header("MIME-Version", "1.0")
_ALTERNATIVE = Header("Content-Type", f'multipart/alternative; boundary="{BOUNDARY}"')
_KINDS = {subtype: Header("Content-Type", f'text/{subtype}; charset="utf-8"') for subtype in ("plain", "html")}


def two_parts(headers: Iterable[Header], *, text: str, html: str) -> EmailMessage:
    """text, html: with line feeds at the ends of lines."""
    message = EmailMessage(policy=_POLICY)
    for header in (*headers, _VERSION, _ALTERNATIVE):
        message[header.name] = header
    message.attach(_part("plain", text))
    message.attach(_part("html", html))
    return message


def _part(subtype: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = _KINDS[subtype]
    part["Content-Transfer-Encoding"] = _QUOTED_PRINTABLE
    part.set_payload(b2a_qp(text.encode()).decode("ascii"))
    return part
