"""Nobody who follows the events may be broken by a change: contracts against their committed snapshots and samples."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shared.events import asyncapi, snapshots
from shared.events.base import Event
from shared.events.registry import EVENTS, TOPICS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "events"


def test_every_contract_is_compatible_with_its_committed_snapshot() -> None:
    assert list(snapshots.problems(DOCS)) == []


@pytest.mark.parametrize("event_type", EVENTS)
def test_the_golden_sample_decodes_and_encodes_to_itself(event_type: str) -> None:
    sample = json.loads((DOCS / "samples" / f"{event_type}.json").read_text())
    Draft202012Validator(EVENTS[event_type].model_json_schema()).validate(sample)
    event = EVENTS[event_type].model_validate(sample)
    assert _tells_at_least(json.loads(event.model_dump_json()), sample)


@pytest.mark.parametrize("event", EVENTS.values())
def test_an_event_of_a_newer_producer_still_decodes(event: type[Event]) -> None:
    event.model_validate({**snapshots.sample_of(event), "a_field_of_tomorrow": {"any": 1}})


@pytest.mark.parametrize("event", EVENTS.values())
def test_each_event_travels_on_a_topic_that_exists_under_a_key_that_it_has(event: type[Event]) -> None:
    assert event.topic in TOPICS
    assert event.model_validate(snapshots.sample_of(event)).key


OLD = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, "b is gone"),
        ({"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a"]}, "a changed"),
        ({**OLD, "required": ["a", "b"]}, "b became required"),
    ],
)
def test_a_breaking_change_is_named(new: snapshots.Schema, words: str) -> None:
    assert any(words in line for line in snapshots.incompatibilities(OLD, new))


def test_an_optional_field_more_is_compatible() -> None:
    new = {"properties": {**OLD["properties"], "c": {"type": "string"}}, "required": ["a"]}
    assert list(snapshots.incompatibilities(OLD, new)) == []


def test_an_incompatible_change_is_never_written_over_the_snapshot(tmp_path: Path) -> None:
    snapshots.write(tmp_path)
    event_type = next(iter(EVENTS))
    file = tmp_path / "schemas" / f"{event_type}.json"
    published = json.loads(file.read_text())
    published["properties"]["once_published"] = {"type": "string"}
    file.write_text(json.dumps(published))
    assert snapshots.write(tmp_path) == [f"{event_type}: once_published is gone"]
    assert "once_published" in file.read_text()


def test_the_committed_asyncapi_document_is_the_one_of_the_contracts() -> None:
    assert json.loads((DOCS / "asyncapi.json").read_text()) == asyncapi.document()


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi.document()

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if "$ref" in value else []
            return here + [ref for part in value.values() for ref in references(part)]
        return [ref for part in value for ref in references(part)] if isinstance(value, list) else []

    found = references(document)
    assert found
    for reference in found:
        target: object = document
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            target = target[step]


def _tells_at_least(told: object, sample: object) -> bool:
    """A field that was added since the sample was written may stand beside what the sample holds, at any depth."""
    if isinstance(told, dict) and isinstance(sample, dict):
        return all(name in told and _tells_at_least(told[name], value) for name, value in sample.items())
    if isinstance(told, list) and isinstance(sample, list):
        return len(told) == len(sample) and all(map(_tells_at_least, told, sample))
    return told == sample
