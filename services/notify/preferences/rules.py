"""What a person's choices mean for one mail. Pure."""

from collections.abc import Mapping
from uuid import UUID

from services.notify.digests.rules import Choice
from services.notify.preferences.topics import topic_of
from shared.errors import Invalid
from shared.markers import N_

DEFAULT: Choice = "at-once"


class ChoiceUnknown(Invalid):
    code = "mail-choice-unknown"
    message = N_("This cannot be chosen for these mails.")


class OrganisationUnknown(Invalid):
    code = "mail-organisation-unknown"
    message = N_("You are not told anything about this organisation.")


def choice_for(
    choices: Mapping[tuple[UUID, str, UUID | None], Choice], account_id: UUID, kind: str, organisation_id: UUID | None
) -> Choice:
    """What was chosen for the organisation goes before what was chosen for all; a mail that nobody can stop leaves at once."""
    topic = topic_of(kind)
    if topic is None:
        return DEFAULT
    if organisation_id is not None and (account_id, topic, organisation_id) in choices:
        return choices[account_id, topic, organisation_id]
    return choices.get((account_id, topic, None), DEFAULT)
