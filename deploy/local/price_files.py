"""Files of prices on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.local.data_folder import REPOSITORY
from deploy.local.errors import Refused
from services.organisation.tools.yaml_nodes import YamlRefused, read_nodes
from services.wallet.plans.prices import Prices

EDITION = REPOSITORY / "editions" / "real-estate" / "prices.yaml"
MAX_CHARS = 1_000_000


def read_prices(path: Path) -> Any:
    """The file as JSON can hold it, found to be right. Raises Refused with every trouble in it, and where."""
    try:
        node = read_nodes(path.read_text(encoding="utf-8"), max_chars=MAX_CHARS)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except YamlRefused as refused:
        raise Refused(f"{path}:{refused.line}: {refused.reason}\nnothing was changed") from refused
    try:
        Prices.model_validate(node.value)
    except ValidationError as error:
        told = [_told(path, node.lines, one["loc"], one["msg"]) for one in error.errors()]
        raise Refused("\n".join([*told, "nothing was changed"])) from error
    return node.value


def _told(path: Path, lines: Mapping[str, int], place: Sequence[int | str], message: str) -> str:
    found = list(map(str, place))
    while found and ".".join(found) not in lines:
        found.pop()
    line = lines.get(".".join(found), 1)
    return f"{path}:{line}: {'.'.join(map(str, place))}: {message.removeprefix('Value error, ')}"
