"""Mails about an organisation's wallet."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

WALLET_MAILS: Mapping[str, Mail] = {
    "wallet-topped-up": Mail(
        N_("{amount_cents:money} was added to the wallet of {organisation}"),
        (N_("The payment has arrived. The balance is now {balance_cents:money}."),),
        N_("See the wallet"),
        "/organisations/{organisation_id}/wallet",
    ),
    "top-up-failed": Mail(
        N_("The payment of {amount_cents:money} did not go through"),
        (N_("Nothing was added to the wallet of {organisation}, and nothing is lost: you can simply try again."),),
        N_("Try again"),
        "/organisations/{organisation_id}/wallet",
    ),
    "balance-low": Mail(
        N_("The wallet of {organisation} is running low"),
        (
            N_(
                "The balance is {balance_cents:money}, below {threshold_cents:money}. Top up in time, so that "
                "nobody is refused in the middle of their work."
            ),
        ),
        N_("Top up"),
        "/organisations/{organisation_id}/wallet",
    ),
    "wallet-viewer-allowed": Mail(
        N_("You can now see the wallet of {organisation}"),
        (N_("{person} lets you see what is in it and what it was spent on. You can also top it up."),),
        N_("See the wallet"),
        "/organisations/{organisation_id}/wallet",
    ),
    "transfer-sent": Mail(
        N_("{amount_cents:money} went from the wallet of {organisation} to {other}"),
        (
            N_(
                "{person} transferred it, as a manager of both. The balance of {organisation} is now {balance_cents:money}."
            ),
            N_("Do you not expect this? Talk to them first."),
        ),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
    ),
    "transfer-received": Mail(
        N_("{amount_cents:money} came into the wallet of {organisation} from {other}"),
        (
            N_(
                "{person} transferred it, as a manager of both. The balance of {organisation} is now {balance_cents:money}."
            ),
        ),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
    ),
    "wallet-adjusted": Mail(
        N_("Support has corrected the wallet of {organisation}: {amount_cents:money}"),
        (N_("Why stands with the transaction. The balance is now {balance_cents:money}."),),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
    ),
    "credits-adjusted": Mail(
        N_("Support has corrected the credits of {organisation} for {tool}"),
        (N_("Booked: {credits}. Credits that are there now: {credits_left}. Why stands with the transaction."),),
        N_("See the wallet"),
        "/organisations/{organisation_id}/wallet",
    ),
    "wallet-frozen-by-support": Mail(
        N_("The wallet of {organisation} is frozen"),
        (
            N_("Support has stopped everything that takes money out of it: tools that cost something are refused."),
            N_("Money can still come in. Answer this mail to hear why, and what is needed."),
        ),
        N_("See the wallet"),
        "/organisations/{organisation_id}/wallet",
        mandatory=True,
    ),
    "wallet-unfrozen": Mail(
        N_("The wallet of {organisation} can be used again"),
        (N_("It is no longer frozen: tools can take from it as before. The balance is {balance_cents:money}."),),
        N_("See the wallet"),
        "/organisations/{organisation_id}/wallet",
    ),
}
