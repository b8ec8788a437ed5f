"""Which kinds of recognition exist, who vouches for them and how they are asked: data, read once at the start."""

import codecs
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.recognition.rules import SUPPORT
from shared.i18n import LANGUAGES

_SLUG = r"^[a-z][a-z0-9-]{0,49}$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Http(_Part):
    """Asked about one person at a time, in JSON. Its address and how one proves who asks are in the settings.

    max_per_s: over all processes. max_at_once: in one process. url: where it has an address that everybody may know.
    """

    type: Literal["http"]
    url: str | None = None
    max_per_s: float = Field(default=20.0, gt=0, le=1000)
    max_at_once: int = Field(default=4, ge=1, le=100)
    timeout_s: float = Field(default=15.0, gt=0, le=60)
    max_answer_bytes: int = Field(default=256_000, ge=1_000)


class Columns(_Part):
    """What each thing is called in the file's first line. action: of a delta, what is done with the line."""

    national_number: str
    kind: str | None = None
    number: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    action: str | None = None


class File(_Part):
    """Delivered now and then, as CSV: into a folder or at an address, which are in the settings.

    form: `whole` says everything anew; `delta` only what is different, with `removals` in the column `action` for what is no more.
    kind: of all lines, where the file has no column for it. kinds: the file's words for ours, where they differ.
    max_bad_lines: with more the file is refused. max_shrink_percent: a whole file that lost more of its lines is refused.
    dated_by: where the file's name says of which day it is, a pattern with the groups year, month and day.
    max_bytes: of a file that is fetched.
    """

    type: Literal["file"]
    form: Literal["whole", "delta"] = "whole"
    columns: Columns
    kind: str | None = None
    kinds: dict[str, str] = {}
    removals: frozenset[str] = frozenset({"D"})
    delimiter: str = Field(default=";", min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    date_format: str = "%Y-%m-%d"
    max_bad_lines: int = Field(default=100, ge=0)
    max_shrink_percent: float = Field(default=20.0, ge=0, le=100)
    dated_by: str | None = None
    max_bytes: int = Field(default=1_000_000_000, ge=1_000)
    timeout_s: float = Field(default=300.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        codecs.lookup(self.encoding)
        if (self.kind is None) == (self.columns.kind is None):
            raise ValueError("a file names one kind, or a column for it")
        if (self.form == "delta") != (self.columns.action is not None):
            raise ValueError("a delta has a column for what is done with the line, a whole file has none")
        if self.dated_by and not {"year", "month", "day"} <= re.compile(self.dated_by).groupindex.keys():
            raise ValueError("dated_by needs the groups year, month and day")
        return self


Connector = Annotated[Http | File, Field(discriminator="type")]


class Lag(_Part):
    """How many months it can take until someone new is in the registry."""

    from_months: int = Field(ge=1)
    to_months: int = Field(ge=1)


class Registry(_Part):
    id: str = Field(pattern=_SLUG)
    names: dict[str, str]
    connector: Connector
    lag: Lag | None = None


class Kind(_Part):
    """ways: how one gets it. grace_days: how long it counts after its end while the registry has said nothing else."""

    id: str = Field(pattern=_SLUG)
    registry: str
    names: dict[str, str]
    descriptions: dict[str, str]
    ways: dict[str, str]
    grace_days: int = Field(default=0, ge=0, le=1000)


class Catalogue(_Part):
    registries: tuple[Registry, ...] = Field(min_length=1)
    kinds: tuple[Kind, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        registries = {registry.id for registry in self.registries}
        for kind in self.kinds:
            if kind.registry not in registries:
                raise ValueError(f"kind {kind.id} names registry {kind.registry}, which is not there")
        texts = [texts for part in (*self.registries, *self.kinds) for texts in _texts_of(part)]
        if any(set(one) != set(LANGUAGES) for one in texts):
            raise ValueError("each name and description needs a text in " + ", ".join(LANGUAGES))
        if len({kind.id for kind in self.kinds}) < len(self.kinds) or len(registries) < len(self.registries):
            raise ValueError("an id stands twice")
        if SUPPORT in registries:
            raise ValueError(f"{SUPPORT} is what the staff records, and no registry")
        return self

    def graces_of(self, registry_id: str) -> dict[str, int]:
        """The kinds that this registry vouches for, and their days of grace."""
        return {kind.id: kind.grace_days for kind in self.kinds if kind.registry == registry_id}

    def find_kind(self, kind_id: str) -> Kind | None:
        return next((kind for kind in self.kinds if kind.id == kind_id), None)

    def find_registry(self, registry_id: str) -> Registry | None:
        return next((registry for registry in self.registries if registry.id == registry_id), None)

    def name_of(self, registry_id: str, language: str) -> str:
        found = self.find_registry(registry_id)
        return found.names[language] if found else registry_id


def read_catalogue(path: Path) -> Catalogue:
    """Raises ValidationError (a ValueError) that says what is wrong with the file."""
    return Catalogue.model_validate_json(path.read_bytes())


def _texts_of(part: Registry | Kind) -> list[dict[str, str]]:
    return [part.names, part.descriptions, part.ways] if isinstance(part, Kind) else [part.names]
