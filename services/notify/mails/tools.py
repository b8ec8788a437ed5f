"""Mails about registrations, and about who may use what."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

TOOL_MAILS: Mapping[str, Mail] = {
    "role-requested": Mail(
        N_("{person} asks to use {tool} for {organisation}"),
        (
            N_("{person} would like to be given access to {tool} in the name of {organisation}."),
            N_("Everyone who may answer has this mail; the first to answer settles it."),
        ),
        N_("Answer the request"),
        "/organisations/{organisation_id}/registrations/{registration_id}/access",
    ),
    "role-refused": Mail(
        N_("Your request for {tool} was not granted"),
        (
            N_(
                "You asked to use {tool} in the name of {organisation}. That was not granted. If a reason was given, "
                "you can read it with the tools of the organisation."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "tool-manager-appointed": Mail(
        N_("You now manage {tool} for {organisation}"),
        (
            N_(
                "As a tool manager you decide who at {organisation} may use {tool}, and as what. Colleagues who ask for "
                "access reach you by mail."
            ),
        ),
        N_("To the access page"),
        "/organisations/{organisation_id}/registrations/{registration_id}/access",
    ),
    "tool-manager-dismissed": Mail(
        N_("You no longer manage {tool} for {organisation}"),
        (N_("Others now decide who may use {tool} at {organisation}. Your own access stays as it is."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "mandate-given": Mail(
        N_("{tool} now stands under your recognition at {organisation}"),
        (
            N_(
                "A manager of {organisation} chose your recognition as the one under which {tool} is registered. "
                "As long as you hold it and work there, your colleagues can use the tool."
            ),
            N_("Do you not agree? Talk to a manager: another recognition can be chosen at any time."),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "registration-ended": Mail(
        N_("{organisation} no longer uses {tool}"),
        (
            N_(
                "The registration of {tool} by {organisation} has ended, and with it everyone’s access there. "
                "What you have at other organisations stays as it is."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
}
