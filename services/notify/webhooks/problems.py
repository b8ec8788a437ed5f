"""What can be wrong about webhooks and the pull of events."""

from shared.errors import Conflict, Gone, Invalid, NotFound
from shared.markers import N_


class WebhookUnknown(NotFound):
    code = "webhook-unknown"
    message = N_("There is no such webhook.")


class DeliveryUnknown(NotFound):
    code = "webhook-delivery-unknown"
    message = N_("There is no such delivery, or it is no longer kept.")


class WebhookExists(Conflict):
    code = "webhook-exists"
    message = N_("This address is registered already.")


class WebhookOff(Conflict):
    code = "webhook-off"
    message = N_("This webhook is switched off. Switch it on first.")


class TooManyWebhooks(Conflict):
    """params: maximum."""

    code = "too-many-webhooks"
    message = N_("A tool has at most {maximum} webhooks.")


class AddressRefused(Invalid):
    """params: reason, in English, for who writes the program. The sentence holds for every reason, in each language."""

    code = "webhook-address-refused"
    message = N_(
        "Events are sent to a public address with https only: port 443 or 8443, no password, space, accent or # in it, "
        "at most 2000 characters."
    )


class TypeUnknown(Invalid):
    """params: types."""

    code = "event-type-unknown"
    message = N_("There are no events of these types: {types}.")


class ClientNotOfTool(Invalid):
    code = "client-not-of-tool"
    message = N_("There is no such client of this tool, or it is switched off.")


class CursorInvalid(Invalid):
    code = "cursor-invalid"
    message = N_("This is not a cursor that was given out.")


class ReplayTooOld(Invalid):
    """params: days."""

    code = "replay-too-old"
    message = N_("Events are kept for {days} days.")


class CursorGone(Gone):
    """params: oldest, the first cursor after which nothing is missing."""

    code = "cursor-gone"
    message = N_(
        "What follows this cursor is no longer kept in full. Read the present state, then go on from cursor {oldest}."
    )
