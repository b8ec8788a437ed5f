"""The operator's view on whose identity cards are believed: files only, nothing need run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from deploy.local.errors import Refused
from services.identity.eid import trust_desk
from services.identity.eid.shipped_trust import shipped_folder
from services.identity.eid.trust_desk import Desk, Entry, Source
from services.identity.eid.trust_files import TrustFolder, TrustRefused, read_trust_folder

BELGIAN_FOLDER = "IMMO_IDENTITY_EID_TRUST"
FOREIGN_FOLDER = "IMMO_IDENTITY_EID_FOREIGN_TRUST"
FETCH_WITHIN_S = 15.0
SHOWN_HASH_CHARS = 16
WIDTH = 160


def show(folder: Path | None, *, foreign: bool, as_json: bool) -> int:
    """What is trusted. Exit code 1 when something in it is not as it should be."""
    entries = _desk(_folder(folder, foreign=foreign), foreign=foreign).listed(now=datetime.now(UTC))
    return _report(entries, as_json=as_json)


def check(
    sources: Sequence[str], folder: Path | None, *, foreign: bool, root_pins: Sequence[str], as_json: bool
) -> int:
    """What `add` would say of them; without any, what is trusted now."""
    if not sources:
        return show(folder, foreign=foreign, as_json=as_json)
    desk = _desk(_folder(folder, foreign=foreign), foreign=foreign, root_pins=root_pins)
    return _report(desk.judge(_read(sources), now=datetime.now(UTC)), as_json=as_json)


def add(sources: Sequence[str], folder: Path | None, *, foreign: bool, root_pins: Sequence[str], as_json: bool) -> int:
    """Take over what belongs. Exit code 1 when something was refused; the rest is taken over all the same."""
    target = _folder(folder, foreign=foreign)
    if target is None:
        raise Refused(f"say where: --folder, or {FOREIGN_FOLDER if foreign else BELGIAN_FOLDER} in the environment")
    entries = _desk(target, foreign=foreign, root_pins=root_pins).judge(_read(sources), now=datetime.now(UTC))
    try:
        written = trust_desk.add(target, entries)
    except (OSError, TrustRefused) as error:
        raise Refused(str(error)) from error
    code = _report(entries, as_json=as_json)
    if not as_json:
        sys.stdout.write("".join(f"added {path}\n" for path in written) or "nothing to add\n")
    return code


def _folder(given: Path | None, *, foreign: bool) -> Path | None:
    named = os.environ.get(FOREIGN_FOLDER if foreign else BELGIAN_FOLDER)
    return given or (Path(named) if named else None)


def _desk(folder: Path | None, *, foreign: bool, root_pins: Sequence[str] = ()) -> Desk:
    try:
        trusted: list[TrustFolder] = [] if foreign else [shipped_folder()]
        if folder is not None and folder.exists():
            trusted.append(read_trust_folder(folder))
    except TrustRefused as refused:
        raise Refused(str(refused)) from refused
    pins = frozenset(pin.replace(":", "").replace(" ", "").lower() for pin in root_pins)
    return Desk(trusted, foreign=foreign, root_pins=pins)


def _read(sources: Sequence[str]) -> list[Source]:
    found: list[Source] = []
    for source in sources:
        try:
            if source.startswith(("http://", "https://")):
                found += trust_desk.read_sources(source, _fetch(source))
            else:
                found += trust_desk.read_paths([Path(source)])
        except OSError as error:
            raise Refused(f"{source} cannot be read: {error.strerror or error}") from error
    if not found:
        raise Refused("there is no certificate in what was given")
    return found


def _fetch(address: str) -> bytes:
    """Certificates are public and prove themselves: who delivers them, and over which line, does not matter."""
    body = b""
    try:
        with httpx.stream("GET", address, timeout=FETCH_WITHIN_S, follow_redirects=True) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > trust_desk.MAX_FILE_BYTES:
                    raise Refused(f"{address} is too large for a certificate")
    except httpx.HTTPError as error:
        raise Refused(f"{address} cannot be fetched: {error or type(error).__name__}") from error
    return body


def _report(entries: Sequence[Entry], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps([_document(entry) for entry in entries], indent=1) + "\n")
    else:
        _print_table(entries)
    return 1 if any(entry.trouble for entry in entries) else 0


def _print_table(entries: Sequence[Entry]) -> None:
    table = Table("file", "name", "chains to", "until", "sha256", "", box=None, pad_edge=False)
    for entry in entries:
        style = "red" if entry.trouble else "yellow" if entry.warning else ""
        remark = entry.trouble or entry.warning or ("trusted" if entry.is_trusted else "good")
        table.add_row(
            Path(entry.source).name if "://" not in entry.source else entry.source,
            entry.name,
            entry.issuer or "-",
            f"{entry.ends:%Y-%m-%d}" if entry.ends else "",
            entry.sha256[:SHOWN_HASH_CHARS],
            remark,
            style=style,
        )
    width = None if sys.stdout.isatty() else WIDTH
    Console(highlight=False, width=width).print(table if entries else "nothing is trusted")


def _document(entry: Entry) -> dict[str, object]:
    return {
        "source": entry.source,
        "name": entry.name,
        "kind": entry.kind,
        "chains_to": entry.issuer or None,
        "not_before": entry.certificate.not_valid_before_utc.isoformat() if entry.certificate else None,
        "not_after": entry.ends.isoformat() if entry.ends else None,
        "sha256": entry.sha256 or None,
        "trusted": entry.is_trusted,
        "trouble": entry.trouble or None,
        "warning": entry.warning or None,
    }
