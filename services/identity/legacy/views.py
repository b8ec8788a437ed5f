"""What the gateway is told of old accounts."""

from datetime import datetime

from pydantic import BaseModel

from services.identity.legacy.rules import Missing


class OldAccountView(BaseModel):
    """username: by which one signed in there."""

    tool_id: str
    attached_at: datetime
    username: str


class UpgradeView(BaseModel):
    """In the place of a session: the credentials were those of an older tool, and something is missing. The token is told once."""

    upgrade_token: str
    missing: tuple[Missing, ...]
