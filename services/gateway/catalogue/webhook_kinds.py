"""What the kinds of events that a webhook can be limited to are called, for people. A kind that is not here goes by its short name."""

from collections.abc import Mapping

from shared.markers import N_

KINDS: Mapping[str, str] = {
    "ToolRegistered": N_("An organisation registered the tool"),
    "MandateChanged": N_("A registration stands under another person’s recognition"),
    "RegistrationSuspended": N_("A registration was suspended"),
    "RegistrationResumed": N_("A registration can be used again"),
    "RegistrationEnded": N_("A registration ended"),
    "TermsAnnounced": N_("New terms of the tool were announced"),
    "TermsAccepted": N_("An organisation accepted new terms"),
    "AccessGranted": N_("A person got access"),
    "AccessWithdrawn": N_("A person lost access"),
    "AccessSuspended": N_("A person’s access was suspended"),
    "AccessResumed": N_("A person’s access can be used again"),
    "OrganisationChanged": N_("An organisation’s name or number changed"),
    "OrganisationClosed": N_("An organisation was closed"),
    "RecognitionGranted": N_("A person has a recognition"),
    "RecognitionLapsed": N_("A person’s recognition ended"),
    "WalletCharged": N_("The tool charged a wallet"),
    "ChargeReserved": N_("The tool set money of a wallet aside"),
    "ReservationReleased": N_("Money set aside is free again"),
    "WalletRefunded": N_("The tool gave money back"),
    "PlanBought": N_("An organisation bought a plan"),
    "PlanEnding": N_("A plan is about to end"),
    "PlanEnded": N_("A plan ended"),
    "CreditsBought": N_("An organisation bought credits"),
}


def short_name(type_: str) -> str:
    """`AccessGranted` of `immoconnect.organisation.AccessGranted.v1`; what is no such type is given back."""
    parts = type_.split(".")
    return parts[2] if len(parts) == 4 else type_
