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
    "top-up-refunded": Mail(
        N_("{amount_cents:money} of a top-up is being refunded"),
        (
            N_(
                "{amount_cents:money} was taken out of the wallet of {organisation} and goes back the way it came: to the card or "
                "account that the top-up was paid with. That can take some working days."
            ),
            N_("The balance is now {balance_cents:money}."),
        ),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
    ),
    "top-up-refund-failed": Mail(
        N_("The refund of {amount_cents:money} did not succeed"),
        (
            N_(
                "The bank did not accept it, so the amount is in the wallet of {organisation} again. The balance is now "
                "{balance_cents:money}."
            ),
            N_("Support knows of it and can look for another way with you."),
        ),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
    ),
    "wallet-charged-back": Mail(
        N_("A bank took back {amount_cents:money} of a top-up"),
        (
            N_(
                "The holder of the card or account with which the wallet of {organisation} was topped up had the payment "
                "reversed by the bank. {amount_cents:money} was taken out of the wallet again."
            ),
            N_("The balance is now {balance_cents:money}. Do you not know why this happened? Ask whoever paid."),
        ),
        N_("See the transactions"),
        "/organisations/{organisation_id}/wallet/transactions",
        mandatory=True,
    ),
    "wallet-charged-back-frozen": Mail(
        N_("The wallet of {organisation} is frozen: a bank took back {amount_cents:money}"),
        (
            N_(
                "The holder of the card or account with which the wallet was topped up had the payment reversed by the bank. "
                "The balance is now {balance_cents:money}, and until it is no longer below zero no tool can take anything from it."
            ),
            N_(
                "What to do: put at least {short_cents:money} into the wallet. It can then be used again at once, without "
                "anyone having to do anything."
            ),
            N_("Is the reversal a mistake? Ask whoever paid to withdraw it at the bank."),
        ),
        N_("Top up"),
        "/organisations/{organisation_id}/wallet/top-up",
        mandatory=True,
    ),
    "wallet-frozen-below-zero": Mail(
        N_("The wallet of {organisation} is frozen: its balance is below zero"),
        (
            N_(
                "More was refunded than was left in the wallet. The balance is now {balance_cents:money}, and until it is no "
                "longer below zero no tool can take anything from it."
            ),
            N_(
                "What to do: put at least {short_cents:money} into the wallet. It can then be used again at once, without "
                "anyone having to do anything."
            ),
        ),
        N_("Top up"),
        "/organisations/{organisation_id}/wallet/top-up",
        mandatory=True,
    ),
    "chargeback-reversed": Mail(
        N_("{amount_cents:money} that a bank had taken back is in the wallet again"),
        (N_("The bank withdrew the reversal. The balance of {organisation} is now {balance_cents:money}."),),
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
    "invoice-issued": Mail(
        N_("Invoice {number} of {total_cents:money} for {organisation}"),
        (N_("It covers {period}. Nothing is to be paid: it was settled with the wallet."),),
        N_("See the invoice"),
        "/organisations/{organisation_id}/wallet/invoices",
    ),
    "credit-note-issued": Mail(
        N_("Credit note {number} of {total_cents:money} for {organisation}"),
        (N_("It covers what was given back in {period}. There is nothing that you must do."),),
        N_("See the credit note"),
        "/organisations/{organisation_id}/wallet/invoices",
    ),
}
