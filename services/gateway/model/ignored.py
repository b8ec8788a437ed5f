"""Events of the followed topics that change no row of the read model, each with the reason. A new event belongs here or to a handler."""

from collections.abc import Mapping

from shared.events import identity, notify, organisation, recognition, wallet
from shared.events.base import Event

_SECURITY = "the pages of security ask identity, for the person alone"
_ERASURE = "the account works on until ErasureStarted; the page of privacy asks identity"
_LISTED = "managers see it in lists that the organisation service keeps"
_MAILS = "one mail says nothing of the address; AddressBounced does"
_MONEY = "the balance stays as it is"

IGNORED: Mapping[type[Event], str] = {
    identity.EmailAddressChanged: "no page of another person's shows an address",
    identity.PasswordChanged: _SECURITY,
    identity.NewDeviceSignedIn: _SECURITY,
    identity.SecondFactorAdded: _SECURITY,
    identity.SecondFactorRemoved: _SECURITY,
    identity.RecoveryCodesMade: _SECURITY,
    identity.RecoveryCodeUsed: _SECURITY,
    identity.EidPresented: "the number is for registries alone",
    identity.LegacyAccountAttached: "memberships follow as events of the organisation service",
    identity.SignedIn: "the model knows who may do what, not who is here",
    identity.ErasureScheduled: _ERASURE,
    identity.ErasureCancelled: _ERASURE,
    identity.ErasureHeld: _ERASURE,
    identity.DataKeyDestroyed: "what was sealed is forgotten already, since ErasureStarted",
    organisation.EmployeeChanged: _LISTED,
    organisation.EmployeeInvited: _LISTED,
    organisation.InvitationEnded: "who accepted comes with EmployeeAdded",
    organisation.TermsAnnounced: "the tools page compares the versions of the terms",
    organisation.MandateChanged: "the access page asks the organisation service under whose recognition it stands",
    recognition.RecognitionExpiring: "a mail's concern: it counts until its last day, which the model knows",
    recognition.RegistryUnavailable: "what was known stays",
    notify.MailSent: _MAILS,
    notify.MailFailed: _MAILS,
    notify.InvitationMailRefused: _LISTED,
    wallet.TopUpRequested: _MONEY,
    wallet.TopUpFailed: _MONEY,
    wallet.ChargeRefused: _MONEY,
    wallet.ChargeReserved: _MONEY,
    wallet.ReservationReleased: _MONEY,
    wallet.WalletFrozen: _MONEY,
    wallet.WalletUnfrozen: _MONEY,
    wallet.PlanEnding: _MONEY,
    wallet.PlanEnded: _MONEY,
    wallet.PlanRenewalFailed: _MONEY,
    wallet.InvoiceIssued: _MONEY,
}
