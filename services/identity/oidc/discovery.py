"""What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414). A test compares it with what the endpoints do."""

from typing import Any

from services.identity.keys.rotation import ALGORITHMS
from services.identity.oidc import acr, assertions
from services.identity.oidc.clients import AUTH_METHODS, GRANT_TYPES, IDENTITY_SCOPES
from services.identity.oidc.parameters import PROMPTS
from shared.i18n import LANGUAGES

_CLAIMS = (
    "iss sub aud exp iat auth_time nonce acr amr sid azp at_hash org usage_mode role recognitions "
    "name given_name family_name preferred_username locale email email_verified"
)
# The endpoints at which a client proves who it is, each with the same methods.
_BY_CLIENT = ("token", "revocation", "introspection")


def discovery_document(issuer: str) -> dict[str, Any]:
    """issuer: the public origin, which is also where everything is found."""
    # A resource server asks about tokens, so who introspects has a secret.
    methods = {"introspection": [method for method in AUTH_METHODS if method != "none"]}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth2/par",
        "token_endpoint": f"{issuer}/oauth2/token",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "registration_endpoint": f"{issuer}/oauth2/register",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "service_documentation": f"{issuer}/help",
        "op_tos_uri": f"{issuer}/terms",
        "scopes_supported": sorted(IDENTITY_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": list(GRANT_TYPES),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(acr.SUPPORTED),
        "prompt_values_supported": list(PROMPTS),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "ui_locales_supported": list(LANGUAGES),
        "claims_supported": _CLAIMS.split(),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        **{f"{name}_endpoint_auth_methods_supported": methods.get(name, list(AUTH_METHODS)) for name in _BY_CLIENT},
        **{f"{name}_endpoint_auth_signing_alg_values_supported": list(assertions.ALGORITHMS) for name in _BY_CLIENT},
    }
