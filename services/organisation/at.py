"""What the endpoints of this service have at hand."""

from typing import Annotated

from services.organisation.organisations.register import CompanyRegister
from services.organisation.settings import OrganisationSettings
from shared.runtime import Runtime, runtime


class OrganisationRuntime(Runtime[OrganisationSettings]):
    """The runtime as `app.py` sets it up."""

    own: CompanyRegister


At = Annotated[OrganisationRuntime, runtime()]
