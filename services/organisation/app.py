"""Wiring of the organisation service."""

from pathlib import Path
from typing import Any

from services.organisation.at import Own
from services.organisation.closing import api as closing
from services.organisation.data import api as data
from services.organisation.data import operator_api as data_operator
from services.organisation.decisions import api as decisions
from services.organisation.decisions.groups import Questions
from services.organisation.employees import api as employees
from services.organisation.employees import list_api as employee_list
from services.organisation.employees import person_api as one_employee
from services.organisation.employees.jobs import old_lookups
from services.organisation.erasure import api as erasure
from services.organisation.history import api as history
from services.organisation.invitations import api as invitations
from services.organisation.invitations import link_api as invitation_links
from services.organisation.invitations.ending import FORGET_KEY
from services.organisation.invitations.handlers import SEND
from services.organisation.invitations.jobs import forget_job, invitations_over, send_job
from services.organisation.lists import api as lists
from services.organisation.lists.handlers import REASSESS_LISTED
from services.organisation.lists.jobs import reassess_listed_job
from services.organisation.organisations import api as organisations
from services.organisation.people.consumers import PEOPLE
from services.organisation.pictures import api as pictures
from services.organisation.register.configured import register_of
from services.organisation.registrations import access_api, ended_api, request_api
from services.organisation.registrations import api as registrations
from services.organisation.registrations.jobs import old_requests
from services.organisation.settings import OrganisationSettings
from services.organisation.tools import api as tools
from services.organisation.tools import operator_api, staff_api
from services.organisation.tools.handlers import REASSESS_JOB
from services.organisation.tools.jobs import older_terms, reassess_tool_job
from shared.pictures import MAX_UPLOAD_BYTES
from shared.runtime import Runtime
from shared.service import Service


def _own(at: Runtime[Any]) -> Own:
    return Own(register_of(at.settings, at.database), Questions(at.database))


SERVICE = Service(
    name="organisation",
    folder=Path(__file__).parent,
    settings=OrganisationSettings,
    routers=[
        organisations.router,
        data.router,
        data_operator.router,
        closing.router,
        pictures.router,
        employees.router,
        employee_list.router,
        one_employee.router,
        tools.router,
        operator_api.router,
        staff_api.router,
        lists.router,
        registrations.router,
        ended_api.router,
        access_api.router,
        request_api.router,
        decisions.router,
        erasure.router,
        invitations.router,
        invitation_links.router,
        history.router,
    ],
    consumers=lambda at: [PEOPLE],
    jobs=lambda at: {
        REASSESS_JOB: reassess_tool_job(at.database),
        REASSESS_LISTED: reassess_listed_job(at.database),
        SEND: send_job(at),
        FORGET_KEY: forget_job(at),
    },
    timers=lambda at: [
        old_requests(at.database),
        old_lookups(at.database),
        older_terms(at.database),
        invitations_over(at),
    ],
    setup=_own,
    larger_bodies={pictures.UPLOADS: MAX_UPLOAD_BYTES},
)
