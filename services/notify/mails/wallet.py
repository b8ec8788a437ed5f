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
}
