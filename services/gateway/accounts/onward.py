"""After each step: where the person goes next."""

from starlette.responses import Response

from services.gateway.help.terms import TERMS_VERSION
from services.gateway.journey.rules import Traveller, next_stop
from services.gateway.web.sessions import ACCOUNT_COOKIE, ACCOUNT_PURPOSE, SESSION_COOKIE
from services.gateway.web.visit import Visit

LATER_COOKIE = "immo_eid_later"
LATER_PURPOSE = "eid-later"


async def go_on(visit: Visit) -> Response:
    return visit.redirect(visit.to(next_path(visit)))


def next_path(visit: Visit) -> str:
    """As things are after this answer, whose cookies may have changed the account."""
    facts = visit.own.signer.unpack(ACCOUNT_PURPOSE, visit.jar.get(ACCOUNT_COOKIE)) or {}
    needs_eid = visit.authorization is not None and visit.authorization.needs_eid
    is_pending = bool(facts.get("is_pending", visit.signed is not None and visit.signed.person.acr == "pending"))
    return next_stop(
        Traveller(
            is_pending=is_pending,
            eid_linked=bool(facts.get("eid_linked")),
            acr=str(facts.get("acr") or (visit.signed.person.acr if visit.signed else "")),
            skips_eid=skips_eid(visit),
            needs_eid=needs_eid,
            has_tool=bool(visit.request_id),
            terms_outdated=(facts.get("terms_version") or TERMS_VERSION) != TERMS_VERSION,
        )
    )


def skips_eid(visit: Visit) -> bool:
    """Said in this session, so that the next sign-in asks again."""
    session = visit.jar.get(SESSION_COOKIE)
    return bool(session) and visit.own.signer.is_tag(visit.jar.get(LATER_COOKIE), LATER_PURPOSE, session)


def skip_eid(visit: Visit) -> None:
    visit.jar.set(LATER_COOKIE, visit.own.signer.tag(LATER_PURPOSE, visit.session_token))
