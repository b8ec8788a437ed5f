"""Wiring of the gateway."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.gateway import passthrough
from services.gateway.accounts import pages as accounts
from services.gateway.catalogue import editing as catalogue_editing
from services.gateway.catalogue import pages as catalogue_desk
from services.gateway.catalogue import webhook_changes as catalogue_webhook_changes
from services.gateway.catalogue import webhooks as catalogue_webhooks
from services.gateway.docs import pages as docs
from services.gateway.eid import front_door, identity_card
from services.gateway.eid import pages as eid
from services.gateway.eid import sign_in as card_sign_in
from services.gateway.help import contact as help_contact
from services.gateway.help import pages as help_pages
from services.gateway.invitations import pages as invited
from services.gateway.journey import leaving
from services.gateway.legacy import pages as legacy
from services.gateway.lists import pages as catalogue_lists
from services.gateway.model.consumers import READ_MODEL
from services.gateway.notifications import live as notifications_live
from services.gateway.notifications import pages as notifications
from services.gateway.notifications import preferences as mail_preferences
from services.gateway.organisations import closing as organisation_closing
from services.gateway.organisations import data as organisation_data
from services.gateway.organisations import employees, history, invitations, joining
from services.gateway.organisations import pages as organisations
from services.gateway.organisations import pictures as organisation_pictures
from services.gateway.privacy import pages as privacy
from services.gateway.profile import pages as profile
from services.gateway.recognitions import pages as recognitions
from services.gateway.security import pages as security
from services.gateway.selection import pages as selection
from services.gateway.settings import GatewaySettings
from services.gateway.support import adjustments as support_adjustments
from services.gateway.support import bank as support_bank
from services.gateway.support import organisations as support_organisations
from services.gateway.support import pages as support
from services.gateway.support import recognitions as support_recognitions
from services.gateway.support import top_ups as support_top_ups
from services.gateway.support import wallets as support_wallets
from services.gateway.tools import access, asking, catalogue, registering, registrations, terms
from services.gateway.wallet import invoices as wallet_invoices
from services.gateway.wallet import pages as wallet
from services.gateway.wallet import plans as wallet_plans
from services.gateway.wallet import receipts as wallet_receipts
from services.gateway.wallet import top_up as wallet_top_up
from services.gateway.wallet import transactions as wallet_transactions
from services.gateway.wallet import transfers as wallet_transfers
from services.gateway.wallet import wallet_settings
from services.gateway.web import errors, routes
from services.gateway.web.own import make_own
from shared.runtime import Runtime
from shared.service import Service

# Forms may lead on to tools and payment pages, whose addresses come from their owners: a browser checks redirects too.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' https: http://127.0.0.1:* http://localhost:*"
)
MAX_BODY_BYTES = 262_144


def _extend(app: FastAPI, at: Runtime[Any]) -> None:
    errors.install(app)


SERVICE = Service(
    name="gateway",
    folder=Path(__file__).parent,
    settings=GatewaySettings,
    routers=[
        selection.router,
        routes.files,
        routes.router,
        help_contact.router,
        help_pages.router,
        accounts.router,
        notifications_live.router,
        notifications.router,
        mail_preferences.router,
        leaving.router,
        security.router,
        eid.router,
        legacy.router,
        card_sign_in.router,
        front_door.router,
        identity_card.router,
        profile.router,
        support_recognitions.router,
        support.router,
        catalogue_editing.router,
        catalogue_desk.router,
        catalogue_lists.router,
        catalogue_webhook_changes.router,
        catalogue_webhooks.router,
        recognitions.router,
        privacy.router,
        organisations.router,
        organisation_data.router,
        organisation_pictures.router,
        organisation_closing.router,
        support_organisations.router,
        support_adjustments.router,
        support_bank.router,
        support_top_ups.router,
        support_wallets.router,
        joining.router,
        employees.router,
        invitations.router,
        history.router,
        invited.router,
        catalogue.router,
        terms.router,
        access.router,
        asking.router,
        registrations.router,
        registering.router,
        wallet.router,
        wallet_transactions.router,
        wallet_receipts.router,
        wallet_top_up.router,
        wallet_transfers.router,
        wallet_settings.router,
        wallet_invoices.router,
        wallet_plans.router,
        docs.router,
        passthrough.router,
    ],
    consumers=lambda at: [READ_MODEL],
    setup=make_own,
    extend=_extend,
    policy=POLICY,
    max_body_bytes=MAX_BODY_BYTES,
    larger_bodies={
        help_contact.PATH: help_contact.MAX_FORM_BYTES,
        profile.PICTURE_PATH: profile.MAX_FORM_BYTES,
        catalogue_editing.SAVE_PATH: catalogue_editing.MAX_FORM_BYTES,
        catalogue_editing.UPLOAD_PATH: catalogue_editing.MAX_FORM_BYTES,
        catalogue_lists.LOOK_PATH: catalogue_lists.MAX_FORM_BYTES,
        catalogue_lists.TAKE_PATH: catalogue_lists.MAX_FORM_BYTES,
        organisation_pictures.UPLOADS: profile.MAX_FORM_BYTES,
        organisation_pictures.API_UPLOADS: profile.MAX_FORM_BYTES,
        support_recognitions.RECORD_PATH: support_recognitions.MAX_FORM_BYTES,
    },
)
