"""One request can be followed through the whole platform, and nothing that it leaves behind names a person."""

import json
import re
from collections import defaultdict
from typing import Any

import pytest

from deploy.local.demo.story import Story
from tests.e2e.platform import Platform, messages_of
from tests.support.events import until

pytestmark = pytest.mark.slow

Span = dict[str, Any]


@pytest.fixture
def story(platform: Platform) -> Story:
    return Story(platform.origin, platform.tool, platform.world)


def spans(platform: Platform) -> dict[str, list[Span]]:
    """By trace; a line that is still being written is left for the next look."""
    found: dict[str, list[Span]] = defaultdict(list)
    for line in platform.traces.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            span = json.loads(line)
            found[span["trace_id"]].append(span)
    return found


async def test_one_trace_leads_from_the_browsers_request_to_the_mail(platform: Platform, story: Story) -> None:
    before = set(spans(platform))
    story.come_from_tool(story.ada)
    story.sign_up(story.ada)
    path: list[str] = []

    async def is_whole() -> bool:
        """Each service writes its spans when it has time: those of a request can come after those that it caused."""
        for trace, members in spans(platform).items():
            if trace not in before and (mail := next((s for s in members if s["name"] == "smtp send"), None)):
                path[:] = _upwards(mail, {span["span_id"]: span for span in members})
                return path[-1] != "missing"
        return False

    await until(is_whole, what="a trace that ends at the mail server")
    assert path == [
        "notify smtp send",
        "notify deliver",
        "notify notify immoconnect.notify.SendCode.v1",
        "identity POST /internal/accounts",
        "gateway POST identity",
        "gateway POST /sign-up",
    ]


def _upwards(span: Span, by_id: dict[str, Span]) -> list[str]:
    """The names from this span to the root; "missing" at the end where a parent is not written yet."""
    path = [f"{span['service']} {span['name']}"]
    while span["parent_id"]:
        if span["parent_id"] not in by_id:
            return [*path, "missing"]
        span = by_id[span["parent_id"]]
        path.append(f"{span['service']} {span['name']}")
    return path


async def test_no_log_and_no_trace_names_the_person(platform: Platform, story: Story) -> None:
    """Everything that someone types and that a card says, looked for in all that the services write about their work."""
    story.come_from_tool(story.ada)
    story.sign_up(story.ada)
    story.activate(story.ada)
    story.link_eid(story.ada)
    story.see_recognition(story.ada, "IPI")
    ada = story.ada
    secret = [ada.email, ada.username, ada.password, ada.card["national_number"], ada.last_name]
    written = {file.name: file.read_text(errors="replace") for file in (platform.stack.data.path / "logs").iterdir()}
    written["traces"] = platform.traces.read_text()
    # The simulators stand outside, and the tool greets its user by name.
    inside = {name: text for name, text in written.items() if not re.match(r"world|demo-tool", name)}
    assert len(inside) >= 8
    leaks = [(name, word) for name, text in inside.items() for word in secret if word.lower() in text.lower()]
    assert leaks == []


async def test_kafka_holds_nothing_of_a_person_in_clear(platform: Platform, story: Story) -> None:
    story.come_from_tool(story.ada)
    story.sign_up(story.ada)
    story.activate(story.ada)
    story.link_eid(story.ada)
    story.see_recognition(story.ada, "IPI")
    secret = [word.encode() for word in (story.ada.email, story.ada.username, story.ada.card["national_number"])]
    messages = await messages_of(platform)
    assert {"identity.events", "notify.commands"} <= {topic for topic, _ in messages}
    assert [topic for topic, text in messages if any(word in text for word in secret)] == []
