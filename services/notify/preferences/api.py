"""Which mails one gets; and the links in them by which they are stopped."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse

from services.notify.at import At
from services.notify.digests.rules import Choice
from services.notify.preferences import handlers, store
from services.notify.preferences.rules import DEFAULT
from services.notify.preferences.tokens import PATH, Unsubscribe, read_token
from services.notify.preferences.topics import PERSONAL, TOPICS, Topic
from shared.errors import NotFound
from shared.markers import N_
from shared.tokens import Person, peer, person, public

router = APIRouter(prefix="/api/notifications/preferences", tags=["notifications"])
links = APIRouter(tags=["notifications"])
Caller = Annotated[Person, person()]
PAGE = "/unsubscribe"


class LinkUnknown(NotFound):
    code = "unsubscribe-link-unknown"
    message = N_(
        "This link is not whole. Copy it from the mail once more, or choose your mails when you are signed in."
    )


class TopicView(BaseModel):
    """choice: at-once, hourly or daily (with others), site (no mail). is_personal: of oneself, and so the same for all organisations."""

    topic: Topic
    choice: Choice
    is_personal: bool


class OrganisationView(BaseModel):
    """choices: by topic, only where they are not those for all."""

    id: UUID
    name: str
    choices: dict[Topic, Choice]


class PreferencesView(BaseModel):
    topics: list[TopicView]
    organisations: list[OrganisationView]


class Choosing(BaseModel):
    """organisation_id: None for all organisations that have no choice of their own. choices: by topic; those left out are not made."""

    organisation_id: UUID | None = None
    choices: dict[Topic, Choice] = Field(max_length=len(TOPICS))


class Stopped(BaseModel):
    """topic: or `everything`."""

    topic: str


@router.get("")
async def preferences(caller: Caller, at: At) -> PreferencesView:
    async with at.database.acquire() as db:
        choices = await store.choices_of(db, [caller.account_id])
        organisations = await store.organisations_of(db, caller.account_id)
    made: dict[tuple[str, UUID | None], Choice] = {
        (topic, organisation_id): choice for (_, topic, organisation_id), choice in choices.items()
    }
    return PreferencesView(
        topics=[
            TopicView(topic=topic, choice=made.get((topic, None), DEFAULT), is_personal=topic in PERSONAL)
            for topic in TOPICS
        ],
        organisations=[
            OrganisationView(
                id=organisation_id,
                name=name,
                choices={topic: made[topic, organisation_id] for topic in TOPICS if (topic, organisation_id) in made},
            )
            for organisation_id, name in organisations
        ],
    )


@router.put("", status_code=204)
async def choose(choosing: Choosing, caller: Caller, at: At) -> None:
    """Whole for one organisation, or for all: what was chosen there before and is not named now is not chosen any more.

    Raises ChoiceUnknown, OrganisationUnknown.
    """
    async with at.database.transaction() as db:
        await handlers.choose(db, caller.account_id, choosing.organisation_id, {**choosing.choices})


@links.get(PATH + "/{token}", dependencies=[public("the link of a mail: looking changes nothing")])
async def show(token: str) -> RedirectResponse:
    """To a page that asks first: programs that look at mails follow every link in them."""
    return RedirectResponse(f"{PAGE}/{token}", 303)


@links.post(PATH + "/{token}", status_code=204, dependencies=[public("the link of a mail is the proof of its reader")])
async def stop_at_once(token: str, at: At) -> None:
    """RFC 8058: a mail program's one click. Raises LinkUnknown."""
    await _stop(at, token)


@links.get("/internal/unsubscribe/{token}", dependencies=[peer("gateway")])
async def look(token: str, at: At) -> Stopped:
    """What the link would stop. Raises LinkUnknown."""
    return Stopped(topic=_read(at, token).topic)


@links.post("/internal/unsubscribe/{token}", dependencies=[peer("gateway")])
async def stop(token: str, at: At) -> Stopped:
    """Raises LinkUnknown."""
    return Stopped(topic=await _stop(at, token))


async def _stop(at: At, token: str) -> str:
    unsubscribe = _read(at, token)
    async with at.database.transaction() as db:
        await handlers.stop(db, unsubscribe)
    return unsubscribe.topic


def _read(at: At, token: str) -> Unsubscribe:
    unsubscribe = read_token(at.own.unsubscribes.secret, token)
    if unsubscribe is None:
        raise LinkUnknown()
    return unsubscribe
