"""Wiring of the notify service."""

from pathlib import Path
from typing import Any

from services.notify import api
from services.notify.consumers import NOTIFY
from services.notify.erasure import api as erasure
from services.notify.mails.handlers import DELIVER
from services.notify.mails.jobs import Post, deliver_job
from services.notify.mails.render import Renderer
from services.notify.mails.smtp import Mailer
from services.notify.settings import NotifySettings
from shared.runtime import Runtime
from shared.service import Service


def _post(at: Runtime[Any]) -> Post:
    settings: NotifySettings = at.settings
    return Post(
        Renderer(settings.public_origin, mail_from=settings.mail_from, reply_to=settings.reply_to),
        Mailer(settings.smtp, connections=settings.smtp_connections, timeout_s=settings.smtp_timeout_s),
    )


SERVICE = Service(
    name="notify",
    folder=Path(__file__).parent,
    settings=NotifySettings,
    routers=[api.router, erasure.router],
    consumers=lambda at: [NOTIFY],
    jobs=lambda at: {DELIVER: deliver_job(at.database, at.keyring, at.own)},
    setup=_post,
)
