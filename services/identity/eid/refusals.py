"""Why a card's token is refused: one class, one code and one sentence for the person each, in the order of the checks."""

from shared.errors import Invalid
from shared.markers import N_


class EidRefused(Invalid):
    """Every refusal of `validate`. Holds nothing of the card: neither a name nor a number."""

    code = "eid-refused"
    message = N_("Your eID could not be read.")


class OriginMisconfigured(EidRefused):
    code = "origin-misconfigured"
    message = N_("This site is not set up correctly for the eID. Please tell the support team.")


class ChallengeMissing(EidRefused):
    code = "challenge-missing"
    message = N_("This reading of your card does not belong to this session. Start reading the card again.")


class ChallengeExpired(EidRefused):
    code = "challenge-expired"
    message = N_("Reading your card took too long. Start again.")


class TokenMalformed(EidRefused):
    code = "token-malformed"
    message = N_(
        "The answer of your card reader could not be understood. Update the Web eID application and try again."
    )


class AlgorithmUnsupported(EidRefused):
    code = "algorithm-unsupported"
    message = N_("Your card signs in a way that is not supported.")


class CertificateUnreadable(EidRefused):
    code = "certificate-unreadable"
    message = N_("The certificate on your card could not be read.")


class AlgorithmMismatch(EidRefused):
    code = "algorithm-mismatch"
    message = N_("The signature does not fit the certificate on your card.")


class WrongPurpose(EidRefused):
    code = "wrong-purpose"
    message = N_("This certificate is not meant for signing in. Choose the authentication certificate of your card.")


class PolicyNotAllowed(EidRefused):
    code = "policy-not-allowed"
    message = N_("This kind of card is not accepted here.")


class CertificateNotYetValid(EidRefused):
    code = "certificate-not-yet-valid"
    message = N_("The certificate on your card is not valid yet.")


class CertificateExpired(EidRefused):
    code = "certificate-expired"
    message = N_("The certificate on your card has expired. Your municipality can renew it.")


class CertificateNotTrusted(EidRefused):
    code = "certificate-not-trusted"
    message = N_("Your card was not issued by an authority that is trusted here.")


class CertificateRevoked(EidRefused):
    code = "certificate-revoked"
    message = N_("Your card has been blocked. Your municipality can tell you why.")


class RevocationUnavailable(EidRefused):
    code = "revocation-unavailable"
    message = N_("It cannot be checked at the moment whether your card is still valid. Try again later.")


class SignatureInvalid(EidRefused):
    code = "signature-invalid"
    message = N_("The signature of your card is not correct. Start reading the card again.")
