"""The catalogue as YAML: what is wrong is told with its line, what is written reads the same again."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.organisation.tools.files import FileRefused, no_drawing, read, written
from services.organisation.tools.rules import Entry
from services.organisation.tools.yaml_nodes import YamlRefused, read_nodes
from tests.organisation.scenes import texts, tool_entry, usage_mode

SQUARE = '<svg viewBox="0 0 8 8" xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z" /></svg>'


def entry(**more: Any) -> Entry:
    return Entry.model_validate({**tool_entry(), **more})


def troubles(text: str, drawing: Any = no_drawing, values: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        read(text, "tools.yaml", drawing=drawing, values=values)
    return str(refused.value).splitlines()


def test_what_is_written_reads_the_same_again() -> None:
    whole = {
        "plain": entry(),
        "full": entry(
            state="retired",
            logo=SQUARE,
            details=texts("One.\n\nTwo."),
            names=dict.fromkeys(("fr", "nl", "en", "de"), "yes: # no"),
            terms={"version": "2026-01-01", "texts": texts("null"), "required_from": "2026-12-31"},
            usage_modes=[
                {**usage_mode("a", "any of (ipi, fs323)", ""), "is_self_service": True, "is_restricted": True}
            ],
        ),
    }
    text = written(whole)
    assert read(text, "x", drawing=no_drawing) == whole
    assert "yes: # no" in text
    assert text.count("<svg") == 1
    assert read(written({"one": whole["plain"]}), "x", drawing=no_drawing) == {"one": whole["plain"]}


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40).filter(str.strip))
def test_any_name_survives_the_file(name: str) -> None:
    one = {"tool": entry(names=dict.fromkeys(("fr", "nl", "en", "de"), name))}
    assert read(written(one), "x", drawing=no_drawing) == one


def test_a_text_may_stand_once_for_all_languages_and_words_are_no_booleans() -> None:
    text = yaml.safe_dump({"id": "t", **tool_entry()}, allow_unicode=True)
    found = read(text.replace("names:\n  de: CadastreFinder (de)\n  en: CadastreFinder (en)\n  fr: CadastreFinder (fr)\n"
                              "  nl: CadastreFinder (nl)", "names: On"), "x", drawing=no_drawing)  # fmt: skip
    assert found["t"].names == dict.fromkeys(("de", "en", "fr", "nl"), "On")


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        (
            "support_email: help@cadastrefinder.example",
            "support_email: nobody",
            "t.support_email: ",
        ),
        (
            "support_email: help@cadastrefinder.example",
            "flavour: sweet",
            "t.flavour: The catalogue knows nothing of this name",
        ),
        (
            "  register_rule: ipi",
            "  register_rule: ipi or",
            "t.usage_modes.0.register_rule: This rule cannot be understood",
        ),
        (
            "    fr: agent (fr)",
            "    es: agente",
            "t.usage_modes.0.names: A text is needed in each of the four languages",
        ),
        (
            "start_url: http://127.0.0.1:8090/sign-in",
            'start_url: "{nowhere}/x"',
            "t.start_url: Nobody says what stands for {nowhere}",
        ),
        ("support_email: help@cadastrefinder.example", "logo: a.svg", "t.logo: This drawing cannot be found"),
        (
            "support_email: help@cadastrefinder.example",
            "support_email: help@tool.example\nlogo: <svg/>",
            "t.logo: This drawing cannot be taken",
        ),
        ("id: t", "id: T", "id: Each tool needs an id"),
        ("id: t", "id: t\nid: t", "This file cannot be read: id stands twice"),
        ("id: t", "id: [", "This file cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line: str, instead: str, told: str) -> None:
    lines = written({"t": entry()}).splitlines()
    at = lines.index(line)
    text = "\n".join([*lines[:at], instead, *lines[at + 1 :]])
    found = next(one for one in troubles(text) if told in one)
    assert abs(int(found.split(":")[1]) - at - 1) <= 2


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = written({"a": entry(), "b": entry()}).replace("register_rule: ipi\n", "register_rule: )\n")
    assert len(troubles(text)) == 2


def test_drawings_come_from_beside_the_file_and_placeholders_from_outside() -> None:
    text = written({"t": entry()}) + 'logo: "logos/t.svg"\n'
    text = text.replace("http://127.0.0.1:8090/sign-in", "'{here}/sign-in'")
    found = read(text, "x", drawing={"logos/t.svg": SQUARE}.__getitem__, values={"here": "https://tool.example"})
    assert (found["t"].logo, found["t"].start_url) == (SQUARE, "https://tool.example/sign-in")


@pytest.mark.parametrize(
    "text", ["", "just words", "tools: {}", "tools: []", "tools: [1]", "a: &a [*a]", "- 1", "x" * 2_000_000]
)
def test_what_is_no_catalogue_is_refused(text: str) -> None:
    assert troubles(text)


def test_what_repeats_itself_without_end_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlRefused):
        read_nodes("\n".join(lines), max_chars=1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "? [&a [x, x], &b [*a, *a], *b]\n: 1",
        "? {a: b}\n: 1",
        "? &a [*a]\n: 1",
        f"{{{'k' * 500}: [a, b]}}",
        f"? {'k' * 5_000}\n: [a, b]",
    ],
)
def test_a_name_is_one_short_word(text: str) -> None:
    """Its text stands in the path of all that is below it; that of a list may be longer than any memory."""
    with pytest.raises(YamlRefused, match="one word"):
        read_nodes(text, max_chars=1_000_000)
