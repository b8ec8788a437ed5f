"""The other way in: a proxy of one's own asks the browser for the card's certificate in the TLS handshake, and says which came.

Whoever can write the header is whoever it names. So it counts only where the connection itself comes from a configured proxy;
X-Forwarded-For, which anyone can write, decides nothing here.
"""

import ipaddress
import re
from typing import Annotated
from urllib.parse import unquote, urlencode

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.eid.pages import after_linking
from services.gateway.eid.proxy import PATH, EidProxy
from services.gateway.eid.sign_in import STRANGER_COOKIE, STRANGER_PURPOSE, signed_in_path
from services.gateway.web.access import anyone
from services.gateway.web.addresses import local_path
from services.gateway.web.errors import PageRoute
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem
from shared.errors import NotFound, Unavailable

MAX_HEADER_CHARS = 12_000
STRANGER_S = 120
_LOG = structlog.get_logger(__name__)
# RFC 9440: the DER, base64 between colons.
_CLIENT_CERT = re.compile(r":([A-Za-z0-9+/=]+):")

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Anyone = Annotated[Visit, anyone()]


@router.post(PATH)
async def take_certificate(visit: Anyone, next: str = "") -> Response:  # noqa: A002 - the name in the address
    """The answer leads back to the public origin: at the proxy's there is nothing but this."""
    proxy = visit.at.settings.eid_proxy
    if proxy is None:
        raise NotFound
    after = local_path(next, otherwise="")
    pem = certificate_of(visit.request, proxy)
    if pem is None:
        return _refused(visit, "no-certificate", after)
    try:
        body = {"certificate": pem, "session_token": _session_token(visit), **visit.browser}
        answer = await visit.ask("/internal/sessions/eid-certificate", body)
    except (RemoteProblem, Unavailable) as problem:
        return _refused(visit, problem.code, after)
    if "session" not in answer:
        packed = visit.own.signer.pack(STRANGER_PURPOSE, answer["stranger"])
        visit.jar.set(STRANGER_COOKIE, packed, max_age_s=STRANGER_S)
        return _lead(visit, f"/sign-in/card{_query(next=after)}")
    if "outcome" in answer:
        visit.open_session(answer["session"])
        return _lead(visit, after_linking(visit, answer["outcome"], after))
    return _lead(visit, signed_in_path(visit, answer["session"], after))


def certificate_of(request: Request, proxy: EidProxy) -> str | None:
    """The certificate as PEM; None where there is none that counts. A header from anywhere else is put on record, without what it says."""
    given = request.headers.get(proxy.header, "")
    if not given:
        return None
    if not _is_proxy(request, proxy) or len(request.headers.getlist(proxy.header)) != 1:
        peer = request.client.host if request.client else "unknown"
        _LOG.warning("certificate header ignored: it does not come from the configured proxy", peer=peer)
        return None
    if len(given) > MAX_HEADER_CHARS:
        return None
    match = _CLIENT_CERT.fullmatch(given.strip())
    if match is not None:
        return f"-----BEGIN CERTIFICATE-----\n{match[1]}\n-----END CERTIFICATE-----\n"
    return unquote(given)


def _session_token(visit: Visit) -> str:
    return visit.session_token if visit.signed is not None else ""


def _is_proxy(request: Request, proxy: EidProxy) -> bool:
    try:
        peer = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return any(peer in network for network in proxy.networks)


def _refused(visit: Visit, code: str, after: str) -> Response:
    page = "/sign-in/card" if visit.signed is None else "/eid"
    return _lead(visit, f"{page}{_query(next=after, refused=code)}")


def _query(**given: str) -> str:
    text = urlencode({name: value for name, value in given.items() if value})
    return f"?{text}" if text else ""


def _lead(visit: Visit, path: str) -> Response:
    return visit.redirect(f"{visit.at.settings.public_origin}{visit.to(path)}")
