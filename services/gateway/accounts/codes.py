"""Codes as people enter them."""

import re

from services.gateway.web.forms import Form
from services.gateway.web.refusals import Refusal
from services.gateway.web.visit import Visit
from shared.client import RemoteProblem


def entered(visit: Visit) -> str:
    """Whatever was pasted around it: case, spaces and hyphens do not count."""
    return re.sub(r"[^0-9A-Za-z]", "", visit.fields.get("code", "")).upper()[:20]


def refused_code(visit: Visit, refusal: Refusal) -> Form:
    """What is wrong with a code stands at its field, whoever said it of the whole form."""
    form = visit.refused(refusal)
    if form.general and isinstance(refusal, RemoteProblem):
        form.errors["code"], form.general = form.general, ""
    return form
