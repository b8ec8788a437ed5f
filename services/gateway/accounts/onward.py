"""After each step: where the person goes next."""

from starlette.responses import Response

from services.gateway.help.terms import TERMS_VERSION
from services.gateway.journey.rules import BEFORE_ALL, Traveller, next_stop
from services.gateway.web.addresses import local_path
from services.gateway.web.cookies import INVITATION_COOKIE, LATER_COOKIE, LATER_PURPOSE, UPGRADE_COOKIE
from services.gateway.web.sessions import ACCOUNT_COOKIE, ACCOUNT_PURPOSE, SESSION_COOKIE
from services.gateway.web.visit import Visit


async def go_on(visit: Visit) -> Response:
    return visit.redirect(visit.to(next_path(visit)))


async def go_on_to(visit: Visit, wanted: str | None) -> Response:
    """Signed in: to the page that was asked for, unless a tool or something else comes first."""
    onward = local_path(wanted, otherwise="")
    if onward and not visit.request_id and next_path(visit) not in BEFORE_ALL:
        return visit.redirect(onward)
    return await go_on(visit)


def next_path(visit: Visit) -> str:
    """As things are after this answer, whose cookies may have changed the account."""
    facts = visit.own.signer.unpack(ACCOUNT_PURPOSE, visit.jar.get(ACCOUNT_COOKIE)) or {}
    needed = visit.authorization.acr if visit.authorization is not None else ""
    is_pending = bool(facts.get("is_pending", visit.signed is not None and visit.signed.person.acr == "pending"))
    return next_stop(
        Traveller(
            is_pending=is_pending,
            eid_linked=bool(facts.get("eid_linked")),
            acr=str(facts.get("acr") or (visit.signed.person.acr if visit.signed else "")),
            skips_eid=skips_eid(visit),
            needs_eid=needed == "eid",
            needs_second_factor=needed == "mfa",
            has_second_factor=bool(facts.get("has_second_factor")),
            has_tool=bool(visit.request_id),
            has_old_account=bool(visit.jar.get(UPGRADE_COOKIE)),
            has_invitation=bool(visit.jar.get(INVITATION_COOKIE)),
            terms_outdated=(facts.get("terms_version") or TERMS_VERSION) != TERMS_VERSION,
        )
    )


def way_to_stronger(visit: Visit, needed: str | None) -> str:
    """Where a session becomes as strong as identity says that the tool needs it."""
    if needed != "mfa":
        return "/eid"
    facts = visit.own.signer.unpack(ACCOUNT_PURPOSE, visit.jar.get(ACCOUNT_COOKIE)) or {}
    return "/confirm" if facts.get("has_second_factor") else "/security/second-factor"


def skips_eid(visit: Visit) -> bool:
    """Said in this session, so that the next sign-in asks again."""
    session = visit.jar.get(SESSION_COOKIE)
    return bool(session) and visit.own.signer.is_tag(visit.jar.get(LATER_COOKIE), LATER_PURPOSE, session)


def skip_eid(visit: Visit) -> None:
    visit.jar.set(LATER_COOKIE, visit.own.signer.tag(LATER_PURPOSE, visit.session_token))
