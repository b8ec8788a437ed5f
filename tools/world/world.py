"""What every part of the outside world shares: settings, memory, the test authorities, page templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from jinja2 import Environment

from tools.texts import chosen_language
from tools.world.pki import Pki
from tools.world.settings import Settings
from tools.world.store import Store


@dataclass(frozen=True)
class World:
    settings: Settings
    store: Store
    pki: Pki
    templates: Mapping[str, Environment]

    def language(self, request: Request, default: str | None = None) -> str:
        """Return the language of `?lang=`, else the one given, else the browser's."""
        wanted = request.query_params.get("lang") or default
        return chosen_language(wanted, request.headers.get("accept-language"))

    def page(self, request: Request, template: str, language: str | None = None, **values: object) -> str:
        chosen = language or self.language(request)
        return self.templates[chosen].get_template(template).render(request=request, **values)


def world_of(request: Request) -> World:
    return request.app.state.world


WorldOf = Annotated[World, Depends(world_of)]
