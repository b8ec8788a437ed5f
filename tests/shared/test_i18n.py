import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogues import compile_catalogues, source_path, update
from shared.errors import TooMany
from shared.i18n import LANGUAGES, negotiate, translator

MOMENT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one service that says two things."""
    folder = tmp_path / "services" / "example"
    (folder / "templates").mkdir(parents=True)
    (folder / "rules.py").write_text('message = N_("Good day, {name}.")\n', encoding="utf-8")
    (folder / "templates" / "page.html").write_text(
        '<p>{{ ngettext("%(n)s tool", "%(n)s tools", n) }}</p>', encoding="utf-8"
    )
    (tmp_path / "shared").mkdir()
    return tmp_path


def translate(root: Path, language: str, msgid: str, msgstr: str) -> Path:
    path = source_path(root / "services" / "example", language)
    path.write_text(path.read_text().replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{msgstr}"'))
    return path


def test_a_folder_speaks_first_then_the_kit_then_english(root: Path) -> None:
    update(root)
    translate(root, "nl", "Good day, {name}.", "Goedendag, {name}.")
    words = translator(root / "services" / "example", "nl")
    assert words.sentence("Good day, {name}.", {"name": "An"}) == "Goedendag, An."
    assert words.sentence(TooMany.message, {"retry_after_s": 7}) == "Te veel pogingen. Probeer opnieuw over 7 seconden."
    assert words.gettext("Nobody translated this.") == "Nobody translated this."


def test_update_keeps_translations_and_drops_what_is_gone(root: Path) -> None:
    assert len(update(root)) == 3
    path = translate(root, "fr", "Good day, {name}.", "Bonjour, {name}.")
    assert update(root) == []
    (root / "services" / "example" / "rules.py").write_text('m = N_("Good day, {name}.") + N_("Bye")\n')
    assert len(update(root)) == 3
    text = path.read_text()
    assert "Bonjour" in text
    assert "Bye" in text
    (root / "services" / "example" / "rules.py").write_text('m = N_("Bye")\n')
    update(root)
    assert "Bonjour" not in path.read_text()
    assert "nplurals=2" in path.read_text()


def test_catalogues_are_compiled_only_when_they_are_stale(root: Path) -> None:
    update(root)
    path = translate(root, "de", "Good day, {name}.", "Guten Tag, {name}.")
    assert len(compile_catalogues(root)) == 3
    assert compile_catalogues(root) == []
    later = path.stat().st_mtime + 10
    os.utime(path, (later, later))
    assert compile_catalogues(root) == [path.with_suffix(".mo")]
    assert not list(root.glob("**/*.partial"))
    words = translator(root / "services" / "example", "de")
    assert words.sentence("Good day, {name}.", {"name": "An"}) == "Guten Tag, An."


def test_a_source_newer_than_its_compilation_wins(root: Path) -> None:
    update(root)
    compile_catalogues(root)
    path = translate(root, "de", "Good day, {name}.", "Guten Tag, {name}.")
    later = path.stat().st_mtime + 10
    os.utime(path, (later, later))
    assert translator(root / "services" / "example", "de").gettext("Good day, {name}.") == "Guten Tag, {name}."


@pytest.mark.parametrize(
    ("language", "money", "day", "moment"),
    [
        ("fr", "1 234,50 €", "2 juillet 2026", "2 juillet 2026 00:30"),
        ("nl", "€ 1.234,50", "2 juli 2026", "2 juli 2026 00:30"),
        ("en", "€1,234.50", "2 July 2026", "2 July 2026 00:30"),
        ("de", "1.234,50 €", "2. Juli 2026", "2. Juli 2026 00:30"),
    ],
)
def test_amounts_and_dates_are_written_as_each_language_does(language: str, money: str, day: str, moment: str) -> None:
    words = translator(Path("shared"), language)
    assert words.money(123_450).replace("\xa0", " ").replace("\u202f", " ") == money
    assert words.date(date(2026, 7, 2)) == day
    assert words.datetime(MOMENT) == moment
    sentence = words.sentence("{amount_cents:money}|{day:date}", {"amount_cents": 123_450, "day": date(2026, 7, 2)})
    assert sentence == f"{words.money(123_450)}|{day}"


@pytest.mark.parametrize(
    ("language", "plus", "minus"),
    [
        ("fr", "+2,50 €", "-2,50 €"),
        ("nl", "€ +2,50", "€ -2,50"),
        ("en", "+€2.50", "-€2.50"),
        ("de", "+2,50 €", "-2,50 €"),
    ],
)
def test_what_came_has_its_sign_where_what_went_has_it(language: str, plus: str, minus: str) -> None:
    words = translator(Path("shared"), language)
    assert [words.change(cents).replace("\xa0", " ") for cents in (250, -250)] == [plus, minus]
    assert words.change(0) == words.money(0)


def test_a_placeholder_reaches_nothing_but_its_value() -> None:
    words = translator(Path("shared"), "en")
    assert words.sentence("{name.__class__} {name[0]} {gone}", {"name": "An"}) == "{name.__class__} {name[0]} {gone}"
    assert words.sentence("{name:>99999999}", {"name": "An"}) == "An"
    assert words.sentence("{name}", {"name": "{other}"}) == "{other}"


@given(st.text(max_size=300))
def test_any_accept_language_gives_a_language(header: str) -> None:
    assert negotiate(header) in LANGUAGES


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fr"),
        ("", "fr"),
        ("nl-BE,fr;q=0.8", "nl"),
        ("de;q=0.1,en;q=0.9", "en"),
        ("xx,yy;q=abc", "fr"),
        ("en;q=0", "fr"),
        ("EN-gb", "en"),
    ],
)
def test_the_best_language_that_we_have_is_chosen(header: str | None, language: str) -> None:
    assert negotiate(header) == language
