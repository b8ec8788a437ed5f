"""What single codes mean, in a sentence or two; the articles say more. Sentences are msgids."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.eid.cases import codes as card_codes
from shared.markers import N_


@dataclass(frozen=True)
class Meaning:
    """meaning: what happened. advice: what one can do, best first."""

    title: str
    meaning: str
    advice: tuple[str, ...] = ()


UNKNOWN = Meaning(
    N_("Something was refused"),
    N_("We have no article about this code yet. The sentence that came with it says what was the matter."),
)

_ASK_MANAGER = N_("Speak to a manager of the organisation.")

MEANINGS: Mapping[str, Meaning] = {
    **{code: Meaning(case.title, case.text, case.advice) for code, case in card_codes()},
    "username-taken": Meaning(
        N_("This username exists already"),
        N_("Somebody uses it, perhaps you yourself."),
        (N_("If it is yours, sign in instead of signing up."), N_("Otherwise add a number or a second name.")),
    ),
    "email-taken": Meaning(
        N_("This address cannot be used for a new account"),
        N_("An address belongs to one account, also while that account still waits for its code."),
        (N_("If it is yours, sign in instead of signing up."), N_("Otherwise use another address of your own.")),
    ),
    "password-too-weak": Meaning(
        N_("The password is too easy to guess"),
        N_("It is in lists of passwords that attackers try first, or follows a pattern they know."),
        (N_("Put three or four words together that have nothing to do with each other."),),
    ),
    "credentials-wrong": Meaning(
        N_("Username or password is not right"),
        N_("We do not say which of the two, so that nobody can find out who has an account."),
        (N_("Check capitals and the keyboard’s language."), N_("You may also sign in with your e-mail address.")),
    ),
    "too-many-attempts": Meaning(
        N_("Too many attempts"),
        N_(
            "After several failures we wait a little before the next try counts. Nobody can lock you out for "
            "good in this way."
        ),
        (N_("Wait a few minutes, then try again."),),
    ),
    "code-wrong": Meaning(
        N_("The code is not right"),
        N_("Only the latest code that was sent counts, and only a few times."),
        (N_("Copy it from the latest mail."), N_("Have a new one sent.")),
    ),
    "code-expired": Meaning(
        N_("The code has expired"),
        N_("Codes live for a short time, so that an old mail is worth nothing to others."),
        (N_("Have a new one sent."),),
    ),
    "authorization-expired": Meaning(
        N_("The way to the tool has expired"),
        N_("Between the tool and this page more time passed than is allowed."),
        (N_("Go back to the tool and press sign in there once more."),),
    ),
    "acr-too-weak": Meaning(
        N_("The tool asks for your identity card"),
        N_("You are signed in with a password; this tool opens with the eID."),
        (N_("Confirm with your card when you are asked."),),
    ),
    "enterprise-number-invalid": Meaning(
        N_("This is not an enterprise number"),
        N_("It has ten digits, begins with 0 or 1, and its last two digits follow from the first eight."),
        (N_("Copy it from an invoice or from the Crossroads Bank for Enterprises."),),
    ),
    "organisation-exists": Meaning(
        N_("The organisation is here already"), N_("Someone created it before you."), (N_("Ask to join it."),)
    ),
    "not-a-manager": Meaning(
        N_("Only managers may do this"), N_("You belong to the organisation, but not as a manager."), (_ASK_MANAGER,)
    ),
    "membership-blocked": Meaning(
        N_("You are blocked in this organisation"), N_("A manager has blocked you."), (_ASK_MANAGER,)
    ),
    "last-manager": Meaning(
        N_("The last manager cannot go"),
        N_("An organisation always has a manager, or nobody could confirm people or top up the wallet."),
        (N_("Make someone else manager first."),),
    ),
    "recognition-missing": Meaning(
        N_("A recognition is missing"),
        N_("The tool may only be registered or used by people with a certain recognition."),
        (
            N_("Have the registries asked again on the page of your recognitions."),
            N_("Let a colleague who has it register the tool."),
        ),
    ),
    "terms-outdated": Meaning(
        N_("The terms have changed"),
        N_("While you were reading, the tool published new terms."),
        (N_("Read and accept the new ones."),),
    ),
    "amount-below-minimum": Meaning(
        N_("The amount is too small"),
        N_("A payment costs something, whatever its amount."),
        (N_("Top up at least 50 euros."),),
    ),
    "balance-short": Meaning(
        N_("The wallet does not hold enough"),
        N_("What the tool asks is more than what is free to spend; nothing was taken."),
        (N_("Let a manager top up the wallet."),),
    ),
    "form-not-ours": Meaning(
        N_("The form was no longer valid"),
        N_("Each form belongs to one browser and one sign-in, so that nobody else can send it for you."),
        (N_("Load the page again and send the form once more."),),
    ),
}
