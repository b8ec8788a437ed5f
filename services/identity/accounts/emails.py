"""Mail addresses: how they are written, and when two are the same. Pure."""

import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

from services.identity.accounts.problems import EmailInvalid


def normalise_email(text: str, *, allow_test_domains: bool = False, field: str = "email") -> str:
    """The address in its usual form, internationalised ones too; the network is not asked. Raises EmailInvalid.

    The domain is written in its own script, also where it was typed as `xn--`; the local part keeps its case.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=allow_test_domains)
    except EmailNotValidError as error:
        raise EmailInvalid(field=field) from error
    return found.normalized


def email_key(text: str) -> str:
    """What "the same address" means, for whatever was typed: `Zoé@BÜCHER.example` is `zoé@xn--bcher-kva.example`.

    Mail servers that tell case apart are a thing of the past, impostors are not.
    """
    local, at, domain = text.strip().rpartition("@")
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())
    return f"{local}{at}{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except UnicodeError:
        return unicodedata.normalize("NFC", domain).casefold()
