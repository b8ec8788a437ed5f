"""Choosing a password: typed twice, judged by identity while it is typed. Nothing of it is kept."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from services.gateway.web.access import anyone
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit
from shared.markers import N_

router = APIRouter(include_in_schema=False, route_class=PageRoute)

KNOWN_FIELDS = ("first_name", "last_name", "username", "email")
WORDS = (N_("Very weak"), N_("Weak"), N_("Fair"), N_("Good"), N_("Strong"))


@dataclass(frozen=True)
class Strength:
    """score: 0..4. word, advice: in the reader's language."""

    score: int
    word: str
    advice: str


@router.post("/password-strength")
async def strength(visit: Annotated[Visit, anyone()]) -> Response:
    """For the meter, while one types."""
    visit.own.proposals.take(visit.address)
    judged = await _judge(visit, visit.fields)
    return JSONResponse({"score": judged.score, "word": judged.word, "advice": judged.advice})


async def strength_of(visit: Visit, form: Form, **known: str) -> Strength | None:
    """Advice for a password that was too weak, for the page that shows its form again; None where there is none to give."""
    if "password-too-weak" in form.codes:
        with suppress(*REFUSALS):
            return await _judge(visit, {**form.values, **known})
    return None


def differ(visit: Visit) -> Form | None:
    """The form with what is wrong with it, if the password was not typed twice."""
    if visit.fields.get("password") == visit.fields.get("password_again"):
        return None
    form = Form.of(visit.fields)
    form.errors["password_again"] = visit.words.gettext(N_("The two passwords are not the same."))
    return form


async def _judge(visit: Visit, fields: Mapping[str, str]) -> Strength:
    known = [fields.get(name, "")[:400] for name in KNOWN_FIELDS]
    if visit.account is not None:
        known += [visit.account.name, visit.account.username]
    body = {"password": fields.get("password", "")[:1000], "known": [text for text in known if text]}
    judged: dict[str, Any] = await visit.ask("/internal/passwords/judge", body)
    score = int(judged["score"])
    return Strength(score, visit.words.gettext(WORDS[score]), " ".join(judged["advice"]))
