"""The runtime as `app.py` sets it up."""

from datetime import UTC, date, datetime
from typing import Annotated

from services.recognition.jobs import Desk
from services.recognition.settings import RecognitionSettings
from shared.formats import BRUSSELS
from shared.runtime import Runtime, runtime


class RecognitionRuntime(Runtime[RecognitionSettings]):
    own: Desk


At = Annotated[RecognitionRuntime, runtime()]


def today() -> date:
    """In Brussels, where recognitions begin and end."""
    return datetime.now(BRUSSELS).date()


def utc_now() -> datetime:
    return datetime.now(UTC)
