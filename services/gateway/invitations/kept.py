"""The invitation that a browser came with: out of the address at once, and kept until it is answered."""

from dataclasses import asdict, dataclass

from services.gateway.web.cookies import INVITATION_COOKIE, INVITATION_PURPOSE
from services.gateway.web.visit import Visit

KEPT_S = 86_400


@dataclass(frozen=True)
class Kept:
    """email: to which it went, once that is known."""

    token: str
    email: str = ""


def keep(visit: Visit, kept: Kept) -> None:
    visit.jar.set(INVITATION_COOKIE, visit.own.signer.pack(INVITATION_PURPOSE, asdict(kept)), max_age_s=KEPT_S)


def kept_of(visit: Visit) -> Kept | None:
    known = visit.own.signer.unpack(INVITATION_PURPOSE, visit.jar.get(INVITATION_COOKIE))
    return Kept(**known) if known else None


def drop(visit: Visit) -> None:
    visit.jar.drop(INVITATION_COOKIE)
