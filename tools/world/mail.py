"""The mail catcher: takes every mail, delivers none, and shows them on a page."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Annotated, Any, Literal
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from tools.world.store import Document, Store
from tools.world.world import WorldOf

KIND = "mail"
KEPT = 2_000
MAX_BYTES = 5_000_000
BOUNCING_DOMAIN = "@bounce.example"
# A mail may be styled and may open links in a new tab; it may not run, load or send anything.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)

router = APIRouter(prefix="/mail", tags=["mail"])


class Refusal(BaseModel):
    seconds: float = Field(ge=0, le=86_400)


class Catcher:
    """What aiosmtpd calls. An address at bounce.example does not exist, as far as anyone can tell."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused_until(self._store):
            return "451 4.3.2 Not taking mail for a while, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower().endswith(BOUNCING_DOMAIN):
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        recipients = [str(address) for address in envelope.rcpt_tos]
        self._store.put(KIND, uuid4().hex, mail_of(raw, recipients), label=" ".join(recipients).lower())
        self._store.keep_newest(KIND, KEPT)
        return "250 2.0.0 Kept"

    def protocol(self) -> SMTP:
        return SMTP(self, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, ident="Immo-Connect mail catcher")


def refuse_for(store: Store, seconds: float) -> str:
    until = (_now() + timedelta(seconds=seconds)).isoformat()
    store.put("mail-refusal", "until", {"until": until})
    return until


def refused_until(store: Store) -> str | None:
    """Return until when mail is refused, None when it is taken."""
    until = (store.find("mail-refusal", "until") or {}).get("until", "")
    return until if until > _now().isoformat() else None


def mail_of(raw: bytes, recipients: list[str]) -> dict[str, Any]:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return {
        "to": recipients,
        "from": str(message["from"] or ""),
        "subject": str(message["subject"] or ""),
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "headers": {name: str(value) for name, value in message.items()},
        "received_at": _now().isoformat(),
    }


def _part(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part else None


def _now() -> datetime:
    return datetime.now(UTC)


def _shown(document: Document) -> dict[str, Any]:
    return {"id": document.position, **document.body}


def _get(store: Store, mail_id: int) -> dict[str, Any]:
    found = store.oldest(KIND, after=mail_id - 1, limit=1)
    if not found or found[0].position != mail_id:
        raise HTTPException(404, "No such mail")
    return _shown(found[0])


@router.get("/api/messages")
async def messages(
    world: WorldOf, to: str = "", after: int = 0, limit: Annotated[int, Query(ge=1, le=KEPT)] = 200
) -> list[dict[str, Any]]:
    """The newest mails, oldest of them first. to: one address, exact but for case; after: the last id already seen."""
    newest = world.store.newest(KIND, label=to.strip().lower(), limit=limit)
    return [_shown(document) for document in reversed(newest) if document.position > after]


@router.post("/api/refuse")
async def refuse(refusal: Refusal, world: WorldOf) -> dict[str, str]:
    """Refuse all mail for a while, as a mail server that is down for maintenance does; 0 ends it."""
    return {"until": refuse_for(world.store, refusal.seconds)}


@router.get("", response_class=HTMLResponse)
async def box(
    request: Request, world: WorldOf, to: str = "", show: int = 0, view: Literal["html", "text"] = "html"
) -> HTMLResponse:
    """The list beside the mail chosen, or the newest."""
    mails = [_shown(document) for document in world.store.newest(KIND, label=to.strip().lower(), limit=200)]
    chosen = _get(world.store, show) if show else (mails[0] if mails else None)
    as_text = chosen is None or view == "text" or chosen["html"] is None
    values: dict[str, Any] = {"mails": mails, "chosen": chosen, "to": to, "opened": bool(show), "as_text": as_text}
    return HTMLResponse(world.page(request, "mail.html", **values))


@router.get("/{mail_id}/html", response_class=HTMLResponse)
async def as_html(mail_id: int, world: WorldOf) -> HTMLResponse:
    """The HTML part alone, for the sandboxed frame of the page."""
    html = _get(world.store, mail_id)["html"]
    if html is None:
        raise HTTPException(404, "This mail has no HTML part")
    framed = f'<base target="_blank">{html}'
    return HTMLResponse(framed, headers={"Content-Security-Policy": MAIL_POLICY})
