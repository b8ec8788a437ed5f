"""What can be wrong with a second factor, and the sentence for each."""

from shared.errors import Conflict, Invalid, NotFound, Unauthenticated
from shared.markers import N_


class SignInExpired(Unauthenticated):
    """The password was given too long ago, or the sign-in was finished already."""

    code = "sign-in-expired"
    message = N_("This took too long. Sign in again.")


class FactorWrong(Invalid):
    """A code that is wrong, was used before, or belongs to another time: which of them is not told."""

    code = "factor-wrong"
    message = N_("This code is not right. Wait for the next one in your app, or use a recovery code.")


class TotpCodeWrong(Invalid):
    code = "totp-code-wrong"
    message = N_("This code does not fit. Check that the clock of your phone is right, and enter the next code.")


class TotpNotBegun(Conflict):
    code = "totp-not-begun"
    message = N_("Setting up took too long. Begin again.")


class PasskeyRefused(Invalid):
    """Whatever is wrong with what the browser sent; the logs know more."""

    code = "passkey-refused"
    message = N_("This passkey was not accepted. Try again, or use another way.")


class PasskeyChallengeExpired(Invalid):
    code = "passkey-challenge-expired"
    message = N_("This took too long. Try again.")


class PasskeyUnknown(Invalid):
    code = "passkey-unknown"
    message = N_("This passkey is not known here. Perhaps it was removed from the account.")


class PasskeyNotVerified(Invalid):
    """As the only proof it has to be more than something that one holds."""

    code = "passkey-not-verified"
    message = N_("To sign in with a passkey alone, unlock it with a PIN, your finger or your face.")


class PasskeyKnown(Conflict):
    code = "passkey-known"
    message = N_("This passkey is in use already.")


class PasskeysUnavailable(Conflict):
    """The public address is a number: passkeys belong to names."""

    code = "passkeys-unavailable"
    message = N_("Passkeys do not work at this address.")


class TooManyPasskeys(Conflict):
    """params: maximum."""

    code = "too-many-passkeys"
    message = N_("An account has at most {maximum} passkeys. Remove one first.")


class PasskeyNotFound(NotFound):
    code = "passkey-not-found"
    message = N_("There is no such passkey.")


class PasskeyNameInvalid(Invalid):
    """params: max_length."""

    code = "passkey-name-invalid"
    message = N_("Give it a name of at most {max_length} characters.")


class NoSecondFactor(Conflict):
    code = "no-second-factor"
    message = N_("Recovery codes stand in for a passkey or an authenticator app. Set up one of these first.")
