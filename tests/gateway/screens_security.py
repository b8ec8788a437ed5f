"""The screens of second factors, fresh proof, sessions and devices."""

from typing import Any

from services.gateway.security.authenticator import qr_code
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import LONG, journey, ui

SECRET = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
PASSKEY: dict[str, Any] = {
    "id": LONG, "name": "Téléphone de Nora", "is_synced": True, "created_at": "2025-01-07T10:00:00+00:00",
    "last_used_at": "2025-02-01T08:30:00+00:00", "is_last": True,
}  # fmt: skip
KEY = {**PASSKEY, "name": "Clé de sécurité", "is_synced": False, "last_used_at": None}
NONE: dict[str, Any] = {
    "passkeys": [], "passkeys_available": True, "totp_since": None, "recovery_codes_left": 0, "few_codes": False,
}  # fmt: skip
ALL = {
    **NONE,
    "passkeys": [PASSKEY, KEY],
    "totp_since": "2025-01-07T10:00:00+00:00",
    "recovery_codes_left": 2,
    "few_codes": True,
}
SESSION: dict[str, Any] = {
    "id": LONG, "is_this": True, "browser": "Firefox", "system": "Windows", "network": "192.0.2.x", "tools": [],
    "created_at": "2025-01-07T10:00:00+00:00", "last_seen_at": "2025-01-07T12:00:00+00:00",
}  # fmt: skip
ELSEWHERE = {
    **SESSION,
    "is_this": False,
    "browser": "Mobile Safari",
    "system": "iOS",
    "tools": ["CadastreFinder", "CIBweb"],
}
NOWHERE = {**SESSION, "is_this": False, "browser": "", "system": "", "network": ""}
WRONG = wrong(code="Ce code n’est pas le bon.")
HERE: dict[str, Any] = {"ui": ui(), "here": "/security"}
PROOF: dict[str, Any] = {
    "ui": ui(), "form": Form(), "back_url": "/security", "has_factor": True, "has_passkey": True, "has_code": True,
}  # fmt: skip

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "confirm-with-password": (
        "security/confirm.html",
        {**PROOF, "has_factor": False, "has_passkey": False, "has_code": False},
    ),
    "confirm-with-factor": ("security/confirm.html", {**PROOF, "ui": journey(), "form": WRONG}),
    "second-factor": (
        "security/second_factor.html",
        {"ui": journey(account=None), "form": WRONG, "methods": ["passkey", "totp", "recovery-code"]},
    ),
    "second-factor-passkey": (
        "security/second_factor.html",
        {"ui": ui(account=None), "form": Form(), "methods": ["passkey"]},
    ),
    "security": ("security/index.html", {**HERE, "factors": ALL, "email": "nora@peeters.example"}),
    "security-bare": ("security/index.html", {**HERE, "factors": NONE, "email": "nora@peeters.example"}),
    "security-choose": ("security/choose.html", {**HERE, "ui": journey(), "factors": NONE, "wanted": ""}),
    "security-choose-card": ("security/choose.html", {**HERE, "factors": NONE, "wanted": "/support"}),
    "passkey-add": ("security/passkey_add.html", {**HERE, "form": Form(), "available": True}),
    "passkey-add-nowhere": ("security/passkey_add.html", {**HERE, "form": Form(), "available": False}),
    "passkey": ("security/passkey.html", {**HERE, "form": wrong(name="Un nom, s’il vous plaît."), "passkey": PASSKEY}),
    "authenticator": (
        "security/authenticator.html",
        {
            **HERE,
            "form": WRONG,
            "qr_code": qr_code("otpauth://totp/Immo-Connect:nora?secret=JBSWY3DP"),
            "secret": SECRET,
        },
    ),
    "authenticator-remove": ("security/authenticator_remove.html", {**HERE, "is_last": True}),
    "recovery-codes": ("security/recovery_codes.html", {**HERE, "factors": ALL, "onward": "/security"}),
    "recovery-codes-made": (
        "security/recovery_codes_made.html",
        {**HERE, "codes": [f"ABCD{n}-FGHJK" for n in range(10)], "onward": "/security"},
    ),
    "devices": ("security/devices.html", {"ui": ui(), "here": "/devices", "sessions": [SESSION, ELSEWHERE, NOWHERE]}),
    "devices-sign-out": (
        "security/devices_sign_out.html",
        {"ui": ui(), "here": "/devices", "sessions": [ELSEWHERE, NOWHERE], "one": ""},
    ),
}
