"""The real-estate edition: eight tools, whole in four languages, with rules that can be read and drawings that can be shown."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.catalogue_files import EDITION, read_files
from services.organisation.tools.files import no_drawing, read, written
from services.organisation.tools.needs import kinds_in
from services.organisation.tools.rules import Entry
from shared.i18n import LANGUAGES
from shared.svg import sanitise

TOOLS = ("cadastrefinder", "cibweb", "romi", "myrent-pro", "bizmart", "covast", "btv", "anti-blanchiment")
PLACES = {"demo_tool": "http://127.0.0.1:8090"}
KINDS = Path(EDITION).parents[2] / "services" / "recognition" / "kinds.json"


@pytest.fixture(scope="module")
def edition() -> dict[str, Entry]:
    return read_files([EDITION], PLACES)


def texts_in(value: Any) -> Iterator[dict[str, str]]:
    """Every mapping from languages to texts."""
    if isinstance(value, dict):
        if "fr" in value:
            yield value
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_in(part)


def test_the_eight_tools_are_there(edition: dict[str, Entry]) -> None:
    assert set(edition) == set(TOOLS)
    by_card = {tool for tool, entry in edition.items() if entry.sign_in_acr == "eid"}
    assert by_card == {"anti-blanchiment", "cadastrefinder", "myrent-pro"}


def test_cadastrefinder_asks_what_the_sector_asks(edition: dict[str, Entry]) -> None:
    (agent,) = edition["cadastrefinder"].usage_modes
    assert (agent.register_rule, agent.use_rule) == ("ipi", "ipi or fs323")


def test_what_is_only_for_some_is_restricted(edition: dict[str, Entry]) -> None:
    restricted = {
        (tool, mode.id) for tool, entry in edition.items() for mode in entry.usage_modes if mode.is_restricted
    }
    assert restricted == {("anti-blanchiment", "agent"), ("anti-blanchiment", "aml-officer"), ("bizmart", "admin")}
    assert [mode.id for mode in edition["anti-blanchiment"].usage_modes if mode.is_self_service] == ["aml-officer"]


@pytest.mark.parametrize("tool", TOOLS)
def test_all_texts_are_there_in_four_languages(edition: dict[str, Entry], tool: str) -> None:
    entry = edition[tool]
    assert entry.details
    for texts in texts_in(entry.model_dump()):
        assert set(texts) == set(LANGUAGES)
        assert all(text.strip() for text in texts.values())
    for texts in (entry.descriptions, entry.details, entry.terms.texts):
        assert len(set(texts.values())) == len(LANGUAGES), "a text stands in another language's place"
        assert not re.search(r"Werkzeug|werkzeug", texts["de"])
        assert not re.search(r" [;:?!]", texts["fr"]), "French keeps its marks with the word before"
        assert "'" not in "".join(texts.values())


@pytest.mark.parametrize("tool", TOOLS)
def test_its_rules_name_recognitions_that_exist_and_that_have_a_name(edition: dict[str, Entry], tool: str) -> None:
    known = {kind["id"] for kind in json.loads(KINDS.read_text(encoding="utf-8"))["kinds"]}
    entry = edition[tool]
    asked = {
        kind
        for mode in entry.usage_modes
        for rule in (mode.rule_to_register(), mode.rule_to_use())
        for kind in kinds_in(rule)
    }
    assert asked <= known
    assert asked == set(entry.recognition_names)


@pytest.mark.parametrize("tool", TOOLS)
def test_its_drawings_can_be_shown_as_they_are(edition: dict[str, Entry], tool: str) -> None:
    entry = edition[tool]
    assert entry.logo
    assert entry.banner
    assert sanitise(entry.logo, square=True) == entry.logo
    assert sanitise(entry.banner) == entry.banner
    assert len(entry.logo) < 3_000
    assert entry.colours["primary"] in entry.logo, (
        "the logo stands on a ground of its own, so that it reads on light and dark"
    )


def test_no_two_tools_look_alike(edition: dict[str, Entry]) -> None:
    assert len({entry.logo for entry in edition.values()}) == len(TOOLS)
    assert len({entry.colours["primary"] for entry in edition.values()}) == len(TOOLS)


def test_it_survives_being_exported_and_read_again(edition: dict[str, Entry]) -> None:
    assert read(written(edition), "exported.yaml", drawing=no_drawing) == edition
