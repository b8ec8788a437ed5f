"""Passkeys (WebAuthn): what the browser is asked for, and whether what it sent is believed. Pure; the protocol is the library's."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.identity.factors.problems import PasskeyRefused, PasskeysUnavailable
from services.identity.factors.rules import Passkey

Credential = dict[str, Any]
"""As `PublicKeyCredential.toJSON()` writes it."""

MAX_CREDENTIAL_ID_BYTES = 1023
NAME = "Immo-Connect"
TIMEOUT_MS = 300_000
# The library leaves some malformed input to Python's own errors.
_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True)
class Site:
    """Where passkeys of this platform belong: they work at this origin and nowhere else."""

    origin: str
    rp_id: str

    @classmethod
    def of(cls, origin: str) -> "Site":
        """Raises PasskeysUnavailable: an address that is a number is no name that a passkey could belong to."""
        host = urlsplit(origin).hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(origin, host)
        raise PasskeysUnavailable()


@dataclass(frozen=True)
class Registered:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    is_synced: bool
    is_backed_up: bool
    is_verified: bool


@dataclass(frozen=True)
class Asserted:
    """is_verified: the person gave a PIN, finger or face, and not only a touch."""

    sign_count: int
    is_synced: bool
    is_backed_up: bool
    is_verified: bool


def registration_options(
    site: Site, account_id: UUID, username: str, display_name: str, existing: Sequence[Passkey], challenge: bytes
) -> dict[str, Any]:
    """For `navigator.credentials.create`. existing: they are not made once more."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=NAME,
        user_id=account_id.bytes,
        user_name=username,
        user_display_name=display_name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(existing),
    )
    return options_to_json_dict(options)


def assertion_options(site: Site, allowed: Sequence[Passkey], challenge: bytes) -> dict[str, Any]:
    """For `navigator.credentials.get`. allowed: none for whichever the person has; then it must be the whole proof."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.PREFERRED if allowed else UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def signed_challenge(credential: Credential) -> bytes:
    """The challenge that the browser says it had signed; whether it did is still to be verified. Raises PasskeyRefused."""
    try:
        parse = (
            parse_registration_credential_json
            if "attestationObject" in credential["response"]
            else parse_authentication_credential_json
        )
        return parse_client_data_json(parse(credential).response.client_data_json).challenge
    except _UNREADABLE as error:
        raise PasskeyRefused() from error


def credential_id_of(credential: Credential) -> bytes:
    """Raises PasskeyRefused."""
    try:
        return parse_authentication_credential_json(credential).raw_id
    except _UNREADABLE as error:
        raise PasskeyRefused() from error


def user_handle_of(credential: Credential) -> bytes | None:
    """Whose passkey the device says it is. Raises PasskeyRefused."""
    try:
        return parse_authentication_credential_json(credential).response.user_handle
    except _UNREADABLE as error:
        raise PasskeyRefused() from error


def verify_registration(site: Site, credential: Credential, challenge: bytes) -> Registered:
    """Raises PasskeyRefused. challenge: checked to be ours, for this purpose and this browser."""
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
        )
        transports = parse_registration_credential_json(credential).response.transports or []
    except _UNREADABLE as error:
        raise PasskeyRefused() from error
    if len(verified.credential_id) > MAX_CREDENTIAL_ID_BYTES:
        raise PasskeyRefused()
    return Registered(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=tuple(transport.value for transport in transports),
        is_synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=verified.credential_backed_up,
        is_verified=verified.user_verified,
    )


def verify_assertion(site: Site, credential: Credential, challenge: bytes, passkey: Passkey) -> Asserted:
    """Raises PasskeyRefused; also where the device counted less than before, as only a copy of it would."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except _UNREADABLE as error:
        raise PasskeyRefused() from error
    return Asserted(
        sign_count=verified.new_sign_count,
        is_synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        is_backed_up=verified.credential_backed_up,
        is_verified=verified.user_verified,
    )


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(transport) for transport in passkey.transports] or None,
        )
        for passkey in passkeys
    ]
