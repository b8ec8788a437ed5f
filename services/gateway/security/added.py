"""After a second factor was set up: recovery codes where there are none, else on."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from services.gateway.accounts.onward import go_on_to
from services.gateway.web.visit import Visit
from shared.markers import N_


async def after_adding(visit: Visit, answer: Mapping[str, Any]) -> Response:
    """answer: identity's, with the session that is stronger now."""
    visit.open_session(answer["session"])
    visit.say(N_("Done. From now on it is asked when you sign in."))
    if not answer["recovery_codes_left"]:
        return visit.redirect(visit.to("/security/recovery-codes"))
    return await go_on_to(visit, "/security")
