"""Wiring of the notify service."""

from functools import partial
from pathlib import Path
from typing import Any, cast

from services.notify.at import NotifyRuntime
from services.notify.bounces import api as bounces
from services.notify.bounces.jobs import Inspector
from services.notify.bounces.jobs import measure as measure_bounces
from services.notify.bounces.jobs import prune as prune_bounces
from services.notify.bounces.return_paths import ReturnPaths
from services.notify.consumers import NOTIFY
from services.notify.contact import api as contact
from services.notify.contact.jobs import give_up, pass_on_job
from services.notify.erasure import api as erasure
from services.notify.mails.handlers import DELIVER
from services.notify.mails.jobs import deliver_job, measure, prune
from services.notify.mails.render import Renderer
from services.notify.mails.sender import Post, Sender
from services.notify.mails.smtp import MailServer
from services.notify.notifications import api as notifications
from services.notify.notifications import live
from services.notify.notifications.ear import Ear
from services.notify.notifications.jobs import forget_old
from services.notify.own import Own
from services.notify.preferences import api as preferences
from services.notify.preferences.tokens import Unsubscribes
from services.notify.previews import api as previews
from services.notify.settings import NotifySettings
from services.notify.webhooks import api as webhooks
from services.notify.webhooks import letters as webhook_letters
from services.notify.webhooks import numbering, operator_api, staff_api
from services.notify.webhooks.consumers import WEBHOOKS
from services.notify.webhooks.handlers import Desk
from services.notify.webhooks.jobs import tell_job
from services.notify.webhooks.outlet import Outlet
from services.notify.webhooks.sender import Outside, WebhookSender
from services.notify.webhooks.subjects import Subjects
from services.notify.webhooks.tail import Tail
from shared.runtime import Runtime
from shared.service import Service
from shared.timers import Timer


def _post(at: Runtime[Any]) -> Post:
    settings: NotifySettings = at.settings
    return Post(
        Renderer(
            settings.public_origin,
            mail_from=settings.mail_from,
            reply_to=settings.reply_to,
            sender=settings.mail_sender,
        ),
        MailServer.of(settings.smtp, timeout_s=settings.smtp_timeout_s, ca_file=settings.smtp_ca_file),
        Unsubscribes(settings.public_origin, settings.unsubscribe_key or settings.service_key),
        ReturnPaths(settings.bounce_address, settings.service_key),
    )


def _own(at: Runtime[Any]) -> Own:
    settings: NotifySettings = at.settings
    outside = Outside(
        Outlet(own_machine=settings.is_demo),
        Subjects(lambda: at.client("identity")),
        at.keyring,
        settings.public_origin,
    )
    post = _post(at)
    known = {name: getattr(post, name) for name in post.__dataclass_fields__}
    return Own(
        **known,
        ear=Ear(at.database, at.stopping),
        inspector=Inspector(at.database, settings.bounces, post.return_paths, post.renderer.domain),
        webhooks=Desk(at.database, outside, lambda: at.client("identity")),
        tail=Tail(at.database, at.stopping),
    )


SERVICE = Service(
    name="notify",
    folder=Path(__file__).parent,
    settings=NotifySettings,
    routers=[
        preferences.router,
        preferences.links,
        notifications.router,
        live.router,
        contact.router,
        bounces.router,
        erasure.router,
        webhooks.router,
        staff_api.router,
        operator_api.router,
        previews.router,
    ],
    consumers=lambda at: [NOTIFY, WEBHOOKS],
    jobs=lambda at: {
        DELIVER: deliver_job(at.database),
        contact.PASS_ON: pass_on_job(cast(NotifyRuntime, at)),
        webhook_letters.TELL: tell_job(cast(NotifyRuntime, at)),
    },
    loops=lambda at: {
        "mails": Sender(at.database, at.keyring, at.own, at.settings).run,
        "tool events": numbering.Numbering(at.database).run,
        "webhooks": WebhookSender(at.database, at.own.webhooks.outside).run,
    },
    timers=lambda at: [
        Timer("webhook metrics", 5.0, partial(numbering.measure, at.database), leader_only=False),
        Timer("old tool events", 3600.0, partial(numbering.prune, at.database)),
        Timer("mail metrics", 5.0, partial(measure, at.database), leader_only=False),
        Timer("unmailed questions", 3600.0, partial(give_up, cast(NotifyRuntime, at))),
        Timer("old notifications", 3600.0, partial(forget_old, at.database, at.settings.notifications_keep_days)),
        Timer("mails that came back", at.settings.bounces_every_s, at.own.inspector.look),
        Timer("addresses without mail", 30.0, partial(measure_bounces, at.database), leader_only=False),
        Timer("old bounces", 3600.0, partial(prune_bounces, at.database)),
        Timer("mail paces", 3600.0, partial(prune, at.database)),
    ],
    setup=_own,
    larger_bodies={contact.PATH: contact.MAX_BODY_BYTES, bounces.PATH: bounces.MAX_BODY_BYTES},
)
