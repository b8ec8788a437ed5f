"""What the organisation service publishes of its catalogue: each tool whole, on a compacted topic of their own."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from shared.events.base import Event, Part


class RoleEntry(Part):
    id: str
    names: dict[str, str]


class UsageModeEntry(Part):
    """`register_rule` and `use_rule` are expressions such as `ipi or fs323`; empty: nothing is needed.

    Besides recognition kinds they name `manager` (the person is one) and `on list pilots` (one of the tool's lists has the organisation).
    is_restricted: only for organisations on the tool's list that has the usage mode's id as its name.
    is_self_service: a manager takes a role at once that nobody holds. register_needs, use_needs: the rules in words, by language.
    """

    id: str
    names: dict[str, str]
    descriptions: dict[str, str]
    register_rule: str
    use_rule: str
    roles: tuple[RoleEntry, ...]
    is_restricted: bool = False
    is_self_service: bool = False
    register_needs: dict[str, str] = Field(default_factory=dict[str, str], examples=[{"en": "IPI number"}])
    use_needs: dict[str, str] = Field(default_factory=dict[str, str], examples=[{"en": "IPI number or FS323 check"}])


class ToolEvent(Event):
    """The whole catalogue entry of a tool (the topic is compacted). Texts are by language.

    recognition_names: how the kinds that the rules name are called. state: "offered", or "retired": nobody registers it any more.
    details: paragraphs for a page of its own. logo, banner: SVG of shapes only. terms_required_from: from that day on nobody works
    under older terms; None where they go on as they are.
    """

    producer: ClassVar[str] = "organisation"
    topic: ClassVar[str] = "organisation.tools"
    key_field: ClassVar[str] = "tool_id"

    tool_id: str
    names: dict[str, str]
    descriptions: dict[str, str]
    sign_in_acr: str
    start_url: str
    support_email: str
    colours: dict[str, str]
    logo: str | None = None
    banner: str | None = None
    terms_version: str
    usage_modes: tuple[UsageModeEntry, ...]
    recognition_names: dict[str, dict[str, str]] = Field(
        default_factory=dict[str, dict[str, str]], examples=[{"ipi": {"en": "IPI number"}}]
    )
    state: str = Field(default="offered", examples=["offered", "retired"])
    details: dict[str, str] = Field(default_factory=dict[str, str], examples=[{"en": "What it does, in more words."}])
    terms_required_from: date | None = None


class ToolPublished(ToolEvent):
    pass


class ToolChanged(ToolEvent):
    pass


EVENTS: tuple[type[Event], ...] = (ToolPublished, ToolChanged)
