"""What the record of an account is called, and what the staff may do to it. Sentences are msgids."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.markers import N_


@dataclass(frozen=True)
class Action:
    """effects: what will happen, a sentence each. is_grave: cannot simply be done again."""

    name: str
    title: str
    effects: tuple[str, ...]
    button: str
    done: str
    is_grave: bool = False


ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        Action(
            "activation-code",
            N_("Send the activation code again?"),
            (N_("A new code goes to the address of the account; the one before no longer works."),),
            N_("Send the code"),
            N_("The code is on its way."),
        ),
        Action(
            "end-sessions",
            N_("Sign this person out everywhere?"),
            (
                N_("All browsers are signed out, and tools that are open close within seconds."),
                N_("Passwords and second factors stay as they are."),
            ),
            N_("Sign out everywhere"),
            N_("The person is signed out everywhere."),
        ),
        Action(
            "unlink-card",
            N_("Unlink the identity card?"),
            (
                N_("Recognitions become unverified, and tools that ask for the card close at once."),
                N_("The person gets a mail that says so, and may link a card again."),
                N_("The card may then be linked to another account: be sure of whom you are talking to."),
            ),
            N_("Unlink the card"),
            N_("The identity card is unlinked."),
            is_grave=True,
        ),
        Action(
            "merge",
            N_("Merge another account into this one?"),
            (
                N_("What belongs to the other account becomes this account’s: organisations, access, recognitions."),
                N_("The other account ends; its username and password stop working. This cannot be undone."),
                N_("Two accounts that are linked to cards of different people are never merged."),
            ),
            N_("Merge"),
            N_("The accounts are merged."),
            is_grave=True,
        ),
    )
}

RECORD: Mapping[str, str] = {
    "account-created": N_("Account created"),
    "account-activated": N_("Account activated"),
    "accounts-merged": N_("Accounts merged"),
    "confirmation-failed": N_("Confirmation of identity failed"),
    "confirmed": N_("Identity confirmed again"),
    "eid-linked": N_("Identity card linked"),
    "eid-renewed": N_("Renewed identity card recognised"),
    "eid-unchanged": N_("Identity card shown"),
    "eid-unlinked": N_("Identity card unlinked"),
    "eid-revocation-unchecked": N_("Identity card accepted without asking whether it was revoked"),
    "email-change-asked": N_("Change of e-mail address asked"),
    "email-changed": N_("E-mail address changed"),
    "erasure-requested": N_("Erasure asked"),
    "erasure-scheduled": N_("Erasure confirmed"),
    "erasure-cancelled": N_("Erasure cancelled"),
    "erasure-held": N_("Erasure waits for another manager"),
    "old-account-attached": N_("Old account attached"),
    "other-sessions-ended": N_("Signed out of all other browsers"),
    "password-change-failed": N_("Change of password failed"),
    "password-changed": N_("Password changed"),
    "password-reset-asked": N_("New password asked"),
    "picture-changed": N_("Picture changed"),
    "picture-removed": N_("Picture removed"),
    "profile-changed": N_("Data changed"),
    "recovery-code-used": N_("Recovery code used"),
    "recovery-codes-made": N_("Recovery codes made"),
    "second-factor-added": N_("Second factor added"),
    "second-factor-failed": N_("Second factor failed"),
    "second-factor-removed": N_("Second factor removed"),
    "sign-in-failed": N_("Sign-in failed"),
    "signed-in": N_("Signed in"),
    "signed-in-with-old-account": N_("Signed in with an old account"),
    "signed-out": N_("Signed out"),
    "signed-out-elsewhere": N_("Signed out of another browser"),
    "staff-appointed": N_("Appointed to support"),
    "staff-dismissed": N_("Dismissed from support"),
    "support-case-opened": N_("Support opened a case"),
    "support-code-sent": N_("Support sent the code again"),
    "support-sessions-ended": N_("Support signed the person out everywhere"),
    "terms-accepted": N_("Terms accepted"),
    "tool-started": N_("Tool started"),
}
"""What is missing here is shown under its code."""
