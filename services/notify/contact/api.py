"""Taking a question for the help desk. It stays here, sealed, until it is mailed: nothing of it goes to Kafka."""

from datetime import UTC, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from services.notify.at import At
from services.notify.contact import store
from services.notify.contact.rules import Asked, Question, new_reference
from services.notify.mails.render import one_address
from services.notify.recipients.store import find_recipients
from shared import jobs
from shared.errors import Invalid
from shared.ids import new_id
from shared.markers import N_
from shared.tokens import peer

PASS_ON = "contact"
MAX_BODY_BYTES = 4 * 1024 * 1024
PATH = "/internal/contact"

router = APIRouter(tags=["contact"])


class AddressMissing(Invalid):
    code = "address-missing"
    message = N_("Give an address at which we can answer you.")


class Taken(BaseModel):
    reference: str


@router.post(PATH, status_code=201, dependencies=[peer("gateway")])
async def take(asked: Asked, at: At) -> Taken:
    """Sealed with a key of its own, which is destroyed with it. Raises AddressMissing."""
    question = await _addressed(asked, at)
    message_id, reference, now = new_id(), new_reference(), datetime.now(UTC)
    await at.client("identity").put(f"/internal/data-keys/{message_id}")
    await at.keyring.fetch([message_id])
    sealed = at.keyring.seal(message_id, PASS_ON, question.model_dump_json())
    async with at.database.transaction() as db:
        await store.insert(db, message_id, reference, language=question.language, sealed=sealed, now=now)
        await jobs.enqueue(db, PASS_ON, {"message_id": str(message_id)}, key=reference)
    return Taken(reference=reference)


async def _addressed(asked: Asked, at: At) -> Question:
    question = Question.model_validate(asked.model_dump(exclude={"account_id"}))
    if asked.account_id is not None:
        async with at.database.acquire() as db:
            known = (await find_recipients(db, [asked.account_id])).get(asked.account_id)
        if known is not None and known.email:
            question.email, question.name = known.email, known.name
    try:
        question.email = one_address(question.email)
    except ValueError as error:
        raise AddressMissing(field="email") from error
    return question
