"""Which article answers what people ask on a page: the link at the page's end, where it is not clear by itself."""

from collections.abc import Mapping

_PAGES = {
    "create-account": ("accounts/sign_up.html",),
    "activation-code": ("accounts/activate.html", "accounts/correct_address.html"),
    "sign-in": ("accounts/sign_in.html",),
    "forgotten-password": (
        "accounts/forgotten.html",
        "accounts/forgotten_code.html",
        "accounts/forgotten_password.html",
    ),
    "change-password": ("accounts/password.html",),
    "username-and-address": ("accounts/email.html",),
    "edit-profile": ("profile/index.html",),
    "old-accounts": ("legacy/another.html", "legacy/attach.html", "legacy/old_accounts.html", "legacy/upgrade.html"),
    "second-factor": (
        "security/authenticator.html",
        "security/choose.html",
        "security/confirm.html",
        "security/devices.html",
        "security/index.html",
        "security/passkey_add.html",
        "security/recovery_codes.html",
        "security/second_factor.html",
    ),
    "erase-account": ("privacy/erase.html", "privacy/index.html"),
    "mails": ("notifications/index.html", "notifications/preferences.html", "notifications/unsubscribe.html"),
    "why-eid": ("eid/identity_card.html", "eid/link.html", "eid/unlink.html"),
    "certificate-not-read": ("eid/sign_in.html",),
    "add-organisation": ("organisations/find.html", "organisations/join.html", "organisations/new.html"),
    "awaiting-confirmation": ("organisations/joined.html", "organisations/take_back.html"),
    "choose-organisation": ("selection/index.html",),
    "manager": ("organisations/index.html",),
    "confirm-employees": (
        "invitations/show.html",
        "organisations/employee_add.html",
        "organisations/employee_data.html",
        "organisations/employees.html",
        "organisations/invitations.html",
        "organisations/invite.html",
    ),
    "change-organisation-data": (
        "organisations/data.html",
        "organisations/data_edit.html",
        "organisations/employee_edit.html",
        "organisations/employee_profile.html",
        "organisations/pictures.html",
    ),
    "block-or-leave": ("organisations/change_state.html", "organisations/close.html"),
    "recognitions-missing": ("recognitions/history.html", "recognitions/index.html"),
    "register-tool": (
        "tools/index.html",
        "tools/organisation_tools.html",
        "tools/register_mode.html",
        "tools/register_organisation.html",
        "tools/register_terms.html",
        "tools/tool.html",
        "tools/whom_to_ask.html",
    ),
    "give-access": ("organisations/employee_access.html", "tools/access.html", "tools/ask.html"),
    "tool-suspended": ("tools/mandate.html", "tools/mandates.html"),
    "wallet": ("wallet/index.html", "wallet/settings.html", "wallet/transfer.html"),
    "top-up": ("wallet/top_up.html", "wallet/top_up_cancel.html", "wallet/top_up_form.html"),
    "transactions": ("wallet/transactions.html",),
    "receipts-and-invoices": ("wallet/invoices.html", "wallet/transaction.html"),
    "plans": ("wallet/plan_buy.html", "wallet/plans.html"),
}

ARTICLE_OF: Mapping[str, str] = {page: slug for slug, pages in _PAGES.items() for page in pages}
"""Slugs by template."""
