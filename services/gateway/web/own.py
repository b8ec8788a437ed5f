"""What a gateway process has besides the kit's runtime."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from services.gateway.help.library import Library
from services.gateway.journey.authorizations import Authorizations
from services.gateway.model.catalogue import Catalogue
from services.gateway.notifications.hub import Hub
from services.gateway.notifications.unread import Unread
from services.gateway.passthrough import upstreams_of
from services.gateway.settings import GatewaySettings
from services.gateway.web.assets import Assets
from services.gateway.web.fragments import Fragments
from services.gateway.web.sessions import Sessions
from services.gateway.web.signing import Signer
from services.gateway.web.templates import Templates
from shared.pictures import Pictures
from shared.rate_limit import RateLimit
from shared.runtime import Runtime

At = Runtime[GatewaySettings]

# The screen whose time counts, and all that it is made of.
SELECTION = ("selection/index.html", "selection/cards.html", "selection/card.html", "layout.html", "parts/top.html")


@dataclass(frozen=True)
class Own:
    assets: Assets
    templates: Templates
    signer: Signer
    sessions: Sessions
    catalogue: Catalogue
    authorizations: Authorizations
    sign_ins: RateLimit
    proposals: RateLimit
    questions: RateLimit
    unread: Unread
    hub: Hub
    library: Library = field(default_factory=Library)
    pictures: Pictures = field(default_factory=Pictures)
    fragments: Fragments = field(default_factory=Fragments)
    upstreams: dict[str, httpx.AsyncClient] = field(default_factory=dict[str, httpx.AsyncClient])


def own_of(at: Runtime[Any]) -> Own:
    return at.own


def make_own(at: Runtime[Any]) -> Own:
    settings: GatewaySettings = at.settings
    assets = Assets(with_demo=settings.is_demo)
    demo = {"mail_url": f"{settings.world_url}/mail"} if settings.is_demo and settings.world_url else None
    signer = Signer(settings.secret)
    unread = Unread(at)
    templates = Templates(assets, demo=demo)
    templates.warm_up(SELECTION)
    return Own(
        assets=assets,
        templates=templates,
        signer=signer,
        sessions=Sessions(at, stale_s=settings.stale_session_s),
        catalogue=Catalogue(at.database),
        authorizations=Authorizations(at),
        sign_ins=RateLimit(settings.sign_ins_per_minute),
        proposals=RateLimit(settings.sign_ins_per_minute * 4),
        questions=RateLimit(settings.questions_per_minute),
        unread=unread,
        hub=Hub(at, unread),
        upstreams=upstreams_of(settings),
    )
