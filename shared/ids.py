"""Identifiers that sort by the time at which they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: unique anywhere, and young rows lie together in an index."""
    return uuid7()
