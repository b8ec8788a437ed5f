"""Password hashes of older tools: which notations are understood, and whether a password fits. Pure, and slow on purpose.

Notations that carry everything with them are libpass's to read. Plain digests are ours, because there the tool that wrote them decided
where the salt goes; so are those of ASP.NET Identity and Werkzeug, which libpass does not know.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, Literal, cast

from passlib.context import CryptContext

from shared.errors import Invalid
from shared.markers import N_

MAX_CHARS = 500
# What one verification may cost; above it a hash of a file could keep a thread busy for minutes.
MAX_COST = {
    "bcrypt": 14,
    "django_bcrypt": 14,
    "django_bcrypt_sha256": 14,
    "phpass": 18,
    "sha256_crypt": 1_000_000,
    "sha512_crypt": 1_000_000,
}
MAX_PBKDF2_ITERATIONS = 2_000_000
MAX_ARGON2_KIB, MAX_ARGON2_PASSES = 262_144, 16

_CONTEXT: Any = CryptContext(
    schemes=[
        "argon2", "django_argon2", "bcrypt", "django_bcrypt", "django_bcrypt_sha256", "sha512_crypt", "sha256_crypt", "md5_crypt",
        "apr_md5_crypt", "phpass", "pbkdf2_sha512", "pbkdf2_sha256", "pbkdf2_sha1", "django_pbkdf2_sha256", "django_pbkdf2_sha1",
        "django_salted_sha1", "django_salted_md5", "ldap_salted_sha1", "ldap_salted_md5", "ldap_sha1", "ldap_md5",
    ]
)  # fmt: skip

Digest = Literal["md5", "sha1", "sha256", "sha512"]
Order = Literal["password", "salt+password", "password+salt"]
_ALGORITHM = re.compile(r"(md5|sha1|sha256|sha512)(?:\((salt\+password|password\+salt|password)(-utf16)?\))?")
_WERKZEUG = re.compile(r"pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]{1,100})\$([0-9a-f]{20,128})")
_ASPNET_PRF = ("sha1", "sha256", "sha512")
_DIGEST_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
_BY_HEX_CHARS: dict[int, Digest] = {32: "md5", 40: "sha1"}


class HashUnreadable(Invalid):
    code = "hash-unreadable"
    message = N_("This is no password hash of a known kind.")


class HashTooCostly(Invalid):
    code = "hash-too-costly"
    message = N_("Checking this password hash would take too long.")


@dataclass(frozen=True)
class OldHash:
    """One notation in which everything stands that a check needs: `text` as the tool wrote it, or `digest:...` for plain digests."""

    text: str

    def fits(self, password: str) -> bool:
        """Passwords with other than plain characters are also tried in the encoding that older tools used."""
        is_right = self._fits(password.encode())
        old_form = None if password.isascii() else _in_old_encoding(password)
        return is_right or (old_form is not None and self._fits(old_form))

    def _fits(self, password: bytes) -> bool:
        kind, _, rest = self.text.partition(":")
        if kind == "digest":
            return _fits_digest(rest, password)
        if kind == "aspnet":
            return _fits_aspnet(base64.b64decode(rest), password)
        if kind == "pbkdf2":
            return _fits_werkzeug(self.text, password)
        try:
            return bool(_CONTEXT.verify(_as_long_as_read(self.text, password), self.text))
        except (ValueError, TypeError):
            return False


def read_hash(text: str, *, algorithm: str = "", salt: str = "") -> OldHash:
    """The hash as it stands in a file. Raises HashUnreadable, HashTooCostly.

    algorithm: for plain digests only, such as `sha1(salt+password)`; 32 or 40 hex digits alone are MD5 and SHA-1.
    salt: as text, or after `hex:` or `base64:`.
    """
    text = text.strip()
    if not text or len(text) > MAX_CHARS or not text.isascii():
        raise HashUnreadable(field="password_hash")
    if algorithm:
        return _plain_digest(text, algorithm.replace(" ", "").lower(), salt)
    found = _known_to_library(text) or _werkzeug(text) or _unsalted(text) or _aspnet(text)
    if found is None:
        raise HashUnreadable(field="password_hash")
    return found


def _known_to_library(text: str) -> OldHash | None:
    scheme: str | None = _CONTEXT.identify(text)
    if scheme is None:
        return None
    try:
        parsed: Any = _CONTEXT.handler(scheme).from_string(text)
    except (ValueError, TypeError) as error:
        raise HashUnreadable(field="password_hash") from error
    if scheme.startswith("django_salted") and not parsed.salt:
        return _from_bytes(cast(Digest, scheme.removeprefix("django_salted_")), "password", b"", parsed.checksum)
    cost: int = getattr(parsed, "rounds", 0)
    limit = MAX_ARGON2_PASSES if "argon2" in scheme else MAX_COST.get(scheme, MAX_PBKDF2_ITERATIONS)
    if cost > limit or getattr(parsed, "memory_cost", 0) > MAX_ARGON2_KIB:
        raise HashTooCostly(field="password_hash")
    return OldHash(text)


def _as_long_as_read(text: str, password: bytes) -> bytes:
    """bcrypt reads 72 bytes, and the tools that wrote such hashes let the rest of a password go by."""
    is_plain_bcrypt = text.startswith(("$2a$", "$2b$", "$2x$", "$2y$", "bcrypt$"))
    return password[:72] if is_plain_bcrypt else password


def _plain_digest(text: str, algorithm: str, salt: str) -> OldHash:
    """`digest:<name>:<order>[-utf16]:<salt>:<digest>`, the last two in hex."""
    match = _ALGORITHM.fullmatch(algorithm)
    if match is None:
        raise HashUnreadable(field="algorithm")
    name, order, utf16 = match[1], match[2] or ("salt+password" if salt else "password"), match[3] or ""
    if ("salt" in order) != bool(salt):
        raise HashUnreadable(field="salt")
    return _from_bytes(cast(Digest, name), order + utf16, _salt_bytes(salt), text)


def _from_bytes(name: Digest, order: str, salt: bytes, text: str) -> OldHash:
    """text: the digest in hex or base64."""
    size = _DIGEST_BYTES[name]
    try:
        digest = bytes.fromhex(text) if len(text) == 2 * size else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise HashUnreadable(field="password_hash") from error
    if len(digest) != size:
        raise HashUnreadable(field="password_hash")
    return OldHash(f"digest:{name}:{order}:{salt.hex()}:{digest.hex()}")


def _salt_bytes(salt: str) -> bytes:
    try:
        if salt.startswith("hex:"):
            return bytes.fromhex(salt[4:])
        if salt.startswith("base64:"):
            return base64.b64decode(salt[7:], validate=True)
        return salt.encode()
    except (ValueError, binascii.Error) as error:
        raise HashUnreadable(field="salt") from error


def _fits_digest(rest: str, password: bytes) -> bool:
    name, order, salt, digest = rest.split(":")
    if order.endswith("-utf16"):
        # The bytes are UTF-8 or cp1252 by now; only the first can be told back.
        password = password.decode("utf-8", "replace").encode("utf-16-le")
        order = order.removesuffix("-utf16")
    first, last = (bytes.fromhex(salt), password) if order == "salt+password" else (password, bytes.fromhex(salt))
    return hmac.compare_digest(hashlib.new(name, first + last).digest(), bytes.fromhex(digest))


def _unsalted(text: str) -> OldHash | None:
    name = _BY_HEX_CHARS.get(len(text))
    return _from_bytes(name, "password", b"", text) if name and re.fullmatch("[0-9a-fA-F]+", text) else None


def _werkzeug(text: str) -> OldHash | None:
    match = _WERKZEUG.fullmatch(text)
    if match is None:
        return None
    if not 1 <= int(match[2]) <= MAX_PBKDF2_ITERATIONS:
        raise HashTooCostly(field="password_hash")
    return OldHash(text)


def _fits_werkzeug(text: str, password: bytes) -> bool:
    head, salt, digest = text.split("$")
    _, name, iterations = head.split(":")
    expected = bytes.fromhex(digest)
    made = hashlib.pbkdf2_hmac(name, password, salt.encode(), int(iterations), len(expected))
    return hmac.compare_digest(made, expected)


def _aspnet(text: str) -> OldHash | None:
    """ASP.NET Identity: base64 of 0x00, salt (16), key (32); or of 0x01, function, iterations, length of salt (4 each), salt, key."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    if raw[:1] == b"\0":
        return OldHash(f"aspnet:{text}") if len(raw) == 49 else None
    if raw[:1] != b"\1" or len(raw) < 13 + 8 + 16:
        return None
    function, iterations, salt_bytes = (int.from_bytes(raw[at : at + 4], "big") for at in (1, 5, 9))
    if function >= len(_ASPNET_PRF) or not 8 <= salt_bytes <= len(raw) - 13 - 16 or iterations < 1:
        return None
    if iterations > MAX_PBKDF2_ITERATIONS:
        raise HashTooCostly(field="password_hash")
    return OldHash(f"aspnet:{text}")


def _fits_aspnet(raw: bytes, password: bytes) -> bool:
    if raw[0] == 0:
        name, iterations, salt, expected = "sha1", 1000, raw[1:17], raw[17:]
    else:
        function, iterations, salt_bytes = (int.from_bytes(raw[at : at + 4], "big") for at in (1, 5, 9))
        name, salt, expected = _ASPNET_PRF[function], raw[13 : 13 + salt_bytes], raw[13 + salt_bytes :]
    return hmac.compare_digest(hashlib.pbkdf2_hmac(name, password, salt, iterations, len(expected)), expected)


def _in_old_encoding(text: str) -> bytes | None:
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return None
