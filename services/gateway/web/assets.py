"""Static files under a path that changes with their content, so that browsers keep them for good."""

import gzip
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from shared.errors import NotFound

FOLDER = Path(__file__).parent.parent / "static"
STYLES = ("tokens", "base", "layout", "forms", "components", "screens", "pages")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}
DEMO_FOLDER = "demo"
EMBED_FOLDER = "embed"


@dataclass(frozen=True)
class Asset:
    """gzipped: the same for browsers that take it; None where that would save nothing. Nothing secret is in it, so it may be compressed."""

    body: bytes
    media_type: str
    gzipped: bytes | None = None


class Assets:
    """All static files in memory. `prefix` is the path under which they are served, `/static/<hash of all>`."""

    def __init__(self, *, with_demo: bool) -> None:
        """with_demo: whether the scripts of the demonstration exist at all."""
        self._files = {name: _read(path) for name, path in _paths(with_demo)}
        self._files["immo.css"] = Asset(_stylesheet(), MEDIA_TYPES[".css"])
        self.version = _hash(self._files)
        self._files = {name: _with_gzipped(asset) for name, asset in self._files.items()}
        self.prefix = f"/static/{self.version}"

    def get(self, name: str) -> Asset:
        """Raises NotFound."""
        if name not in self._files:
            raise NotFound
        return self._files[name]

    def names(self) -> list[str]:
        return sorted(self._files)


def _paths(with_demo: bool) -> list[tuple[str, Path]]:
    files = [
        (path.relative_to(FOLDER).as_posix(), path) for path in sorted(FOLDER.rglob("*")) if path.suffix in MEDIA_TYPES
    ]
    return [(name, path) for name, path in files if with_demo or not name.startswith(f"{DEMO_FOLDER}/")]


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(_lean(body) if path.parent.name == EMBED_FOLDER else body, MEDIA_TYPES[path.suffix])


def _with_gzipped(asset: Asset) -> Asset:
    gzipped = gzip.compress(asset.body, mtime=0)
    return replace(asset, gzipped=gzipped if len(gzipped) < len(asset.body) * 0.9 else None)


def _lean(script: bytes) -> bytes:
    """Without indentation and lines of comment: others' pages load it."""
    lines = (line.strip() for line in script.decode().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _stylesheet() -> bytes:
    """One file of all styles, without comments and indentation; its addresses are relative to the folder of styles."""
    text = "\n".join((FOLDER / "css" / f"{name}.css").read_text() for name in STYLES)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).replace('url("../', 'url("')
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()).encode()


def _hash(files: dict[str, Asset]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name].body)
    return digest.hexdigest()[:12]
