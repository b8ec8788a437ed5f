"""Which kinds of recognition exist and who vouches for them: data, read once at the start."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.i18n import LANGUAGES

_SLUG = r"^[a-z][a-z0-9-]{0,49}$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Registry(_Part):
    """url: where it is asked, where that is not the address in the settings."""

    id: str = Field(pattern=_SLUG)
    names: dict[str, str]
    url: str | None = None


class Kind(_Part):
    id: str = Field(pattern=_SLUG)
    registry: str
    names: dict[str, str]
    descriptions: dict[str, str]


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
        return self

    def kinds_of(self, registry_id: str) -> frozenset[str]:
        return frozenset(kind.id for kind in self.kinds if kind.registry == registry_id)


def read_catalogue(path: Path) -> Catalogue:
    """Raises ValidationError (a ValueError) that says what is wrong with the file."""
    return Catalogue.model_validate_json(path.read_bytes())


def _texts_of(part: Registry | Kind) -> list[dict[str, str]]:
    return [part.names, part.descriptions] if isinstance(part, Kind) else [part.names]
