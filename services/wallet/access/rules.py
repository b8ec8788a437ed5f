"""Who may be let see a wallet, and who of staff has to do with it. Pure."""

from shared.errors import Forbidden, NotFound
from shared.markers import N_


class EmployeeNotFound(NotFound):
    code = "employee-not-found"
    message = N_("Nobody with this account works in the organisation at present.")


class OwnOrganisation(Forbidden):
    """Of staff who work in the organisation whose money it is, blocked or not."""

    code = "own-organisation"
    message = N_("You work in this organisation yourself. Ask a colleague to do this.")
