"""A service on a real port in a thread of its own, and a fuzzer that tries what its description allows and what it forbids."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from shared.process import build
from tests.support import apps
from tests.support.mint import DataKeys, Mint
from tests.support.servers import Broker

MAX_EXAMPLES = 8
NOBODY = Broker("127.0.0.1:9", "kafka")


@contextmanager
def served(service: str, dsn: str, mint: Mint) -> Iterator[str]:
    """The address of the service's api role on this database, trusting the tokens of `mint`."""
    described = apps.service_named(service)
    data_keys = DataKeys()
    under_test = replace(described, key_source=lambda _: mint.key_source(), key_loader=lambda _: data_keys)
    app = build(under_test, apps.settings_for(described.settings, dsn, NOBODY, mint), "api")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not (server.started and app.state.started.is_set()):
            assert thread.is_alive(), "the service ended before it was ready"
            assert time.monotonic() < deadline, "the service did not get ready"
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


async def fuzz_service(
    service: str,
    dsn: str,
    mint: Mint,
    headers_for: Callable[[str], Mapping[str, str]],
    furnish: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> Counter[int]:
    """Serve it on this database and `fuzz` it. furnish: of its address, makes what `real` names."""

    def run() -> Counter[int]:
        with served(service, dsn, mint) as url:
            return fuzz(url, headers_for, furnish(url))

    return await asyncio.to_thread(run)


def fuzz(url: str, headers_for: Callable[[str], Mapping[str, str]], real: Mapping[str, str]) -> Counter[int]:
    """Try every operation; count the statuses. Fails for a fault of the service, and for an answer that is not as described.

    headers_for: of a path. real: values of path parameters that exist, used now and then.
    """
    statuses: Counter[int] = Counter()
    for found in schemathesis.openapi.from_url(f"{url}/openapi.json").get_all_operations():
        _fuzz_operation(found.ok(), headers_for, real, statuses)
    return statuses


def _fuzz_operation(
    operation: Any, headers_for: Callable[[str], Mapping[str, str]], real: Mapping[str, str], statuses: Counter[int]
) -> None:
    @settings(
        max_examples=MAX_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_real=st.booleans())
    def try_it(case: Any, is_real: bool) -> None:
        if is_real:
            case.path_parameters.update({name: real[name] for name in case.path_parameters if name in real})
        answer = case.call(headers=headers_for(case.path))
        checks = [response_schema_conformance]
        if not _says_who_is_away(answer):
            statuses[answer.status_code] += 1
            checks.append(not_a_server_error)
        case.validate_response(answer, checks=checks)

    try_it()


def _says_who_is_away(answer: Any) -> bool:
    """It asked another service, and none runs here: that is no fault of the one that is tried."""
    return answer.status_code == 503 and answer.json().get("code") == "service-unavailable"
