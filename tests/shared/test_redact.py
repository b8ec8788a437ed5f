import json
import logging
from io import StringIO
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from pydantic import BaseModel, ValidationError

from shared.correlation import correlated
from shared.errors import Conflict
from shared.logs import setup_logs
from shared.redact import clean_text, describe, is_sensitive, redacted

SECRETS = {
    "password": "hunter22",
    "new_password": "hunter22",
    "accessToken": "hunter22",
    "code": "hunter22",
    "email": "hunter22",
    "to_email": "hunter22",
    "national_number": "hunter22",
    "first_name": "hunter22",
    "birthDate": "hunter22",
    "authorization": "hunter22",
    "set-cookie": "hunter22",
    "phone": "hunter22",
    "master_key": "hunter22",
    "address": {"street": "hunter22"},
}


@pytest.mark.parametrize("key", sorted(SECRETS))
def test_what_names_a_person_or_opens_a_door_is_hidden(key: str) -> None:
    assert is_sensitive(key)
    shown = json.dumps(redacted({key: SECRETS[key], "deep": {"list": [{key: SECRETS[key]}]}}))
    assert "hunter22" not in shown


@pytest.mark.parametrize(
    "key", ["account_id", "event_type", "attempt", "lag", "key", "problem", "route", "duration_ms", "codec"]
)
def test_what_helps_an_operator_stays(key: str) -> None:
    assert redacted({key: "x1"}) == {key: "x1"}


@pytest.mark.parametrize(
    "text",
    [
        "no mailbox jan.peeters+test@example.co.uk here",
        "Bearer abc.def",
        "token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl",
        "person 85.07.30-033.28 unknown",
        "person 85073003328 unknown",
    ],
)
def test_personal_data_inside_a_text_is_hidden(text: str) -> None:
    cleaned = clean_text(text)
    assert "[hidden]" in cleaned
    for part in ("jan.peeters", "abc.def", "eyJ", "033", "3328"):
        assert part not in cleaned


def test_ids_and_times_are_not_mistaken_for_personal_data() -> None:
    text = "01a1ffe9-9b47-76fe-9b1a-85073003328a at 1795292863123456789 enterprise 0123456749"
    assert clean_text(text) == text


def test_errors_are_described_without_the_values_that_they_complain_about() -> None:
    class Form(BaseModel):
        email: int

    class Taken(Conflict):
        code = "taken"

    with pytest.raises(ValidationError) as refused:
        Form.model_validate({"email": "anna@example.org"})
    broken = asyncpg.UniqueViolationError("duplicate key value")
    broken.detail = "Key (email)=(anna@example.org) already exists."
    described = [
        describe(error)
        for error in (refused.value, broken, Taken(email="anna@example.org"), OSError("anna@example.org away"))
    ]
    assert "anna" not in " ".join(described)
    assert described[0] == "email: int_parsing"
    assert described[2] == "Taken: taken"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is logged, as JSON; the logging of the run is put back afterwards."""
    stream = StringIO()
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    monkeypatch.setattr("sys.stdout", stream)
    setup_logs("example", log_format="json", level="info")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**config)
    root.handlers, root.level = handlers, level


def test_a_line_carries_the_trace_and_no_personal_data(lines: Any) -> None:
    with TracerProvider().get_tracer("t").start_as_current_span("s") as span, correlated("request-1"):
        structlog.get_logger("a").info(
            "mail sent", email="anna@example.org", account_id="42", note="for anna@example.org"
        )
    (line,) = lines()
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert (line["service"], line["correlation_id"], line["event"]) == ("example", "request-1", "mail sent")
    assert line["account_id"] == "42"
    assert "anna" not in json.dumps(line)


def test_an_exception_shows_its_place_but_not_its_data(lines: Any) -> None:
    def fail(email: str) -> None:
        raise ValueError(f"unknown {email}")

    try:
        fail("anna@example.org")
    except ValueError:
        structlog.get_logger("a").exception("lookup failed")
        logging.getLogger("somewhere.else").exception("also %s", "anna@example.org")
    for line in lines():
        assert line["error"].startswith("ValueError: unknown [hidden]")
        assert any(place.endswith(" fail") for place in line["stack"])
        assert "anna" not in json.dumps(line)


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists), max_size=5))
def test_anything_can_be_redacted(values: dict[str, Any]) -> None:
    assert set(redacted(values)) == set(values)
