"""What can happen to a card on its way here, each with a screen of its own: what it means, what to do, where to go. Texts are msgids."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.markers import N_

Way = Literal["", "password", "other-account"]


@dataclass(frozen=True)
class Case:
    """codes: of the card's software (ERR_WEBEID_...) or of identity. advice: what one can do, best first.

    programs: whether to offer the programs that are needed. way: out of here, besides trying again and asking for help.
    is_calm: nothing is wrong. at_reader: whether card, reader or programs may be at fault, so that the general advice helps.
    """

    codes: tuple[str, ...]
    title: str
    text: str
    advice: tuple[str, ...] = ()
    programs: bool = False
    way: Way = ""
    is_calm: bool = False
    at_reader: bool = False


GENERAL_ADVICE = (
    N_("Is the card well in the reader, the chip first?"),
    N_("Can the Belgian eID viewer read it, and are its certificates valid there?"),
    N_("The PIN window may be hidden behind the browser."),
    N_("Close all browser windows, open the browser again, and try once more."),
    N_("Try Chrome, Edge or Firefox. A browser that was installed as a Snap or Flatpak cannot reach the reader."),
)

_OF_THE_SOFTWARE = (
    Case(
        ("ERR_WEBEID_EXTENSION_UNAVAILABLE",),
        N_("The eID extension is not in this browser"),
        N_(
            "Two small programs are needed: the Web eID extension in your browser, and on your computer the Web eID "
            "app with the Belgian eID software."
        ),
        (
            N_("Install all three, close all browser windows, and open the browser again."),
            N_("Is the extension there already? See whether it is switched on, also for private windows."),
            N_("A telephone or tablet has no reader for the card: use a computer."),
        ),
        programs=True,
    ),
    Case(
        ("ERR_WEBEID_NATIVE_UNAVAILABLE",),
        N_("The extension is there, the app is not"),
        N_("The extension could not reach the Web eID app on your computer, which talks to the card reader."),
        (
            N_(
                "Install the Web eID app and the Belgian eID software, close all browser windows, and open the browser again."
            ),
            N_("A browser that was installed as a Snap or Flatpak cannot reach the reader: install it another way."),
        ),
        programs=True,
    ),
    Case(
        ("ERR_WEBEID_VERSION_MISMATCH", "ERR_WEBEID_VERSION_INVALID"),
        N_("The eID programs are too old"),
        N_("Extension, app and this page must speak the same language; one of them has to be updated."),
        (N_("After the update close all browser windows, and open the browser again."),),
        programs=True,
    ),
    Case(
        ("ERR_WEBEID_USER_CANCELLED",),
        N_("You stopped, and nothing has happened"),
        N_("The window was closed before the PIN was accepted. Try again whenever you are ready."),
        (N_("A reader with a keypad of its own says the same when the PIN was not entered in full."),),
        is_calm=True,
    ),
    Case(
        ("ERR_WEBEID_USER_TIMEOUT", "ERR_WEBEID_ACTION_TIMEOUT"),
        N_("It took too long"),
        N_("No PIN was entered in time, or no card was found."),
        at_reader=True,
    ),
    Case(
        ("ERR_WEBEID_NATIVE_FATAL",),
        N_("Card, reader or PIN does not cooperate"),
        N_("The eID software found the reader or the card, and then something stopped it."),
        (
            N_("Take the card out, put it back, and start again."),
            N_(
                "After three wrong PINs a card is blocked. Your municipality unblocks it; you need your PUK or a new code."
            ),
        ),
        at_reader=True,
    ),
    Case(
        ("ERR_WEBEID_CONTEXT_INSECURE",),
        N_("This page is not open over a secure connection"),
        N_("A card is only used where nobody can listen in: the address must begin with https."),
        (N_("Type the address again, or use the link in our mail."),),
    ),
    Case(
        ("ERR_WEBEID_ACTION_PENDING",),
        N_("Another request is still open"),
        N_("A PIN window of an earlier try is still there; it may be behind the browser, or belong to another tab."),
        (N_("Finish or close it, then try again."),),
    ),
)

_OF_THE_CARD = (
    Case(
        ("certificate-expired",),
        N_("The certificates on your card have expired"),
        N_("The card itself may be valid longer, but it can no longer be used online."),
        (
            N_(
                "Your municipality renews it. A new card opens the same account: we know you by your number, not by the card."
            ),
        ),
        way="password",
    ),
    Case(
        ("certificate-not-yet-valid",),
        N_("Your card cannot be used yet"),
        N_("Its certificates begin later, as with a card that you have not collected and activated."),
        (N_("Activate it at your municipality, or use your former card as long as it is valid."),),
        way="password",
    ),
    Case(
        ("certificate-revoked",),
        N_("Your card has been blocked"),
        N_(
            "It was reported lost or stolen, was replaced, or was blocked by the authorities. It opens nothing any more."
        ),
        (
            N_("Use your new card if you have one."),
            N_("Your municipality can tell you why it is blocked, and what to do."),
        ),
        way="password",
    ),
    Case(
        ("revocation-unavailable",),
        N_("We cannot check your card at the moment"),
        N_(
            "Whether a card was blocked is asked of the authority that issued it, and that does not answer. "
            "It is not the fault of your card."
        ),
        (N_("Try again in a few minutes."),),
        way="password",
    ),
    Case(
        ("certificate-not-trusted", "policy-not-allowed"),
        N_("This kind of card is not accepted here"),
        N_("It was not issued by an authority that this platform knows for identity cards."),
        (N_("Use your Belgian identity card, or your residence card for foreigners."),),
        way="password",
    ),
    Case(
        ("wrong-purpose",),
        N_("This is not the certificate for signing in"),
        N_("A Belgian card holds two certificates: one to show who you are, and one to sign documents."),
        (N_("Start again, and choose the one called Authentication."),),
    ),
    Case(
        ("eid-without-number",),
        N_("This card does not say who you are in Belgium"),
        N_("It has no Belgian national number, so it cannot be linked to your account."),
        (N_("Use your Belgian identity card, or your residence card for foreigners."),),
        way="password",
    ),
    Case(
        (
            "token-malformed",
            "certificate-unreadable",
            "algorithm-unsupported",
            "algorithm-mismatch",
            "signature-invalid",
        ),
        N_("The answer of the card does not fit"),
        N_("What came from the card is not what this page had asked for, or could not be read."),
        (N_("Take the card out, put it back, and start again."), N_("Update the Web eID app and the extension.")),
        programs=True,
        at_reader=True,
    ),
    Case(
        ("challenge-missing", "challenge-expired"),
        N_("It took too long"),
        N_("What a card is asked to sign is good for five minutes, once, in the window that asked."),
        (N_("Start again, here."),),
        is_calm=True,
    ),
)

_OF_THE_ACCOUNT = (
    Case(
        ("eid-linked-elsewhere",),
        N_("Your card is linked to another account already"),
        N_("One person has one account, and this card opens another one than the one you are signed in to."),
        (
            N_("Do you know the other account? Sign out here, and sign in with your card: it opens that one."),
            N_("Write to the help desk so that the two can be joined; the reference below says what to look for."),
        ),
        way="other-account",
    ),
    Case(
        ("eid-of-another-person",),
        N_("This is the card of somebody else"),
        N_("The account that you are signed in to is linked to another person than the holder of this card."),
        (
            N_("Put your own card in the reader, and try again."),
            N_("Is this your card? Then you may be signed in to an account that is not yours: sign out first."),
        ),
        way="other-account",
    ),
    Case(
        ("eid-link-too-old",),
        N_("Your card was linked too long ago"),
        N_("The link was made in a way that we can no longer read, so we cannot compare it with the card."),
        (N_("Write to the help desk: they undo the link, and you link your card anew."),),
    ),
    Case(
        ("account-closed",),
        N_("This account can no longer be used"),
        N_("Your card is genuine, but the account that it opens has been closed."),
        (N_("The help desk can tell you more."),),
    ),
    Case(
        ("too-many-attempts", "too-many"),
        N_("Too many attempts"),
        N_("After several failures from one place we wait a little before the next try counts."),
        (N_("Wait a few minutes, then try again."),),
        is_calm=True,
    ),
    Case(
        ("no-certificate",),
        N_("Your browser sent no certificate"),
        N_("No card was in the reader when the browser asked for one, or you chose none."),
        (N_("Put the card in the reader, close all browser windows, open the browser again, and try once more."),),
        at_reader=True,
    ),
    Case(
        ("form-not-ours",),
        N_("This page was open for too long"),
        N_("You signed in or out in another window meanwhile, or the page is from yesterday."),
        (N_("Load the page again, and start from there."),),
        is_calm=True,
    ),
)

_OURS = Case(
    ("service-unavailable", "unavailable", "database-unavailable"),
    N_("Not possible just now"),
    N_("Part of the platform is out of reach. Nothing was lost; try again in a moment."),
    is_calm=True,
)

UNKNOWN = Case(
    ("ERR_WEBEID_UNKNOWN_ERROR", "origin-misconfigured"),
    N_("That did not work"),
    N_("Something went wrong that we did not expect. Your card has not changed."),
    at_reader=True,
)

CASES = (*_OF_THE_SOFTWARE, *_OF_THE_CARD, *_OF_THE_ACCOUNT, _OURS, UNKNOWN)


def codes() -> Iterator[tuple[str, Case]]:
    for case in CASES:
        for code in case.codes:
            yield code, case


def known_code(code: str) -> str:
    """A code that has a screen; that of UNKNOWN for one that nobody has described, and none for none."""
    if not code:
        return ""
    return code if any(known == code for known, _ in codes()) else UNKNOWN.codes[0]
