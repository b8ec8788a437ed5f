"""Which mails one gets, on a page; and the page behind the link in a mail that stops its like."""

from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.notifications.words import AS_FOR_ALL, CHOICES, EVERYTHING, EVERYTHING_NAMED, TOPICS
from services.gateway.web.access import anyone, signed_in
from services.gateway.web.errors import PageRoute
from services.gateway.web.forms import Form
from services.gateway.web.refusals import REFUSALS, Refusal, status_of
from services.gateway.web.visit import Visit
from shared.errors import NotFound
from shared.markers import N_

PATH = "/account/notifications"
LINK = "/unsubscribe"

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Member = Annotated[Visit, signed_in()]
Anyone = Annotated[Visit, anyone()]


@router.get(PATH)
async def preferences(visit: Member) -> Response:
    return await _page(visit, None)


@router.post(PATH)
async def choose(visit: Member) -> Response:
    return await _choose(visit, None)


@router.get(PATH + "/{organisation_id}")
async def preferences_for_one(visit: Member, organisation_id: UUID) -> Response:
    """Raises NotFound."""
    return await _page(visit, organisation_id)


@router.post(PATH + "/{organisation_id}")
async def choose_for_one(visit: Member, organisation_id: UUID) -> Response:
    return await _choose(visit, organisation_id)


@router.get(LINK + "/{token}")
async def ask(visit: Anyone, token: str) -> Response:
    """Nothing happens by looking: programs that examine mails follow every link in them."""
    found = await visit.client("notify").get(f"/internal/unsubscribe/{token}", language=visit.language)
    return _link_page(visit, token, found["topic"], is_done=False)


@router.post(LINK + "/{token}")
async def stop(visit: Anyone, token: str) -> Response:
    found = await visit.client("notify").post(f"/internal/unsubscribe/{token}", language=visit.language)
    return _link_page(visit, token, found["topic"], is_done=True)


def _link_page(visit: Visit, token: str, topic: str, *, is_done: bool) -> Response:
    name, hint = TOPICS.get(topic, (EVERYTHING_NAMED, ""))
    return visit.page(
        "notifications/unsubscribe.html",
        action=f"{LINK}/{token}",
        topic=visit.words.gettext(name),
        hint=visit.words.gettext(hint) if hint else "",
        is_everything=topic == EVERYTHING,
        is_done=is_done,
    )


async def _choose(visit: Visit, organisation_id: UUID | None) -> Response:
    choices = {topic: visit.fields[topic] for topic in TOPICS if visit.fields.get(topic)}
    body = {"organisation_id": organisation_id, "choices": choices}
    try:
        await visit.put("notify", "/api/notifications/preferences", body)
    except REFUSALS as refusal:
        return await _page(visit, organisation_id, refusal=refusal)
    visit.say(N_("Saved. It counts from the next mail on."))
    return visit.redirect(PATH)


async def _page(visit: Visit, organisation_id: UUID | None, *, refusal: Refusal | None = None) -> Response:
    await visit.look_at_address()
    known: dict[str, Any] = await visit.get("notify", "/api/notifications/preferences")
    one = _named(known, organisation_id)
    form = visit.refused(refusal) if refusal else Form.of(_values(known, one))
    names = visit.words.gettext
    choices = [(choice, names(text)) for choice, text in CHOICES.items()]
    return visit.page(
        "notifications/preferences.html",
        status=status_of(refusal) if refusal else 200,
        here=PATH,
        action=f"{PATH}/{organisation_id}" if organisation_id else PATH,
        form=form,
        organisation=one,
        options=[("", names(AS_FOR_ALL)), *choices] if one else choices,
        topics=[
            SimpleNamespace(
                id=topic["topic"], name=names(TOPICS[topic["topic"]][0]), hint=names(TOPICS[topic["topic"]][1])
            )
            for topic in known["topics"]
            if one is None or not topic["is_personal"]
        ],
        organisations=known["organisations"],
    )


def _named(known: dict[str, Any], organisation_id: UUID | None) -> dict[str, Any] | None:
    """Raises NotFound for one that the person is told nothing about."""
    if organisation_id is None:
        return None
    for one in known["organisations"]:
        if one["id"] == str(organisation_id):
            return one
    raise NotFound


def _values(known: dict[str, Any], organisation: dict[str, Any] | None) -> dict[str, str]:
    if organisation is not None:
        return {**organisation["choices"]}
    return {topic["topic"]: topic["choice"] for topic in known["topics"]}
