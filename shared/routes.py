"""Walks the routes of an application, for the test that each says whom it lets in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from shared.tokens import access_of


@dataclass(frozen=True)
class RouteFacts:
    """access: what the route's marker says; None when it has none."""

    path: str
    methods: tuple[str, ...]
    access: str | None
    in_schema: bool


def routes_of(app: FastAPI) -> Iterator[RouteFacts]:
    """Every route that answers, those of included routers too. Raises ValueError for a route with two markers."""
    for context in iter_route_contexts(app.routes):
        route: Any = context
        is_own_document = app.openapi_url is not None and context.path == app.openapi_url
        access = "public: the description of the service" if is_own_document else access_of(route)
        yield RouteFacts(
            context.path or "", tuple(sorted(context.methods or ())), access, getattr(route, "include_in_schema", False)
        )
