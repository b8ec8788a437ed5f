"""The mails about signing in: new devices, second factors, recovery codes. Sentences are msgids; see `N_`.

Placeholders: {browser}, {system}, {signed_in_at:datetime}, {codes_left}.
"""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

_WAS_YOU = N_("Was it you? Then there is nothing to do.")
_SIGN_IT_OUT = N_("Was it not you? Sign that device out at once, and choose another password.")
_REMOVE_IT = N_("Was it not you? Remove it at once, and choose another password.")
_SET_UP = N_("Was it not you? Choose another password at once, and set it up again.")
_DEVICES = N_("See where I am signed in")
_SECURITY = N_("See how I sign in")

SECURITY_MAILS: Mapping[str, Mail] = {
    "new-device": Mail(
        N_("Somebody signed in on a new device"),
        (
            N_(
                "On {signed_in_at:datetime} your account was opened where it never was before: with {browser}, under {system}."
            ),
            _WAS_YOU,
            _SIGN_IT_OUT,
        ),
        _DEVICES,
        "/devices",
        mandatory=True,
    ),
    "new-device-unknown": Mail(
        N_("Somebody signed in on an unknown device"),
        (
            N_(
                "On {signed_in_at:datetime} your account was opened where it never was before. What kind of device it is, it did not say."
            ),
            _WAS_YOU,
            _SIGN_IT_OUT,
        ),
        _DEVICES,
        "/devices",
        mandatory=True,
    ),
    "passkey-added": Mail(
        N_("A passkey was added to your account"),
        (N_("From now on it opens your account, alone or after your password."), _WAS_YOU, _REMOVE_IT),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
    "totp-added": Mail(
        N_("An authenticator app was added to your account"),
        (N_("From now on its codes are asked for after your password."), _WAS_YOU, _REMOVE_IT),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
    "passkey-removed": Mail(
        N_("A passkey was removed from your account"),
        (
            N_("It no longer opens your account. Was it your last second factor? Then your password alone does now."),
            _WAS_YOU,
            _SET_UP,
        ),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
    "totp-removed": Mail(
        N_("The authenticator app was removed from your account"),
        (
            N_(
                "Its codes are no longer asked for. Was it your last second factor? Then your password alone opens your account now."
            ),
            _WAS_YOU,
            _SET_UP,
        ),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
    "recovery-codes-made": Mail(
        N_("You have new recovery codes"),
        (
            N_(
                "Keep them well: each opens your account once, in the place of your second factor. Earlier ones no longer do."
            ),
            _WAS_YOU,
            N_("Was it not you? Choose another password at once, and make new recovery codes."),
        ),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
    "recovery-code-used": Mail(
        N_("A recovery code of yours was used"),
        (
            N_("It is used up now. Codes that are left: {codes_left}."),
            _WAS_YOU,
            N_("Was it not you? Choose another password at once, and make new recovery codes."),
        ),
        _SECURITY,
        "/security",
        mandatory=True,
    ),
}
