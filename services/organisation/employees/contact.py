"""How someone is reached in an organisation, as they type it."""

from services.organisation.fields import ContactBody
from services.organisation.organisations.handlers import Contact
from shared.errors import Problem, Violations
from shared.phones import checked_number


def contact_of(body: ContactBody, *, field: str = "") -> Contact:
    """Numbers are kept as one reads them aloud. field: of the whole body, with a dot at its end. Raises Violations."""
    numbers: dict[str, str | None] = {"phone": body.phone, "fax": body.fax}
    errors: list[Problem] = []
    for name, typed in numbers.items():
        try:
            numbers[name] = checked_number(typed, field=field + name).written if typed else None
        except Problem as problem:
            errors.append(problem)
    if errors:
        raise Violations(errors)
    return Contact(body.type, body.email, numbers["phone"], numbers["fax"])
