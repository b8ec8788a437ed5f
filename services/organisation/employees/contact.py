"""How someone is reached in an organisation."""

from services.organisation.fields import ContactBody
from services.organisation.organisations.handlers import Contact


def contact_of(body: ContactBody) -> Contact:
    return Contact(body.type, body.email, body.phone, body.fax)
