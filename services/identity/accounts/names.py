"""Names of people, and the username that is proposed from them. Pure."""

import re
import unicodedata
from collections.abc import Iterator

from anyascii import anyascii

from services.identity.accounts.problems import NameInvalid, NameMissing, UsernameInvalid, UsernameTooShort

MAX_NAME_CHARS = 100
MIN_USERNAME_CHARS, MAX_USERNAME_CHARS = 6, 40
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_MARKS = "'’‘ʼ-‐.·,"


def clean_name(name: str, *, field: str) -> str:
    """One line, as the person writes it. Raises NameMissing, NameInvalid.

    Letters of any script, and the marks that names have. No digits, slashes or signs: a name is put into mails to strangers, and
    must not be able to hold an address or an offer.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise NameMissing(field=field)
    fits = all(unicodedata.category(char)[0] in "LM" or char in _MARKS or char == " " for char in name)
    if not fits or len(name) > MAX_NAME_CHARS or not any(unicodedata.category(char)[0] == "L" for char in name):
        raise NameInvalid(field=field)
    return name


def check_username(username: str) -> str:
    """The username as it will be shown. Raises UsernameTooShort, UsernameInvalid.

    Only plain letters, digits, dots, hyphens and underscores: two that look the same are the same, and none looks like a mail address.
    """
    username = username.strip()
    if len(username) < MIN_USERNAME_CHARS:
        raise UsernameTooShort(field="username", min_length=MIN_USERNAME_CHARS)
    if len(username) > MAX_USERNAME_CHARS or _USERNAME.fullmatch(username) is None:
        raise UsernameInvalid(field="username", max_length=MAX_USERNAME_CHARS)
    return username


def username_key(username: str) -> str:
    """What "the same username" means."""
    return username.lower()


def username_base(first_name: str, last_name: str) -> str:
    """`jan.vandenbossche`, `sean.oneil`, `jean-pierre.muller-lukasz`: may be too short, is never empty.

    Particles and apostrophes are joined to the name, hyphens stay, of several first names only the first counts. Other scripts
    are written in plain letters, as in `eleni.papadopoyloy`; where nothing is left it is `user`.
    """
    first = _plain(first_name.split()[0] if first_name.split() else "")
    last = _plain("".join(last_name.split()))
    base = ".".join(part for part in (first, last) if part)[:MAX_USERNAME_CHARS]
    return base.strip(".-") or "user"


def username_candidates(base: str, *, count: int) -> Iterator[str]:
    """The base itself, then with growing numbers; each one is a valid username.

    base: as `username_base` gives it.
    """
    if len(base) >= MIN_USERNAME_CHARS:
        yield base
    digits = max(1, MIN_USERNAME_CHARS - len(base))
    first = 2 if digits == 1 else 10 ** (digits - 1)
    numbers = range(first, first + count + 1)
    stem = base[: MAX_USERNAME_CHARS - len(str(numbers[-1]))].rstrip(".-")
    yield from (stem + str(number) for number in numbers if stem + str(number) != base)


def _plain(text: str) -> str:
    kept = re.sub(r"[^a-z0-9-]", "", anyascii(unicodedata.normalize("NFC", text)).lower())
    return re.sub(r"-{2,}", "-", kept).strip("-")
