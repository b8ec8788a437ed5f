"""Who may be let see a wallet. Pure."""

from shared.errors import NotFound
from shared.markers import N_


class EmployeeNotFound(NotFound):
    code = "employee-not-found"
    message = N_("Nobody with this account works in the organisation at present.")
