"""Taking over extracts of the public register: all of one or nothing, and whatever ends this, it may be run again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.organisation.register import stage, store
from services.organisation.register.files import ExtractFiles, ExtractRefused
from services.organisation.register.rules import PARTS, Extract, check_base, gone
from shared.db import Connection

SHRUNKEN = 0.8  # of what was there: less is more likely half a file than the country's companies
NAMED = 0.99  # every enterprise has a name; fewer with one is half a file too
Show = Callable[[str, float], None]


@dataclass(frozen=True)
class Options:
    """anyway: also what is older, or much smaller than what is there. dry_run: read and compare, change nothing."""

    dry_run: bool = False
    anyway: bool = False


@dataclass(frozen=True)
class Outcome:
    """extract: None of `before` where there was nothing. is_new: False for what was there already. lines: that counted, by file."""

    path: Path
    extract: Extract
    before: Extract | None
    is_new: bool
    lines: dict[str, int]
    enterprises_before: int
    enterprises: int


async def import_extract(db: Connection, path: Path, options: Options, show: Show) -> Outcome:
    """db: a connection of its own, that holds `store.lock`. show: what is being done, and how much of it, 0 to 1.

    Raises ExtractRefused, ExtractMismatch, and then nothing is changed.
    """
    files = ExtractFiles(path)
    try:
        before = await store.find_state(db)
        known = (before.extract, before.enterprises) if before else (None, 0)
        if not check_base(files.extract, known[0], anyway=options.anyway):
            return Outcome(path, files.extract, known[0], False, {}, known[1], known[1])
        await stage.make_stage(db)
        lines = await _stage(db, files, show)
        show("checking", 1.0)
        await _check(db, files, before, lines, options)
        show("dry run" if options.dry_run else "merging", 1.0)
        if files.extract.kind == "full":
            enterprises = await _switch(db, files.extract, before, lines["enterprise.csv"], options)
        else:
            enterprises = await _apply(db, files.extract, before, options)
        return Outcome(path, files.extract, known[0], True, lines, known[1], enterprises)
    finally:
        files.close()


async def _stage(db: Connection, files: ExtractFiles, show: Show) -> dict[str, int]:
    total = sum(files.size(file) for part in PARTS for file in files.files_of(part))
    lines: dict[str, int] = {}
    behind = 0
    for part in PARTS:
        for file in files.files_of(part):
            done = _progress(show, file, behind, total)
            is_gone = file.endswith("_delete.csv")
            table = f"stage_{part.name}_gone" if is_gone else f"stage_{part.name}"
            columns = part.columns[:1] if is_gone else part.columns
            kept = ("number",) if is_gone else part.kept
            rows = files.kept(file, columns, gone if is_gone else part.take, done)
            lines[file] = await stage.copy(db, table, kept, rows)
            behind += files.size(file)
    await stage.analyze(db)
    return lines


def _progress(show: Show, file: str, behind: int, total: int) -> Callable[[int], None]:
    def done(position: int) -> None:
        show(file, (behind + position) / total if total else 1.0)

    done(0)
    return done


async def _check(
    db: Connection, files: ExtractFiles, before: store.State | None, lines: dict[str, int], options: Options
) -> None:
    """What no line by itself shows: one half is missing, or the same twice."""
    number = await stage.twice(db)
    if number is not None:
        raise ExtractRefused(f"{files.path}: two lines say what enterprise {number} is")
    if files.extract.kind == "update":
        return
    enterprises = lines["enterprise.csv"]
    if not enterprises:
        raise ExtractRefused(f"{files.path}: enterprise.csv is empty")
    if before and enterprises < before.enterprises * SHRUNKEN and not options.anyway:
        raise ExtractRefused(
            f"{files.path}: {enterprises:,} enterprises where {before.enterprises:,} are there;"
            f" a file that was cut off? (--anyway)"
        )
    nameless = await stage.nameless(db)
    if nameless > enterprises * (1 - NAMED) and not options.anyway:
        raise ExtractRefused(
            f"{files.path}: {nameless:,} of {enterprises:,} enterprises have no name; a file that was cut off? (--anyway)"
        )


async def _switch(
    db: Connection, extract: Extract, before: store.State | None, enterprises: int, options: Options
) -> int:
    """Into the slot that nobody asks, which then is the one that all ask."""
    if options.dry_run:
        return enterprises
    slot = 1 - before.slot if before else 0
    await store.empty(db, slot)
    await store.fill(db, slot)
    await store.analyze(db, slot)
    await store.save_state(db, slot, extract, enterprises, now=datetime.now(UTC))
    if before:
        await store.empty(db, before.slot)
    return enterprises


async def _apply(db: Connection, extract: Extract, before: store.State | None, options: Options) -> int:
    """One transaction on the slot that answers; a dry run takes it back."""
    if before is None:
        raise LookupError("an update of nothing")
    transaction = db.transaction()
    await transaction.start()
    try:
        await store.delete_gone(db, before.slot)
        await store.upsert_enterprises(db, before.slot)
        await store.replace_names(db, before.slot)
        await store.replace_addresses(db, before.slot)
        await store.replace_activities(db, before.slot)
        enterprises = await store.count(db, before.slot)
        await store.save_state(db, before.slot, extract, enterprises, now=datetime.now(UTC))
    except BaseException:
        await transaction.rollback()
        raise
    await (transaction.rollback() if options.dry_run else transaction.commit())
    return enterprises
