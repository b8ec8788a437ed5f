"""Wiring of the organisation service."""

from pathlib import Path
from typing import Any

from services.organisation.at import Own
from services.organisation.decisions import api as decisions
from services.organisation.employees import api as employees
from services.organisation.erasure import api as erasure
from services.organisation.organisations import api as organisations
from services.organisation.organisations.register import CompanyRegister
from services.organisation.people.consumers import PEOPLE
from services.organisation.registrations import api as registrations
from services.organisation.settings import OrganisationSettings
from services.organisation.tools import api as tools
from services.organisation.tools.handlers import REASSESS_JOB
from services.organisation.tools.jobs import reassess_tool_job
from shared.runtime import Runtime
from shared.service import Service


def _own(at: Runtime[Any]) -> Own:
    return Own(CompanyRegister(at.settings.register_url))


SERVICE = Service(
    name="organisation",
    folder=Path(__file__).parent,
    settings=OrganisationSettings,
    routers=[
        organisations.router,
        employees.router,
        tools.router,
        registrations.router,
        decisions.router,
        erasure.router,
    ],
    consumers=lambda at: [PEOPLE],
    jobs=lambda at: {REASSESS_JOB: reassess_tool_job(at.database)},
    setup=_own,
)
