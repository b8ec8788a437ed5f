"""Mails about one's own account: codes, password, address, identity card, old accounts, erasure."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

REPLACED_ADDRESS = "email-replaced"
"""Goes to an address of before, and is not shown on the site beside the mail to the new one."""

_NOT_YOU = N_("Was this not you? Answer this mail straight away, and we will look into it together.")

ACCOUNT_MAILS: Mapping[str, Mail] = {
    "code-activation": Mail(
        N_("Your activation code"),
        (
            N_("Welcome! Enter this code on the page that you left open, and your account is ready."),
            N_("The code works once, until {expires_at:datetime}. We never ask for it by telephone or by mail."),
            N_(
                "Did you not create an account? Then you can leave this mail for what it is: without the code "
                "nothing happens."
            ),
        ),
        mandatory=True,
    ),
    "code-email-change": Mail(
        N_("Confirm your new e-mail address"),
        (
            N_("Enter this code to use this address for your account. Until then the old one stays."),
            N_("The code works once, until {expires_at:datetime}. We never ask for it by telephone or by mail."),
        ),
        mandatory=True,
    ),
    "code-password-reset": Mail(
        N_("Choose a new password"),
        (
            N_("Enter this code to choose a new password."),
            N_("The code works once, until {expires_at:datetime}. We never ask for it by telephone or by mail."),
            N_("Did you not ask for this? Your password stays as it is; you need do nothing."),
        ),
        mandatory=True,
    ),
    "code-erasure": Mail(
        N_("Confirm that your account may be erased"),
        (
            N_("Enter this code to confirm. What is erased cannot be brought back."),
            N_("The code works once, until {expires_at:datetime}. We never ask for it by telephone or by mail."),
        ),
        mandatory=True,
    ),
    "welcome": Mail(
        N_("Your account is ready"),
        (
            N_(
                "With this one account you open every tool. Link your identity card once, and your recognitions "
                "are found by themselves."
            ),
        ),
        N_("Go to my account"),
        "/profile",
    ),
    "eid-linked": Mail(
        N_("Your identity card is linked"),
        (
            N_(
                "From now on tools that need certainty know that it is you. Your professional recognitions are "
                "being fetched."
            ),
            _NOT_YOU,
        ),
        N_("See my recognitions"),
        "/recognitions",
        mandatory=True,
    ),
    "foreign-eid-linked": Mail(
        N_("The identity card of another country is linked"),
        (
            N_(
                "From now on you can sign in with it. Belgian registries do not know you by this card, so your "
                "recognitions stay unverified."
            ),
            _NOT_YOU,
        ),
        N_("See my identity card"),
        "/identity-card",
        mandatory=True,
    ),
    "eid-unlinked": Mail(
        N_("Your identity card is no longer linked"),
        (
            N_(
                "Your professional recognitions are unverified from now on, and tools that ask for your eID stay "
                "closed until you link a card again. We no longer hold your national number."
            ),
            _NOT_YOU,
        ),
        N_("See my identity card"),
        "/identity-card",
        mandatory=True,
    ),
    "password-changed": Mail(
        N_("Your password was changed"),
        (
            N_("You are signed out everywhere else."),
            N_("Was this not you? Choose a new password now: a code goes to this address, and whoever it was is out."),
        ),
        N_("Choose a new password"),
        "/forgotten",
        mandatory=True,
    ),
    "old-account-attached": Mail(
        N_("Your old account of {tool} now belongs to your account"),
        (
            N_(
                "What belonged to it is yours here. Its old username and password no longer work: there is one account now."
            ),
            _NOT_YOU,
        ),
        N_("See my old accounts"),
        "/old-accounts",
        mandatory=True,
    ),
    "accounts-merged": Mail(
        N_("Two accounts of yours have become one"),
        (
            N_(
                "Our support has joined them, as was asked. Organisations and tools of the other account are now in "
                "this one; sign in as you do here. The other username and password no longer work."
            ),
            _NOT_YOU,
        ),
        N_("See my organisations"),
        "/organisations",
        mandatory=True,
    ),
    REPLACED_ADDRESS: Mail(
        N_("Your account no longer uses this e-mail address"),
        (N_("Messages about your account now arrive at another address, which was confirmed with a code."), _NOT_YOU),
        mandatory=True,
    ),
    "email-changed": Mail(
        N_("Your e-mail address was changed"),
        (N_("Messages about your account now arrive at this address."), _NOT_YOU),
        mandatory=True,
    ),
    "erasure-scheduled": Mail(
        N_("Your account will be erased"),
        (
            N_(
                "You confirmed that you want to be erased. It begins on {starts_at:datetime}; until then you can stop it."
            ),
            N_("From then on you cannot sign in any more, and nothing of it can be brought back."),
            N_("Did you not ask for this? Then stop it now, and choose a new password."),
        ),
        N_("Stop the erasure"),
        "/privacy",
        mandatory=True,
    ),
    "erasure-cancelled": Mail(
        N_("Your account stays"),
        (N_("You stopped the erasure. Everything is as it was before."), _NOT_YOU),
        mandatory=True,
    ),
    "erasure-held": Mail(
        N_("Your account cannot be erased yet"),
        (
            N_(
                "You are the only manager of an organisation to which others belong. Make one of them a manager, or remove them."
            ),
            N_("We try again every hour; you can also stop the erasure."),
        ),
        N_("See what stands in the way"),
        "/privacy",
        mandatory=True,
    ),
    "erasure-done": Mail(
        N_("Your account is erased"),
        (
            N_(
                "What we knew about you is deleted. Where others need a record, such as a payment, it no longer says "
                "who you were."
            ),
            N_("Your address was the last that we had; it is deleted now that this mail has left."),
            N_("You are welcome to sign up again whenever you like."),
        ),
        mandatory=True,
        last=True,
    ),
}
