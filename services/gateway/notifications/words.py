"""What people choose about, in words. Sentences are msgids; see `N_`."""

from collections.abc import Mapping

from shared.markers import N_

TOPICS: Mapping[str, tuple[str, str]] = {
    "colleagues": (N_("Requests of colleagues"), N_("Somebody wishes to join, or answers your invitation.")),
    "membership": (N_("My place in organisations"), N_("You are confirmed, added, blocked, made a manager.")),
    "access": (N_("Access to tools"), N_("You are given a role or lose it; colleagues ask for one.")),
    "tools": (N_("Tools of the organisation"), N_("A tool is suspended, works again, or is given up.")),
    "recognitions": (N_("Recognitions"), N_("Yours are found, end soon, or have ended.")),
    "wallet": (N_("Wallet"), N_("Top-ups, transfers, a balance that is low.")),
    "plans": (N_("Plans and credits"), N_("Bought, renewed, soon over.")),
    "invoices": (N_("Invoices"), N_("A new invoice or credit note.")),
}
CHOICES: Mapping[str, str] = {
    "at-once": N_("A mail at once"),
    "hourly": N_("One mail an hour, with all of it"),
    "daily": N_("One mail a day, with all of it"),
    "site": N_("No mail, only on the site"),
}
AS_FOR_ALL = N_("As for all organisations")
EVERYTHING = "everything"
EVERYTHING_NAMED = N_("All mails that can be stopped")
