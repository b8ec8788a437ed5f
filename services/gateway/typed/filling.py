"""The controls of one form of a page, filled in with what was typed before. Pure.

The page is a template's, so its tags are well-formed; whatever is not changed stays as it is, to the letter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from services.gateway.typed.rules import Typed, sentences
from services.gateway.web.ui import Ui

_NEVER_FILLED = {"password", "file", "submit", "button", "image"}
Attributes = dict[str, str | None]


@dataclass(frozen=True)
class _Tag:
    """start, end: its place in the page. inner_end: of a textarea, where its text ends."""

    name: str
    attributes: Attributes
    start: int
    end: int
    inner_end: int = 0

    def written(self, changes: Mapping[str, str | None], *, without: str = "") -> str:
        """With these attributes too; None: one without a value."""
        attributes = {name: text for name, text in {**self.attributes, **changes}.items() if name != without}
        parts = [name if text is None else f'{name}="{escape(text)}"' for name, text in attributes.items()]
        return f"<{' '.join([self.name, *parts])}>"


@dataclass
class _Form:
    actions: set[str]
    controls: list[tuple[str, _Tag]] = field(default_factory=list[tuple[str, _Tag]])
    options: list[tuple[str, _Tag]] = field(default_factory=list[tuple[str, _Tag]])
    guards: list[_Tag] = field(default_factory=list[_Tag])

    @property
    def shown(self) -> set[str]:
        """Names of what can be seen and changed."""
        visible = {name for name, tag in self.controls if tag.attributes.get("type") != "hidden"}
        return visible | {name for name, _ in self.options}


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._form: _Form | None = None
        self._select = ""
        self._area: _Tag | None = None

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        start = self._at()
        read = _Tag(tag, given, start, start + len(self.get_starttag_text() or ""))
        if tag == "form" and given.get("method") == "post" and given.get("id") != "frame":
            self._form = _Form({urlsplit(given.get("action") or "").path})
            self.forms.append(self._form)
        if self._form is not None:
            self._take(self._form, read)

    def _take(self, form: _Form, tag: _Tag) -> None:
        given, name = tag.attributes, tag.attributes.get("name") or ""
        if "data-guard" in given:
            form.guards.append(tag)
        if given.get("formaction"):
            form.actions.add(urlsplit(given["formaction"] or "").path)
        if tag.name == "input" and (given.get("type") or "text") not in _NEVER_FILLED:
            form.controls.append((name, tag))
        elif tag.name == "textarea":
            self._area = tag
        elif tag.name == "select":
            self._select = name
        elif tag.name == "option":
            form.options.append((self._select, tag))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "textarea" and self._form is not None and self._area is not None:
            area, self._area = self._area, None
            whole = _Tag("textarea", area.attributes, area.start, area.end, self._at())
            self._form.controls.append((area.attributes.get("name") or "", whole))


def fill(page: str, typed: Typed) -> tuple[str, frozenset[str]]:
    """The page, and the names of the fields that found their place to be seen. The form that was sent, or else the one most like it."""
    reader = _Reader(page)
    reader.feed(page)
    alike = [(typed.action in form.actions, len(form.shown & typed.fields.keys()), form) for form in reader.forms]
    best = max(alike, key=lambda one: one[:2], default=None)
    if best is None or not (best[0] or best[1]):
        return page, frozenset()
    is_same, _, form = best
    changes = [change for name, tag in form.controls if (change := _control(tag, typed.fields.get(name), is_same))]
    offered = {(name, tag.attributes.get("value")) for name, tag in form.options}
    for name, tag in form.options:
        if (name, typed.fields.get(name)) in offered:
            changes.append(
                (tag.start, tag.end, _marked(tag, "selected", tag.attributes.get("value") == typed.fields[name]))
            )
    changes += [(tag.start, tag.end, tag.written({"data-changed": None})) for tag in form.guards]
    for start, end, text in sorted(changes, reverse=True):
        page = page[:start] + text + page[end:]
    return page, frozenset(form.shown & typed.fields.keys())


def filled_in(render: Callable[[], str], typed: Typed, ui: Ui) -> str:
    """The page with what was typed, and a word about it. ui: what the page is rendered with, and knows of this the second time."""
    filled, placed = fill(render(), typed)
    ui.unplaced = sentences(typed.fields, placed)
    ui.has_typed = any(typed.fields[name].strip() for name in placed)
    return fill(render(), typed)[0] if ui.has_typed or ui.unplaced else filled


def _control(tag: _Tag, text: str | None, is_same: bool) -> tuple[int, int, str] | None:
    """is_same: the form is the one that was sent, so that boxes without a word were empty, and what it carries along counts."""
    kind = tag.attributes.get("type") or "text"
    if tag.attributes.get("name") == "csrf" or "readonly" in tag.attributes or "disabled" in tag.attributes:
        return None
    if kind in ("checkbox", "radio"):
        is_on = text == (tag.attributes.get("value") or "on")
        return (tag.start, tag.end, _marked(tag, "checked", is_on)) if is_same or text is not None else None
    if text is None or (kind == "hidden" and not is_same):
        return None
    if tag.name == "textarea":
        return tag.end, tag.inner_end, "\n" + escape(text)
    return tag.start, tag.end, tag.written({"value": text})


def _marked(tag: _Tag, mark: str, is_on: bool) -> str:
    return tag.written({mark: None}) if is_on else tag.written({}, without=mark)
