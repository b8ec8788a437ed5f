"""A username and a password as somebody typed them."""

from services.gateway.web.forms import Form
from services.gateway.web.visit import Visit
from shared.markers import N_


def left_empty(visit: Visit) -> Form | None:
    """Nobody need be asked whether nothing at all is right."""
    form = Form.of(visit.fields)
    if not form.values["identifier"].strip():
        form.errors["identifier"] = visit.words.gettext(N_("Enter your username or e-mail address."))
    if not form.values["password"]:
        form.errors["password"] = visit.words.gettext(N_("Enter your password."))
    return form if form.has_errors else None
