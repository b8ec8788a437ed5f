"""Mails about what one does for organisations: membership, access, recognitions, registrations."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

WORK_MAILS: Mapping[str, Mail] = {
    "employee-requested": Mail(
        N_("{person} asks to join {organisation}"),
        (
            N_(
                "{person} would like to work in the name of {organisation}. As a manager you decide: confirm, "
                "and choose the tools, or block."
            ),
            N_("Every manager of {organisation} has this mail; the first to answer settles it."),
        ),
        N_("Answer the request"),
        "/organisations/{organisation_id}/employees/{account_id}/confirm",
    ),
    "employee-confirmed": Mail(
        N_("You now belong to {organisation}"),
        (N_("A manager has confirmed you. You can start the tools that you were given access to."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
        at_will=True,
    ),
    "employee-added": Mail(
        N_("You were added to {organisation}"),
        (N_("A manager of {organisation} has added you. Is that a mistake? Answer this mail."),),
        N_("See the organisation"),
        "/organisations",
        at_will=True,
    ),
    "employee-blocked": Mail(
        N_("Your access to {organisation} is blocked"),
        (
            N_(
                "A manager of {organisation} has blocked you: you can no longer use its tools. Do you think that "
                "is wrong? Talk to them first."
            ),
        ),
        N_("See my organisations"),
        "/organisations",
        at_will=True,
    ),
    "employee-activated": Mail(
        N_("Welcome back at {organisation}"),
        (N_("A manager has lifted the block. The access that you had before counts again."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
        at_will=True,
    ),
    "manager-appointed": Mail(
        N_("You are now a manager of {organisation}"),
        (
            N_(
                "A manager of {organisation} has made you a manager too. You decide about people, register tools and "
                "give access to them, and see the wallet."
            ),
        ),
        N_("See the organisation"),
        "/organisations/{organisation_id}/employees",
        at_will=True,
    ),
    "manager-dismissed": Mail(
        N_("You are no longer a manager of {organisation}"),
        (
            N_(
                "Another manager of {organisation} has decided so. You still belong to it, with the access to tools "
                "that you have. Is that a mistake? Talk to them first."
            ),
        ),
        N_("See the organisation"),
        "/organisations/{organisation_id}/employees",
        at_will=True,
    ),
    "employee-removed": Mail(
        N_("You no longer belong to {organisation}"),
        (N_("You were removed from {organisation}; its tools are closed to you. Your own account stays as it is."),),
        N_("See my organisations"),
        "/organisations",
        at_will=True,
    ),
    "organisation-closed": Mail(
        N_("{organisation} is closed"),
        (
            N_(
                "{organisation} no longer exists on Immo-Connect, so nobody belongs to it any more and its tools are "
                "closed. Your own account stays as it is."
            ),
        ),
        N_("See my organisations"),
        "/organisations",
    ),
    "access-granted": Mail(
        N_("You can now use {tool}"),
        (N_("{organisation} has given you access to {tool}."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
        at_will=True,
    ),
    "access-withdrawn": Mail(
        N_("Your access to {tool} has ended"),
        (N_("You can no longer use {tool} in the name of {organisation}. A manager there can tell you more."),),
        N_("See my organisations"),
        "/organisations",
        at_will=True,
    ),
    "access-suspended": Mail(
        N_("You cannot use {tool} for the moment"),
        (
            N_(
                "{tool} asks for a recognition that we do not find for you now. Your access at {organisation} stays, "
                "and works as soon as the recognition is there."
            ),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognitions-found": Mail(
        N_("We found your recognition"),
        (N_("The registry confirms: {recognition}. Tools that ask for it now open to you."),),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-expiring": Mail(
        N_("Your recognition ends on {ends_on:date}: {recognition}"),
        (
            N_(
                "The registry confirms your {recognition} until {ends_on:date}. If it is extended there, we see it by "
                "ourselves, and you need do nothing here."
            ),
            N_("If it is not, tools that ask for it close to you then, also to colleagues who work under it."),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-in-grace": Mail(
        N_("Your recognition has ended and counts for a while yet: {recognition}"),
        (
            N_(
                "The validity of your {recognition} ended on {ends_on:date}. Because its registry can be late, it "
                "still counts until {counts_until:date}."
            ),
            N_("Should the registry not confirm it again by then, tools that ask for it close to you."),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-lapsed": Mail(
        N_("Your recognition has lapsed: {recognition}"),
        (
            N_(
                "The registry no longer confirms your {recognition}. Tools that ask for it stay closed until it "
                "is back, also to colleagues who work under it."
            ),
            N_("Is that wrong? Contact the registry first: we show what it tells us, and follow it at once."),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-ended": Mail(
        N_("The validity of your recognition is over: {recognition}"),
        (
            N_(
                "Your {recognition} ended on its last day, and its registry has not told us of a longer one. Tools that "
                "ask for it stay closed until it does, also to colleagues who work under it."
            ),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-withdrawn-by-support": Mail(
        N_("Our support has taken back a recognition: {recognition}"),
        (
            N_(
                "Your {recognition} had been recorded by our support on the evidence that you showed, and has now been "
                "taken back by them. Tools that ask for it stay closed to you and to colleagues who work under it."
            ),
            N_("Is that wrong, or do you have other evidence? Answer this mail."),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "recognition-card-unlinked": Mail(
        N_("Without your identity card a recognition cannot be shown: {recognition}"),
        (
            N_(
                "Registries are asked by the national number on your card, and no card is linked to your account any "
                "more. Tools that ask for your {recognition} are closed until then, also to colleagues who work under it."
            ),
            N_("Link your card again, and what the registries know of you is back within moments."),
        ),
        N_("Link my card"),
        "/eid",
    ),
    "recognition-number-let-go": Mail(
        N_("Show your identity card again to keep a recognition: {recognition}"),
        (
            N_(
                "You have not shown your card for a long time, so we no longer keep the national number by which "
                "registries are asked. Tools that ask for your {recognition} are closed until then, also to colleagues "
                "who work under it."
            ),
            N_("Sign in with your card once, and what the registries know of you is back within moments."),
        ),
        N_("See my recognitions"),
        "/recognitions",
    ),
    "registration-suspended": Mail(
        N_("{tool} is suspended for {organisation}"),
        (
            N_(
                "The recognition under which {organisation} uses {tool} no longer counts. Nobody there can start "
                "{tool} until it counts again, or until a manager chooses another."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "registration-not-listed": Mail(
        N_("{organisation} is no longer on the list of {tool}"),
        (
            N_(
                "{tool} is for the organisations on its own list, and {organisation} is no longer on it. Nobody there "
                "can start {tool} until it is on the list again; who keeps {tool} decides that."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "registration-old-terms": Mail(
        N_("{tool} waits for {organisation} to accept its new terms"),
        (
            N_(
                "The terms of {tool} have changed, and nobody has accepted the new ones for {organisation} yet. It opens again "
                "as soon as a manager accepts them."
            ),
        ),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
    "registration-resumed": Mail(
        N_("{tool} works again for {organisation}"),
        (N_("What stood in the way is over, and everyone concerned can start {tool} again."),),
        N_("See the tools"),
        "/organisations/{organisation_id}/tools",
    ),
}
