"""Mails about invitations: to somebody who may have no account, and to the manager who invited them."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

INVITATION = "invitation"
"""Goes to an address, not to an account; the token of its link stays sealed until it is sent."""

INVITATION_MAILS: Mapping[str, Mail] = {
    INVITATION: Mail(
        N_("{organisation} invites you to Immo-Connect"),
        (
            N_(
                "{person} would like you to work in the name of {organisation}. With one personal account you open all "
                "the tools that you are given there."
            ),
            N_(
                "If you have an account, sign in with it; if not, you create one on the way. The invitation is for this "
                "address only, and counts until {expires_at:datetime}."
            ),
            N_("Do you not know {organisation}? Then leave this mail for what it is, or decline on the page."),
        ),
        N_("See the invitation"),
        "/invitations/{token}",
        mandatory=True,
        stranger=True,
    ),
    "invitation-accepted": Mail(
        N_("{person} accepted your invitation"),
        (N_("{person} now belongs to {organisation}. Choose the tools that they may use."),),
        N_("Choose the tools"),
        "/organisations/{organisation_id}/employees/{account_id}",
    ),
    "invitation-refused": Mail(
        N_("An invitation to {organisation} could not be delivered"),
        (
            N_(
                "The mail server of the address refused the invitation, and will refuse it again. Usually the address has "
                "a mistake in it, or is not in use any more."
            ),
            N_("In the list you see which invitation it was. Correct the address there, and it goes out anew."),
        ),
        N_("See the invitations"),
        "/organisations/{organisation_id}/invitations",
    ),
    "invitation-declined": Mail(
        N_("Your invitation to {organisation} was declined"),
        (N_("Whoever got it does not wish to join {organisation}. In the list you see which invitation it was."),),
        N_("See the invitations"),
        "/organisations/{organisation_id}/invitations",
    ),
}
