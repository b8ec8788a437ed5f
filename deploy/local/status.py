"""What `./immo status` tells, put together from the state file, each part's /readyz and each service's /metrics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from deploy.local.addresses import SERVICES, TOOLS
from deploy.local.data_folder import DataFolder
from deploy.local.ports import Ports

ANSWER_WITHIN_S = 3.0
MEASURES = ("immo_consumer_lag", "immo_outbox_rows", "immo_dead_letters")


@dataclass(frozen=True)
class Answer:
    """What one part says of itself. measures: (name, label) -> value."""

    name: str
    readiness: dict[str, Any]
    measures: dict[tuple[str, str], float]


def collect(data: DataFolder) -> dict[str, Any]:
    state = data.state() if data.is_running() else {}
    if "url" not in state:
        return {"running": False, "phase": state.get("phase", "stopped"), "data": str(data.path), "services": []}
    answers = asyncio.run(_ask_all(Ports(state["port"])))
    children = {child["name"]: child for child in state["children"]}
    rows = [_row(answer, children.get(answer.name)) for answer in answers]
    return {
        "running": True,
        "ready": state["phase"] == "ready" and all(row["ready"] for row in rows),
        "phase": state["phase"],
        "url": state["url"],
        "data": str(data.path),
        "supervisor": state["supervisor"]["pid"],
        "services": [row for row in rows if row["name"] in SERVICES],
        "tools": [row for row in rows if row["name"] in TOOLS],
        "kafka": {**state["kafka"], **_process(children.get("kafka"))},
        "postgres": state["postgres"],
        "mail": state["mail"],
        "accounts": state.get("accounts", []),
        "lag": _by_service(answers, "immo_consumer_lag"),
        "outbox": {name: sum(rows.values()) for name, rows in _by_service(answers, "immo_outbox_rows").items()},
        "dead_letters": _by_service(answers, "immo_dead_letters"),
        "memory_bytes": sum(memory_of(child["pid"]) for child in state["children"]),
        "notices": state["notices"],
    }


def memory_of(pid: int) -> int:
    """A process and its children, pages that they share counted once (proportional set size)."""
    try:
        root = psutil.Process(pid)
        return sum(_share(process) for process in [root, *root.children(recursive=True)])
    except psutil.Error:
        return 0


def _share(process: psutil.Process) -> int:
    try:
        return int(getattr(process.memory_full_info(), "pss", 0)) or int(process.memory_info().rss)
    except psutil.Error:
        return 0


async def _ask_all(ports: Ports) -> list[Answer]:
    async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S) as client:
        return await asyncio.gather(*(_ask(client, name, ports.url(name)) for name in (*SERVICES, *TOOLS)))


async def _ask(client: httpx.AsyncClient, name: str, url: str) -> Answer:
    try:
        readiness: dict[str, Any] = (await client.get(f"{url}/readyz")).json()
        measures = measures_in((await client.get(f"{url}/metrics")).text) if name in SERVICES else {}
    except (httpx.HTTPError, ValueError) as error:
        reason = str(error) or type(error).__name__
        check = {"name": "answers", "ok": False, "required": True, "reason": reason}
        return Answer(name, {"ready": False, "checks": [check]}, {})
    return Answer(name, readiness, measures)


def measures_in(text: str) -> dict[tuple[str, str], float]:
    """Of the text of /metrics, what status tells: (name, value of its label) -> value."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in MEASURES
    }


def _row(answer: Answer, child: dict[str, Any] | None) -> dict[str, Any]:
    told = answer.readiness
    return {
        "name": answer.name,
        "ready": bool(told.get("ready")),
        "role": told.get("role", "all"),
        **_process(child),
        "checks": told.get("checks", []),
    }


def _process(child: dict[str, Any] | None) -> dict[str, Any]:
    if child is None:
        return {"pid": None, "memory_bytes": 0}
    return {"pid": child["pid"], "memory_bytes": memory_of(child["pid"])}


def _by_service(answers: list[Answer], measure: str) -> dict[str, dict[str, int]]:
    return {
        answer.name: {label: int(value) for (name, label), value in answer.measures.items() if name == measure}
        for answer in answers
        if answer.name in SERVICES
    }
