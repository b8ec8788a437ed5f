"""Wiring of the notify service."""

from functools import partial
from pathlib import Path
from typing import Any, cast

from services.notify import api
from services.notify.at import NotifyRuntime
from services.notify.consumers import NOTIFY
from services.notify.contact import api as contact
from services.notify.contact.jobs import give_up, pass_on_job
from services.notify.erasure import api as erasure
from services.notify.mails.handlers import DELIVER
from services.notify.mails.jobs import deliver_job, measure, prune
from services.notify.mails.render import Renderer
from services.notify.mails.sender import Post, Sender
from services.notify.mails.smtp import MailServer
from services.notify.settings import NotifySettings
from shared.runtime import Runtime
from shared.service import Service
from shared.timers import Timer


def _post(at: Runtime[Any]) -> Post:
    settings: NotifySettings = at.settings
    return Post(
        Renderer(settings.public_origin, mail_from=settings.mail_from, reply_to=settings.reply_to),
        MailServer.of(settings.smtp, timeout_s=settings.smtp_timeout_s, ca_file=settings.smtp_ca_file),
    )


SERVICE = Service(
    name="notify",
    folder=Path(__file__).parent,
    settings=NotifySettings,
    routers=[api.router, contact.router, erasure.router],
    consumers=lambda at: [NOTIFY],
    jobs=lambda at: {DELIVER: deliver_job(at.database), contact.PASS_ON: pass_on_job(cast(NotifyRuntime, at))},
    loops=lambda at: {"mails": Sender(at.database, at.keyring, at.own, at.settings).run},
    timers=lambda at: [
        Timer("mail metrics", 5.0, partial(measure, at.database), leader_only=False),
        Timer("unmailed questions", 3600.0, partial(give_up, at.database)),
        Timer("mail paces", 3600.0, partial(prune, at.database)),
    ],
    setup=_post,
    larger_bodies={contact.PATH: contact.MAX_BODY_BYTES},
)
