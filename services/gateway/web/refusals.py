"""What a form may be refused with, and the status of the page that says so."""

from shared.client import RemoteProblem
from shared.errors import TooMany, Unavailable

REFUSALS = (RemoteProblem, Unavailable, TooMany)
Refusal = RemoteProblem | Unavailable | TooMany


def status_of(refusal: Refusal) -> int:
    """Browsers show the page all the same; programs and tests look at the status."""
    if isinstance(refusal, RemoteProblem):
        return refusal.status if refusal.status < 500 else 503
    return 429 if isinstance(refusal, TooMany) else 503
