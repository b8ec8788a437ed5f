"""Which company register answers."""

from services.organisation.register.local import LocalRegister
from services.organisation.register.over_http import HttpRegister
from services.organisation.register.port import CompanyRegister, NoRegister
from services.organisation.settings import OrganisationSettings
from shared.db import Database


def register_of(settings: OrganisationSettings, database: Database) -> CompanyRegister:
    if settings.register_source == "local":
        return LocalRegister(database)
    if settings.register_source == "url" and settings.register_url is not None:
        return HttpRegister(settings.register_url)
    return NoRegister()
