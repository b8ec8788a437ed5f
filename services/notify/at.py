"""What the endpoints and jobs of this service have at hand."""

from typing import Annotated

from services.notify.mails.sender import Post
from services.notify.settings import NotifySettings
from shared.runtime import Runtime, runtime


class NotifyRuntime(Runtime[NotifySettings]):
    """The runtime as `app.py` sets it up."""

    own: Post


At = Annotated[NotifyRuntime, runtime()]
