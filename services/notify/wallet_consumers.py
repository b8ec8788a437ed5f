"""What the wallet service announces: every manager hears of the organisation's money, and whoever asked for what happened to it."""

from collections.abc import Mapping
from uuid import UUID

from services.notify.mails.handlers import cause_of, tell
from services.notify.mails.rights import ASKED_BY
from services.notify.recipients import store, wallet_viewers
from shared.consume import Handler
from shared.db import Connection
from shared.events import wallet
from shared.events.base import Event
from shared.sealed import Keyring


async def on_wallet_topped_up(db: Connection, event: wallet.WalletToppedUp, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await tell_managers(db, event, "wallet-topped-up", params, also=event.requested_by)


async def on_top_up_failed(db: Connection, event: wallet.TopUpFailed, keyring: Keyring) -> None:
    """Who tried hears it; to the others nothing happened."""
    params = {"organisation_id": event.wallet_id, "amount_cents": event.amount_cents}
    if event.requested_by is not None:
        await tell(db, [event.requested_by], "top-up-failed", cause_of(event), params)


async def on_balance_low(db: Connection, event: wallet.BalanceLow, keyring: Keyring) -> None:
    """Also those whom a manager lets see it: they can top it up."""
    params = {
        "organisation_id": event.wallet_id,
        "balance_cents": event.balance_cents,
        "threshold_cents": event.threshold_cents,
    }
    people = {*await store.managers_of(db, event.wallet_id), *await wallet_viewers.viewers_of(db, event.wallet_id)}
    await tell(db, sorted(people), "balance-low", cause_of(event), params)


async def on_viewer_allowed(db: Connection, event: wallet.WalletViewerAllowed, keyring: Keyring) -> None:
    await wallet_viewers.add_viewer(db, event.wallet_id, event.account_id)
    params = {"organisation_id": event.wallet_id, "account_id": event.allowed_by}
    await tell(db, [event.account_id], "wallet-viewer-allowed", cause_of(event), params)


async def on_viewer_dismissed(db: Connection, event: wallet.WalletViewerDismissed, keyring: Keyring) -> None:
    await wallet_viewers.drop_viewer(db, event.wallet_id, event.account_id)


async def on_wallet_transferred(db: Connection, event: wallet.WalletTransferred, keyring: Keyring) -> None:
    """Each side has an event of its own. Who did it gets the mail too: it may not have been them."""
    params = {
        "other_organisation_id": event.other_wallet_id,
        "account_id": event.transferred_by,
        "amount_cents": abs(event.amount_cents),
        "balance_cents": event.balance_cents,
    }
    await tell_managers(db, event, "transfer-sent" if event.amount_cents < 0 else "transfer-received", params)


async def on_wallet_adjusted(db: Connection, event: wallet.WalletAdjusted, keyring: Keyring) -> None:
    if event.unit == "EUR":
        params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
        await tell_managers(db, event, "wallet-adjusted", params)
        return
    tool_id = event.unit.removeprefix("credits/")
    more = {"tool_id": tool_id, "credits": event.amount_cents, "credits_left": event.balance_cents}
    await tell_managers(db, event, "credits-adjusted", more)


async def on_top_up_refunded(db: Connection, event: wallet.TopUpRefunded, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await tell_managers(db, event, "top-up-refunded", params)


async def on_top_up_refund_failed(db: Connection, event: wallet.TopUpRefundFailed, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await tell_managers(db, event, "top-up-refund-failed", params)


async def on_wallet_charged_back(db: Connection, event: wallet.WalletChargedBack, keyring: Keyring) -> None:
    """One mail says both: what was taken, and that the wallet is frozen by it."""
    params = {
        "amount_cents": event.amount_cents,
        "balance_cents": event.balance_cents,
        "short_cents": max(-event.balance_cents, 0),
    }
    kind = "wallet-charged-back-frozen" if event.is_frozen and event.balance_cents < 0 else "wallet-charged-back"
    await tell_managers(db, event, kind, params)


async def on_chargeback_reversed(db: Connection, event: wallet.ChargebackReversed, keyring: Keyring) -> None:
    params = {"amount_cents": event.amount_cents, "balance_cents": event.balance_cents}
    await tell_managers(db, event, "chargeback-reversed", params)


async def on_wallet_frozen(db: Connection, event: wallet.WalletFrozen, keyring: Keyring) -> None:
    """A chargeback has a mail of its own."""
    if event.reason == "support":
        await tell_managers(db, event, "wallet-frozen-by-support", {})
    elif event.reason == "refund":
        params = {"balance_cents": event.balance_cents, "short_cents": max(-event.balance_cents, 0)}
        await tell_managers(db, event, "wallet-frozen-below-zero", params)


async def on_wallet_unfrozen(db: Connection, event: wallet.WalletUnfrozen, keyring: Keyring) -> None:
    await tell_managers(db, event, "wallet-unfrozen", {"balance_cents": event.balance_cents})


async def on_invoice_issued(db: Connection, event: wallet.InvoiceIssued, keyring: Keyring) -> None:
    """The month as 10/2026, which reads the same in every language."""
    params = {
        "number": event.number,
        "total_cents": event.total_incl_cents,
        "period": "/".join(reversed((event.period or event.number[:4]).split("-"))),
    }
    await tell_managers(db, event, "credit-note-issued" if event.credits_invoice else "invoice-issued", params)


async def on_plan_bought(db: Connection, event: wallet.PlanBought, keyring: Keyring) -> None:
    """Of one that renewed itself nobody had a page that said so."""
    params = {"tool_id": event.tool_id, "amount_cents": event.amount_incl_cents, "ends_on": event.ends_on.isoformat()}
    kind = "plan-bought" if event.renews is None else "plan-renewed"
    await tell_managers(db, event, kind, params, also=event.bought_by)


async def on_plan_ending(db: Connection, event: wallet.PlanEnding, keyring: Keyring) -> None:
    params = {"tool_id": event.tool_id, "ends_on": event.ends_on.isoformat(), "uses_left": event.uses_left}
    kind = "plan-ending" if event.uses_left is None else "plan-ending-uses"
    await tell_managers(db, event, f"{kind}-renewed" if event.is_renewed else kind, params)


async def on_plan_ended(db: Connection, event: wallet.PlanEnded, keyring: Keyring) -> None:
    """One that goes on has a mail of its own."""
    if not event.is_renewed:
        kind = "plan-used-up" if event.reason == "used-up" else "plan-expired"
        await tell_managers(db, event, kind, {"tool_id": event.tool_id})


async def on_plan_renewal_failed(db: Connection, event: wallet.PlanRenewalFailed, keyring: Keyring) -> None:
    params = {
        "tool_id": event.tool_id,
        "amount_cents": event.amount_incl_cents,
        "balance_cents": event.balance_cents,
    }
    kind = "plan-renewal-given-up" if event.is_final else "plan-renewal-failed"
    if event.reason == "not-offered":
        kind = "plan-not-offered"
    await tell_managers(db, event, kind, params)


async def on_credits_bought(db: Connection, event: wallet.CreditsBought, keyring: Keyring) -> None:
    params = {"tool_id": event.tool_id, "credits": event.credits, "amount_cents": event.amount_incl_cents}
    await tell_managers(db, event, "credits-bought", params, also=event.bought_by)


async def tell_managers(
    db: Connection, event: wallet.WalletEvent, kind: str, params: Mapping[str, object], *, also: UUID | None = None
) -> None:
    """also: who asked for it, where they are no manager any more."""
    people = await store.managers_of(db, event.wallet_id)
    if also is not None and also not in people:
        people.append(also)
    asked = {} if also is None else {ASKED_BY: also}
    await tell(db, people, kind, cause_of(event), {"organisation_id": event.wallet_id, **params, **asked})


HANDLERS: Mapping[type[Event], Handler] = {
    wallet.WalletToppedUp: on_wallet_topped_up,
    wallet.TopUpFailed: on_top_up_failed,
    wallet.BalanceLow: on_balance_low,
    wallet.WalletViewerAllowed: on_viewer_allowed,
    wallet.WalletViewerDismissed: on_viewer_dismissed,
    wallet.WalletTransferred: on_wallet_transferred,
    wallet.WalletAdjusted: on_wallet_adjusted,
    wallet.TopUpRefunded: on_top_up_refunded,
    wallet.TopUpRefundFailed: on_top_up_refund_failed,
    wallet.WalletChargedBack: on_wallet_charged_back,
    wallet.ChargebackReversed: on_chargeback_reversed,
    wallet.WalletFrozen: on_wallet_frozen,
    wallet.WalletUnfrozen: on_wallet_unfrozen,
    wallet.InvoiceIssued: on_invoice_issued,
    wallet.PlanBought: on_plan_bought,
    wallet.PlanEnding: on_plan_ending,
    wallet.PlanEnded: on_plan_ended,
    wallet.PlanRenewalFailed: on_plan_renewal_failed,
    wallet.CreditsBought: on_credits_bought,
}
