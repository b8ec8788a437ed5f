"""How strongly a person must have signed in, in our words and in those of others. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from shared.tokens import ACR_LEVELS

OWN = ACR_LEVELS[1:]

# What standards call it. A TOTP can be phished, so "phishing-resistant" begins with the card; and eIDAS above "low" is about proven
# identity, which neither a password nor a second factor gives.
STANDARD: Mapping[str, str] = {
    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport": "pwd",
    "https://refeds.org/profile/sfa": "pwd",
    "https://refeds.org/profile/mfa": "mfa",
    "phr": "eid",
    "phrh": "eid",
    "http://eidas.europa.eu/LoA/low": "pwd",
    "http://eidas.europa.eu/LoA/substantial": "eid",
    "http://eidas.europa.eu/LoA/high": "eid",
}
SUPPORTED: tuple[str, ...] = (*OWN, *STANDARD)


def level_of(value: str) -> str | None:
    """The step of our ladder; None for a word that nobody knows."""
    return value if value in OWN else STANDARD.get(value)


def known(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if level_of(value) is not None))


def needed(values: Sequence[str], registered: str) -> str:
    """Any of the known values will do, but never less than the tool is registered with."""
    weakest = min((level_of(value) or registered for value in values), key=ACR_LEVELS.index, default=registered)
    return max(weakest, registered, key=ACR_LEVELS.index)


def in_words(reached: str, values: Sequence[str], *, is_essential: bool) -> str:
    """`acr` as the tool is told: in its own word for the level that was reached, else in ours.

    is_essential: it must be one of the tool's words (OpenID Connect Core, 5.5.1.1), so the strongest that is true is said.
    """
    fitting = [value for value in values if _rank(level_of(value)) <= _rank(reached)]
    best = max(fitting, key=lambda value: _rank(level_of(value)), default=reached)
    return best if is_essential or level_of(best) == reached else reached


def _rank(level: str | None) -> int:
    return ACR_LEVELS.index(level) if level in ACR_LEVELS else len(ACR_LEVELS)
