"""From which address a request comes, as far as that can be known."""

from starlette.requests import Request

MAX_CHARS = 64


def client_address(request: Request, header: str | None) -> str:
    """header: in which one's own proxy writes the address, always last; None where browsers come to the gateway itself."""
    if header is not None:
        given = request.headers.get(header, "").rsplit(",", 1)[-1].strip()
        if given:
            return given[:MAX_CHARS]
    return request.client.host if request.client else "unknown"
