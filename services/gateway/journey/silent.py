"""A tool that allows no screens (`prompt=none`): it gets its code where there is nothing to ask, and an error where there is."""

from starlette.responses import Response

from services.gateway.selection.asked import find_asked
from services.gateway.selection.start import Started, start
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem

# The person must do something, or show who they are.
SIGN_IN_FIRST = frozenset(("other-person", "session-ended", "sign-in-again", "token-invalid"))


async def answer_without_screens(visit: Visit, *, is_signed_in: bool) -> Response:
    """is_signed_in: as freshly as the tool wants it. For which organisation one comes is a question, unless the tool has named one in
    which there is a single way of starting it."""
    error = await _start(visit) if is_signed_in else "login_required"
    if isinstance(error, Response):
        return error
    answer = await visit.ask(f"/internal/authorizations/{visit.request_id}/cancel", {"error": error})
    return visit.redirect(str(answer["redirect_to"]))


async def _start(visit: Visit) -> Response | str:
    """The way on, or the protocol's word for why there is none."""
    if visit.tool is None or visit.asked_organisation is None:
        return "interaction_required"
    async with visit.at.database.acquire() as db:
        asked = await find_asked(db, visit, visit.tool, visit.asked_organisation)
    ways = [row["registration_id"] for row in asked.rows if row["rank"] == 0]
    if len(ways) != 1:
        return "interaction_required"
    try:
        outcome = await start(visit, visit.tool, ways[0])
    except RemoteProblem as problem:
        return "login_required" if problem.code in SIGN_IN_FIRST else "interaction_required"
    return visit.redirect(outcome.redirect_to) if isinstance(outcome, Started) else "interaction_required"
