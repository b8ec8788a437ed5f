"""Wiring of the wallet service."""

from typing import Any

from services.wallet.access import api as access
from services.wallet.access.consumers import organisations
from services.wallet.adjustments import api as adjustments
from services.wallet.adjustments.jobs import EVERY_S, expired_adjustments
from services.wallet.at import FOLDER, Own
from services.wallet.bank import api as bank
from services.wallet.bank import desk_api as bank_desk
from services.wallet.bank import drop_folder
from services.wallet.bank.jobs import EVERY_S as TRANSFERS_EVERY_S
from services.wallet.bank.jobs import FORGOTTEN_EVERY_S, forgotten_texts, received_transfers
from services.wallet.bank.reading import MAX_FILE_BYTES
from services.wallet.catalogue.consumers import TOOLS
from services.wallet.charges import api as charges
from services.wallet.charges.groups import ChargeGroups
from services.wallet.commands import COMMANDS
from services.wallet.erasure import api as erasure
from services.wallet.invoices import api as invoices
from services.wallet.invoices import files_api as invoices_files
from services.wallet.invoices import operator_api as invoices_operator
from services.wallet.invoices import watch as invoices_watch
from services.wallet.invoices.access_point.file_drop import FileDrop
from services.wallet.invoices.consumers import PARTIES
from services.wallet.invoices.handlers import SEND_INVOICE_JOB
from services.wallet.invoices.jobs import EVERY_S as INVOICES_EVERY_S
from services.wallet.invoices.jobs import monthly_run, send_invoice_job
from services.wallet.ledger import api as ledger
from services.wallet.ledger.handlers import ANNOUNCE_LOW_BALANCE_JOB
from services.wallet.ledger.jobs import announce_low_balance_job
from services.wallet.payments.mollie import MolliePayments
from services.wallet.plans import api as plans
from services.wallet.plans import operator_api as prices
from services.wallet.plans.jobs import EVERY_S as PLANS_EVERY_S
from services.wallet.plans.jobs import LOOK_AT_PLAN_JOB, due_plans, look_at_plan_job
from services.wallet.proof import api as proof
from services.wallet.proof.jobs import proof_timers
from services.wallet.receipts import api as receipts
from services.wallet.refunds import api as refunds
from services.wallet.reservations import api as reservations
from services.wallet.reservations.jobs import overdue_reservations
from services.wallet.returns import api as returns
from services.wallet.returns.jobs import overdue_refunds, send_refund_job
from services.wallet.returns.refunds import SEND_REFUND_JOB
from services.wallet.returns.thaw import UNFREEZE_JOB, unfreeze_job
from services.wallet.settings import WalletSettings
from services.wallet.statement import api as statement
from services.wallet.statement import files_api, pictures_api, summaries
from services.wallet.topups import api as topups
from services.wallet.topups.handlers import FETCH_PAYMENT_JOB
from services.wallet.topups.jobs import fetch_payment_job, overdue_top_ups, reconciliation
from services.wallet.transfers import api as transfers
from shared.runtime import Runtime
from shared.service import Service
from shared.timers import Timer


def _own(at: Runtime[Any]) -> Own:
    return Own(
        charges=ChargeGroups(at.database, lanes=at.settings.charge_lanes),
        payments=MolliePayments(at.settings.payments_url, at.settings.payments_key),
        access_point=FileDrop(at.settings.access_point_folder) if at.settings.access_point_folder else None,
    )


def _dropped_statements(at: Runtime[Any]) -> list[Timer]:
    folder = at.settings.statements_folder
    if folder is None:
        return []
    look = drop_folder.watch_folder(at.database, folder, only_iban=at.settings.seller.iban)
    return [Timer("dropped statements", drop_folder.EVERY_S, look)]


SERVICE = Service(
    name="wallet",
    folder=FOLDER,
    settings=WalletSettings,
    routers=[
        ledger.router,
        statement.router,
        files_api.router,
        pictures_api.router,
        receipts.router,
        charges.router,
        reservations.router,
        refunds.router,
        topups.router,
        returns.router,
        access.router,
        bank.router,
        bank_desk.router,
        transfers.router,
        adjustments.router,
        invoices.router,
        invoices_files.router,
        invoices_operator.router,
        plans.router,
        prices.router,
        proof.router,
        erasure.router,
    ],
    consumers=lambda at: [organisations(low_threshold_cents=at.settings.low_balance_cents), COMMANDS, TOOLS, PARTIES],
    jobs=lambda at: {
        SEND_INVOICE_JOB: send_invoice_job(at.database, at.own.peppol_rules, at.own.access_point),
        ANNOUNCE_LOW_BALANCE_JOB: announce_low_balance_job(at.database),
        FETCH_PAYMENT_JOB: fetch_payment_job(at.database, at.own.payments),
        SEND_REFUND_JOB: send_refund_job(at.database, at.own.payments),
        UNFREEZE_JOB: unfreeze_job(at.database),
        LOOK_AT_PLAN_JOB: look_at_plan_job(at.database),
    },
    timers=lambda at: [
        Timer("invoices", INVOICES_EVERY_S, monthly_run(at.database, at.settings.seller, at.settings.invoice_terms)),
        Timer(
            "invoices in trouble",
            invoices_watch.REPORT_S,
            invoices_watch.report(at.database, sends=at.own.access_point is not None),
            leader_only=False,
        ),
        Timer("statements summed up", summaries.EVERY_S, summaries.sum_up(at.database)),
        *proof_timers(at.database, new_s=at.settings.check_new_s, whole_s=at.settings.check_whole_s),
        Timer("overdue reservations", at.settings.poll_s, overdue_reservations(at.database)),
        Timer("overdue top-ups", at.settings.poll_s, overdue_top_ups(at.database)),
        Timer("received transfers", TRANSFERS_EVERY_S, received_transfers(at.database)),
        Timer(
            "old transfers forgotten",
            FORGOTTEN_EVERY_S,
            forgotten_texts(at.database, keep_days=at.settings.bank_texts_keep_days),
        ),
        *_dropped_statements(at),
        Timer("overdue refunds", at.settings.poll_s, overdue_refunds(at.database)),
        Timer("payments compared", at.settings.reconcile_s, reconciliation(at.database, at.own.payments)),
        Timer("due plans", PLANS_EVERY_S, due_plans(at.database)),
        Timer("expired adjustments", EVERY_S, expired_adjustments(at.database)),
    ],
    setup=_own,
    larger_bodies={bank.FILES_PATH: MAX_FILE_BYTES},
)
