"""From a mail of the catalogue and its parameters to a message that any mail program shows well."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import idna
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from services.notify.mails.catalogue import MAILS
from services.notify.mails.mime import Header, two_parts
from services.notify.mails.rules import Addressee, on_one_line
from services.notify.preferences.topics import topic_of
from shared.i18n import N_, translator

FOLDER = Path(__file__).parents[1]
_AUTOMATIC = (
    Header("Auto-Submitted", "auto-generated"),
    Header("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),  # all but what says that it did not arrive
)
_ONE_CLICK = Header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
SENDER_NAME = "Immo-Connect"
_GREETING = N_("Hello {first_name},")
_GREETING_WITHOUT_NAME = N_("Hello,")
_USUAL = N_("You get this mail because you have an Immo-Connect account.")
_FIXED = N_("Mails of this kind cannot be switched off.")
_LAST = N_("You get this mail because you had an Immo-Connect account. It is the last one.")
_INVITED = N_(
    "You get this mail because somebody entered your address to invite you. If you do nothing, the invitation ends by itself."
)


@dataclass(frozen=True)
class Item:
    """One of several things that a mail is about. link: what the way to its screen is called, empty where there is none."""

    title: str
    link: str
    url: str


@dataclass(frozen=True)
class Section:
    """heading: the organisation; empty for what is about oneself."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Words:
    """A mail in the reader's language. code: grouped for reading, empty where there is none. url: of the button.

    why: one gets it, which is a msgid still; empty for the usual reason. may_stop: whether the reader can do without mails of its kind.
    """

    language: str
    subject: str
    greeting: str
    lines: tuple[str, ...]
    code: str
    button: str
    url: str
    why: str = ""
    may_stop: bool = False
    sections: tuple[Section, ...] = ()


class Renderer:
    """Holds the two templates. origin: of the platform's pages, `https://host`. sender: who the foot says has sent it."""

    def __init__(self, origin: str, *, mail_from: str, reply_to: str, sender: str = SENDER_NAME) -> None:
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._text: Template = environment.get_template("mail.txt")
        self._html: Template = environment.get_template("mail.html")
        self._origin = origin.rstrip("/")
        self.mail_from = mail_from
        self._domain = Address(addr_spec=mail_from).domain
        self._from = Header("From", str(Address(SENDER_NAME, addr_spec=mail_from)))
        self._reply_to = Header("Reply-To", reply_to)
        self._sender = sender

    @property
    def origin(self) -> str:
        return self._origin

    @property
    def domain(self) -> str:
        return self._domain

    def words(self, kind: str, addressee: Addressee, params: Mapping[str, object], *, code: str = "") -> Words:
        """params: everything that the placeholders of the mail name."""
        mail, t = MAILS[kind], translator(FOLDER, addressee.language)
        known = {**params, "first_name": addressee.first_name}
        return Words(
            language=t.language,
            subject=on_one_line(t.sentence(mail.subject, known)),
            greeting=t.sentence(_GREETING if addressee.first_name else _GREETING_WITHOUT_NAME, known),
            lines=tuple(t.sentence(line, known) for line in mail.lines),
            code=f"{code[:3]} {code[3:]}" if len(code) == 6 else code,
            button=t.gettext(mail.button) if mail.button else "",
            url=self._origin + mail.link.format_map(_Text(known)) if mail.link else "",
            why=_LAST if mail.last else _INVITED if mail.stranger else "",
            may_stop=topic_of(kind) is not None,
        )

    def message(self, words: Words, *, to: str, message_id: str, sent_at: str, stop_url: str = "") -> EmailMessage:
        """to: one address. sent_at: as the Date header has it. Raises ValueError for an address that is none.

        stop_url: by which the reader ends mails of this kind without signing in, of no account where they may not. Shown it leads to
        a page; a mail program's POST to it is the end of them at once (RFC 8058).
        """
        stop_url = stop_url if words.may_stop else ""
        headers = [
            Header("Subject", words.subject),
            self._from,
            Header("To", one_address(to)),
            self._reply_to,
            Header("Date", sent_at),
            Header("Message-ID", message_id),
            *_AUTOMATIC,
            Header("Content-Language", words.language),
        ]
        if stop_url:
            headers += [Header("List-Unsubscribe", f"<{stop_url}>", may_fold=False), _ONE_CLICK]
        context: dict[str, Any] = {
            "words": words,
            "small": self._small_print(words),
            "sender": self._sender,
            "stop_url": stop_url,
        }
        return two_parts(headers, text=self._text.render(context), html=self._html.render(context))

    def _small_print(self, words: Words) -> dict[str, str]:
        """Why one gets it, and how to stop it. Who has no account, or no more, has no settings either."""
        t = translator(FOLDER, words.language)
        may_choose = words.may_stop and not words.why
        return {
            "why": t.gettext(words.why or _USUAL),
            "fixed": "" if words.may_stop or words.why else t.gettext(_FIXED),
            "stop": t.gettext(N_("Stop mails of this kind")),
            "choose": t.gettext(N_("Choose which mails you get")) if may_choose else "",
            "choose_url": f"{self._origin}/notifications",
            "button_hint": t.gettext(N_("If the button does not work, copy this address into your browser:")),
            "slogan": t.gettext(N_("One account for every real-estate tool")),
        }


def one_address(email: str) -> str:
    """Also an internationalised one, which `Address` refuses. Whatever could end the header or start a second address is refused.

    Where only the domain is, it is written as every mail server takes it (`xn--`). Raises ValueError.
    """
    if email.count("@") != 1 or any(c.isspace() or not c.isprintable() or c in ",;<>()" for c in email):
        raise ValueError("not one address")
    local, _, domain = email.partition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}" if local.isascii() and not domain.isascii() else email


class _Text(dict[str, object]):
    """Ids in a path; an id that is missing is a mistake of the catalogue, found by its tests."""
