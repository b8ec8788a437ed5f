"""Errors of the protocol (RFC 6749, OpenID Connect Core): codes that programs read, in a form of their own."""

from typing import Literal

AuthorizeError = Literal[
    "access_denied",
    "interaction_required",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_response_type",
]
TokenError = Literal[
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
]


class PageRefused(Exception):
    """Nobody may be redirected: the client, its address or its pushed request is not known."""

    def __init__(self, code: Literal["invalid-client", "invalid-redirect", "invalid-request-uri"]) -> None:
        super().__init__(code)
        self.code = code


class AuthorizeRefused(Exception):
    """The client is told, by a redirect to its registered address."""

    def __init__(self, error: AuthorizeError, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class TokenRefused(Exception):
    """The answer of the token endpoint. Handlers that have something to commit return it instead of raising."""

    def __init__(self, error: TokenError, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description

    @property
    def status(self) -> int:
        return 401 if self.error == "invalid_client" else 400
