"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds, which is what all apps can). Pure."""

import hmac
import re
from datetime import datetime

from pyotp import random_base32
from pyotp.totp import TOTP

STEP_S = 30
SKEW_STEPS = (0, -1, 1)
ISSUER = "Immo-Connect"
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 bits in base32."""
    return random_base32(32)


def uri(secret: str, username: str) -> str:
    """What a QR code tells the app."""
    return TOTP(secret, interval=STEP_S).provisioning_uri(name=username, issuer_name=ISSUER)


def is_code(text: str) -> bool:
    """Whether it has the shape of one, and not of a recovery code. text: in its normal form."""
    return _CODE.fullmatch(text) is not None


def step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The time step that the code is of: the present one, the one before or after. None when it is wrong.

    after: no code of this step or before is taken, so that one that was seen is good for nothing.
    """
    generator, present = TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    fitting = [
        present + skew
        for skew in SKEW_STEPS
        if hmac.compare_digest(generator.generate_otp(present + skew).encode(), code.encode())
    ]
    return next((step for step in fitting if step > after), None)
