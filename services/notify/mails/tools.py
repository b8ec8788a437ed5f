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
        at_will=True,
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
        at_will=True,
    ),
    "tool-manager-dismissed": Mail(
        N_("You no longer manage {tool} for {organisation}"),
        (N_("Others now decide who may use {tool} at {organisation}. Your own access stays as it is."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
        at_will=True,
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
        at_will=True,
    ),
    "access-changed": Mail(
        N_("In {tool} you are now: {role}"),
        (
            N_(
                "At {organisation} your role in {tool} was changed; from now on it is {role}. What you had open in the "
                "earlier role has ended: start {tool} anew."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
        at_will=True,
    ),
    "terms-announced": Mail(
        N_("{tool} has new terms: {organisation} needs them by {ends_on:date}"),
        (
            N_(
                "From {ends_on:date} {tool} can only be used under its new terms. A manager accepts them for everyone "
                "at {organisation}; until that day nothing changes."
            ),
            N_("Every manager of {organisation} has this mail; once one has accepted, nothing is left to do."),
        ),
        N_("Read the terms"),
        "/organisations/{organisation_id}/tools/{tool_id}/terms",
    ),
    "terms-reminder": Mail(
        N_("The new terms of {tool} still wait for {organisation}: until {ends_on:date}"),
        (
            N_(
                "Nobody has accepted the new terms of {tool} for {organisation} yet. If that stays so, nobody there can "
                "start {tool} from {ends_on:date}, until a manager accepts them."
            ),
        ),
        N_("Read the terms"),
        "/organisations/{organisation_id}/tools/{tool_id}/terms",
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
