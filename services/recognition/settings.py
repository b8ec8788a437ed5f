"""Settings of the recognition service."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from services.recognition.connectors.access import Access
from shared.settings import Key32, Settings


class RecognitionSettings(Settings):
    """registry_url, registry_token: where registries are asked that have no address of their own, and as whom.
    registries: by id, where each is asked and as whom, or where its files arrive; see `Access`.

    hash_key: recognises a person in a registry's list of changes without keeping the national number in clear.
    poll_s: how often that list is read. refresh_h: how often each person is asked about again without any reason.
    number_keep_days: how long after a person last came by with their card their national number is kept, sealed. The card sends it
    again once a month at most, so it must be more than that.
    kinds: the file with the kinds of recognition and their registries.
    """

    service: ClassVar[str] = "recognition"

    registry_url: str
    registry_token: str = Field(repr=False, min_length=1)
    registries: dict[str, Access] = Field(default_factory=dict[str, Access], repr=False)
    hash_key: Key32
    poll_s: float = Field(default=60.0, gt=0)
    refresh_h: float = Field(default=24.0, gt=0)
    number_keep_days: int = Field(default=400, ge=60)
    kinds: Path = Path(__file__).with_name("kinds.json")
