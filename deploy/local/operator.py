"""Calls to a service's /internal interface, as its operator."""

from __future__ import annotations

import base64
import time
from typing import Any

import httpx

from deploy.local.addresses import SERVICES
from deploy.local.errors import Refused
from deploy.local.stack import Stack

ANSWER_WITHIN_S = 10.0


def call(
    stack: Stack, method: str, service: str, path: str, body: Any = None, *, within_s: float = ANSWER_WITHIN_S
) -> Any:
    """The answer's JSON, None for an empty one. Raises Refused with what the service says, in English."""
    from shared.service_tokens import issue_service_token

    if service not in SERVICES:
        raise Refused(f"there is no service {service}; there are {', '.join(SERVICES)}")
    seed = base64.b64decode(stack.keys.service_keys["operator"])
    token = issue_service_token(seed, "operator", service, now=int(time.time()))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    url = f"{stack.ports.url(service)}/internal/{path}"
    try:
        answer = httpx.request(method, url, headers=headers, json=body, timeout=within_s)
    except httpx.HTTPError as error:
        raise Refused(f"{service} does not answer: {error or type(error).__name__}") from error
    if answer.is_error:
        raise Refused(f"{service}: {_sentence(answer)}")
    return answer.json() if answer.content else None


def _sentence(answer: httpx.Response) -> str:
    try:
        document = answer.json()
        errors = [f"{error['field']}: {error['detail']}" for error in document.get("errors", ())]
        return "; ".join([str(document["detail"]), *errors])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"answered {answer.status_code}"
