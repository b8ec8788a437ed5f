"""What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414)."""

from typing import Any

from services.identity.oidc.clients import IDENTITY_SCOPES
from shared.i18n import LANGUAGES

_CLAIMS = (
    "iss sub aud exp iat auth_time nonce acr amr sid azp at_hash org usage_mode role recognitions "
    "name given_name family_name preferred_username locale email email_verified"
)


def discovery_document(issuer: str) -> dict[str, Any]:
    """issuer: the public origin, which is also where everything is found."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "scopes_supported": sorted(IDENTITY_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["pwd", "mfa", "eid"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "ui_locales_supported": list(LANGUAGES),
        "claims_supported": _CLAIMS.split(),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
