"""Problems as HTTP: the one place that knows statuses (RFC 9457), with sentences in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.encoders import jsonable_encoder
from pydantic_core import PydanticCustomError, to_json
from starlette.responses import Response

from shared.errors import Invalid, Kind, Problem, TooMany, Unauthenticated, Violations
from shared.i18n import Translator
from shared.markers import N_

CONTENT_TYPE = "application/problem+json"

_STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.PAYMENT_REQUIRED: 402,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
_TITLES = {
    Kind.INVALID: N_("Not valid"),
    Kind.UNAUTHENTICATED: N_("Not signed in"),
    Kind.PAYMENT_REQUIRED: N_("Payment required"),
    Kind.FORBIDDEN: N_("Not allowed"),
    Kind.NOT_FOUND: N_("Not found"),
    Kind.CONFLICT: N_("Not possible now"),
    Kind.GONE: N_("No longer here"),
    Kind.TOO_MANY: N_("Too many attempts"),
    Kind.UNAVAILABLE: N_("Not available"),
}
_INTERNAL_TITLE = N_("Something went wrong")
_INTERNAL_DETAIL = N_("Something went wrong on our side. Try again, and tell us the number below if it stays so.")

# What the web server's own refusals are called; others keep the code "http-<status>".
HTTP_REFUSALS = {
    400: ("bad-request", N_("The request could not be read.")),
    404: ("not-found", N_("This does not exist.")),
    405: ("method-not-allowed", N_("This cannot be done here.")),
    413: ("too-large", N_("This is too large.")),
    415: ("unsupported-type", N_("This kind of content is not accepted here.")),
}
_HTTP_OTHER = N_("The request was refused.")


class Malformed(Invalid):
    """A value that is not what its field wants; `message` says in what way."""

    code = "malformed"
    message = N_("This value is not valid.")


class Missing(Malformed):
    code = "missing"
    message = N_("This field is required.")


class TooShort(Malformed):
    code = "too-short"
    message = N_("Use at least {min_length} characters.")


class TooLong(Malformed):
    code = "too-long"
    message = N_("Use at most {max_length} characters.")


class NotInRange(Malformed):
    code = "out-of-range"
    message = N_("This number is too small or too large.")


class NotAChoice(Malformed):
    code = "not-a-choice"
    message = N_("Choose one of the possibilities.")


_BY_TYPE: Mapping[str, type[Malformed]] = {
    "missing": Missing,
    "string_too_short": TooShort,
    "string_too_long": TooLong,
    "greater_than": NotInRange,
    "greater_than_equal": NotInRange,
    "less_than": NotInRange,
    "less_than_equal": NotInRange,
    "int_parsing_size": NotInRange,
    "literal_error": NotAChoice,
    "enum": NotAChoice,
}
_OWN = "own-problem"
_PLACES = ("body", "query", "path", "header", "cookie")


class Renderer:
    """Writes problem documents of one service. trace_id and language are the request's."""

    def __init__(self, public_origin: str) -> None:
        self._base = f"{public_origin}/help/errors/"

    def problem(self, problem: Problem, translator: Translator, trace_id: str | None) -> Response:
        status = _STATUS[problem.kind]
        title = translator.gettext(_TITLES[problem.kind])
        document = self._document(status, problem.code, title, _sentence(problem, translator), trace_id)
        if problem.field is not None:
            document["errors"] = [_field_error(problem, translator)]
        if isinstance(problem, Violations):
            document["errors"] = [_field_error(error, translator) for error in problem.errors]
        if problem.params:
            document["params"] = jsonable_encoder(problem.params)
        return _response(document, _headers(problem))

    def refusal(
        self, status: int, headers: Mapping[str, str] | None, translator: Translator, trace_id: str | None
    ) -> Response:
        """What the web server itself refuses: an unknown path or method, a body too large."""
        code, message = HTTP_REFUSALS.get(status, (f"http-{status}", _HTTP_OTHER))
        sentence = translator.sentence(message)
        return _response(self._document(status, code, sentence, sentence, trace_id), headers)

    def internal(self, translator: Translator, trace_id: str | None) -> Response:
        """An error of ours: nothing about it goes out but the number of its trace."""
        title, detail = translator.gettext(_INTERNAL_TITLE), translator.gettext(_INTERNAL_DETAIL)
        return _response(self._document(500, "internal", title, detail, trace_id), None)

    def _document(self, status: int, code: str, title: str, detail: str, trace_id: str | None) -> dict[str, Any]:
        return {
            "type": self._base + code,
            "title": title,
            "status": status,
            "code": code,
            "detail": detail,
            "trace_id": trace_id,
        }


def violations_of(errors: Sequence[Mapping[str, Any]]) -> Violations:
    """Pydantic's errors as problems with fields; the values that were sent are not repeated."""
    return Violations([_violation(error) for error in errors])


def own_problem(problem: Problem) -> PydanticCustomError:
    """For a validator to raise: the value is wrong in a way that has a sentence of its own. Its field is where the value stood."""
    return PydanticCustomError(_OWN, "{code}", {"code": problem.code, "problem": problem})


def _at(problem: Problem, field: str) -> Problem:
    problem.field = field
    return problem


def _violation(error: Mapping[str, Any]) -> Problem:
    place = [str(part) for part in error["loc"]]
    field = ".".join(place[1:] if place and place[0] in _PLACES else place)
    if error["type"] == _OWN:
        return _at(error["ctx"]["problem"], field)
    limits = {name: value for name, value in error.get("ctx", {}).items() if name in ("min_length", "max_length")}
    if limits.get("min_length") == 1:
        return Missing(field=field)
    return _BY_TYPE.get(error["type"], Malformed)(field=field, **limits)


def _field_error(problem: Problem, translator: Translator) -> dict[str, Any]:
    error: dict[str, Any] = {"field": problem.field, "code": problem.code, "detail": _sentence(problem, translator)}
    if problem.params:
        error["params"] = jsonable_encoder(problem.params)
    return error


def _sentence(problem: Problem, translator: Translator) -> str:
    return translator.sentence(problem.message, problem.params)


def _headers(problem: Problem) -> dict[str, str]:
    if isinstance(problem, TooMany):
        return {"retry-after": str(problem.params["retry_after_s"])}
    if isinstance(problem, Unauthenticated):
        return {"www-authenticate": f'Bearer error="{problem.code}"'}
    return {}


def _response(document: dict[str, Any], headers: Mapping[str, str] | None) -> Response:
    return Response(to_json(document), document["status"], dict(headers or {}), CONTENT_TYPE)
