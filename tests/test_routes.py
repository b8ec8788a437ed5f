"""Every route of every service says whom it lets in, and what is internal is for services only."""

import pytest
from fastapi import FastAPI

from shared.process import build
from shared.routes import RouteFacts, routes_of
from shared.settings import SERVICES
from tests.support import apps
from tests.support.mint import Mint
from tests.support.servers import Broker

NOWHERE = Broker("127.0.0.1:9", "kafka")


def application(name: str, role: apps.Role = "api") -> FastAPI:
    """As built, not started."""
    service = apps.service_named(name)
    settings = apps.settings_for(service.settings, "postgresql:///nowhere", NOWHERE, Mint())
    return build(service, settings, role)


def routes(name: str, role: apps.Role = "api") -> list[RouteFacts]:
    return list(routes_of(application(name, role)))


@pytest.mark.parametrize("name", SERVICES)
def test_each_route_says_whom_it_lets_in(name: str) -> None:
    assert [facts.path for facts in routes(name) if facts.access is None] == []


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_internal_is_for_services_only_and_they_go_nowhere_else(name: str) -> None:
    for facts in routes(name):
        is_for_services = (facts.access or "").startswith("peer ")
        assert is_for_services == facts.path.startswith("/internal"), facts


@pytest.mark.parametrize("name", SERVICES)
def test_no_method_of_a_path_is_answered_by_two_routes(name: str) -> None:
    found = [(method, facts.path) for facts in routes(name) for method in facts.methods if method != "HEAD"]
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("name", SERVICES)
def test_a_worker_answers_operators_only(name: str) -> None:
    assert {facts.path for facts in routes(name, "worker")} == {"/livez", "/readyz", "/metrics"}
