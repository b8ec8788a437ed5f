"""What the endpoints and jobs of this service have at hand."""

from typing import Annotated

from services.notify.own import Own
from services.notify.settings import NotifySettings
from shared.runtime import Runtime, runtime


class NotifyRuntime(Runtime[NotifySettings]):
    """The runtime as `app.py` sets it up."""

    own: Own


At = Annotated[NotifyRuntime, runtime()]
