"""What the endpoints of this service have at hand."""

from dataclasses import dataclass, field
from typing import Annotated

from services.organisation.decisions.groups import Questions
from services.organisation.decisions.subjects import Subjects
from services.organisation.register.port import CompanyRegister
from services.organisation.settings import OrganisationSettings
from shared.pictures import Pictures
from shared.runtime import Runtime, runtime


@dataclass
class Own:
    register: CompanyRegister
    questions: Questions
    subjects: Subjects = field(default_factory=Subjects)
    pictures: Pictures = field(default_factory=Pictures)

    async def close(self) -> None:
        await self.register.close()


class OrganisationRuntime(Runtime[OrganisationSettings]):
    """The runtime as `app.py` sets it up."""

    own: Own


At = Annotated[OrganisationRuntime, runtime()]
