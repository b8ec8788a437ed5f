"""Calls to a service's /internal interface, as its operator: of the stack on this machine, or of one elsewhere."""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import httpx

from deploy.local.addresses import SERVICES
from deploy.local.data_folder import DataFolder
from deploy.local.errors import Refused
from deploy.local.stack import Stack, find_stack

ANSWER_WITHIN_S = 10.0
KEY = "IMMO_OPERATOR_KEY"


@dataclass(frozen=True)
class Place:
    """Where a service is, and the operator's key. values: what placeholders in files of the catalogue stand for there."""

    url: str
    seed: bytes = field(repr=False)
    values: Mapping[str, str] = field(default_factory=dict[str, str])


def place_of(data: DataFolder, service: str) -> Place:
    """Of the service that the environment names with the operator's key, else of the stack on the data folder. Raises Refused."""
    key = os.environ.get(KEY)
    if not key:
        stack = find_stack(data)
        return Place(_url(stack, service), _seed(stack), {"demo_tool": stack.ports.url("demo-tool")})
    url = os.environ.get(f"IMMO_URL_{service.upper()}")
    if not url:
        raise Refused(f"{KEY} is set, and IMMO_URL_{service.upper()} does not say where the service is")
    try:
        return Place(url.rstrip("/"), base64.b64decode(key, validate=True))
    except binascii.Error as error:
        raise Refused(f"{KEY} is no base64") from error


def call(
    stack: Stack | Place,
    method: str,
    service: str,
    path: str,
    body: Any = None,
    *,
    content: BinaryIO | None = None,
    within_s: float = ANSWER_WITHIN_S,
) -> Any:
    """The answer's JSON, None for an empty one. content: a file, sent as it is. Raises Refused with what the service says, in English."""
    from shared.service_tokens import issue_service_token

    if service not in SERVICES:
        raise Refused(f"there is no service {service}; there are {', '.join(SERVICES)}")
    place = stack if isinstance(stack, Place) else Place(_url(stack, service), _seed(stack))
    token = issue_service_token(place.seed, "operator", service, now=int(time.time()))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    url = f"{place.url}/internal/{path}"
    try:
        answer = httpx.request(method, url, headers=headers, json=body, content=content, timeout=within_s)
    except httpx.HTTPError as error:
        raise Refused(f"{service} does not answer: {error or type(error).__name__}") from error
    if answer.is_error:
        raise Refused(f"{service}: {_sentence(answer)}")
    return answer.json() if answer.content else None


def _url(stack: Stack, service: str) -> str:
    return stack.ports.url(service)


def _seed(stack: Stack) -> bytes:
    return base64.b64decode(stack.keys.service_keys["operator"])


def _sentence(answer: httpx.Response) -> str:
    try:
        document = answer.json()
        errors = [f"{error['field']}: {error['detail']}" for error in document.get("errors", ())]
        return "; ".join([str(document["detail"]), *errors])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"answered {answer.status_code}"
