"""No table is forgotten when somebody is erased: a new one stands here, or this fails and asks what becomes of it.

In identity a table goes with the account by its foreign keys (ON DELETE CASCADE); elsewhere a handler deletes or empties it. What
may stay holds ids of the account and nothing else of the person, or was never about a person.
"""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

KIT = {
    "outbox": "published and deleted; personal data is sealed",
    "inbox": "ids of events",
    "consumer_position": "offsets",
    "dead_letter": "events and jobs as they came: personal data is sealed",
    "job": "ids",
    "schema_migration": "names of files",
}

# Of identity, besides what the foreign keys take along.
IDENTITY_KEEPS = {
    "audit_log": "ids; what is personal stands in audit_private",
    "data_key": "destroyed, and says so",
    "erasure": "that it was done",
    "erasure_report": "that it was done, by whom",
    "merged_account": "ids",
    "legacy_account": "attached_to becomes NULL; without its owner's key and the master key nothing in it can be read",
    "legacy_claim": "account_id becomes NULL; expires within the hour",
    "sign_in_throttle": "keyed hashes, deleted by name; expires within a day",
    "authorization_request": "hints are deleted by name; expires within hours",
    "pushed_request": "hints are deleted by name; expires within minutes",
    "logout_request": "hints are deleted by name; expires within minutes",
    "form_post_answer": "sealed under what only the browser has; expires within minutes",
    "eid_visitor_challenge": "hashes; expires within minutes",
    "passkey_challenge_used": "hashes; expires within minutes",
}
IDENTITY_IS_NOBODYS = {
    "client",
    "client_assertion",
    "initial_access_token",
    "revocation_answer",
    "revocation_list",
    "signing_key",
    "wrapped_secret",
}

DELETED, EMPTIED, IDS, NOBODY = "deleted", "emptied", "only ids stay", "about nobody"

OTHERS: dict[str, dict[str, str]] = {
    "organisation": {
        "person": EMPTIED,
        "holder": IDS,
        "recognition_held": DELETED,
        "employee": EMPTIED,
        "employee_lookup": DELETED,
        "expected_employee": DELETED,
        "organisation": EMPTIED,
        "organisation_picture": NOBODY,
        "organisation_list": NOBODY,
        "listed_organisation": NOBODY,
        # What the state publishes, as it publishes it.
        "register_state": NOBODY,
        "register_enterprise": NOBODY,
        "register_enterprise_0": NOBODY,
        "register_enterprise_1": NOBODY,
        "access": DELETED,
        "registration": IDS,
        "tool_manager": DELETED,
        "role_request": DELETED,
        "audit_log": IDS,
        "invitation": DELETED,
        "invitation_allowance": IDS,
        "invitation_access": NOBODY,
        "terms_notice": NOBODY,
        "terms_acceptance": IDS,
        "tool": NOBODY,
        "tool_terms": NOBODY,
        "tool_version": IDS,
        "usage_mode": NOBODY,
        "usage_mode_role": NOBODY,
    },
    "recognition": {
        "subject": DELETED,
        "inquiry": DELETED,
        "recognition": DELETED,
        "recognition_change": DELETED,
        "evidence": DELETED,
        "audit_log": IDS,
        "feed": NOBODY,
        "registry": NOBODY,
        "registry_file": NOBODY,
        "registry_file_fault": NOBODY,
        "registry_row": NOBODY,
        "registry_row_staged": NOBODY,
    },
    "wallet": {
        "member": DELETED,
        "viewer": DELETED,
        "bank_communication": NOBODY,
        "bank_file": NOBODY,
        "bank_statement": NOBODY,
        # Who paid, as the bank says: an entry of the seller's books, not of an account here.
        "bank_movement": NOBODY,
        "bank_sighting": NOBODY,
        "bank_decision": IDS,
        # Of organisations, and kept for ten years by law.
        "invoice": NOBODY,
        "invoice_line": NOBODY,
        "invoice_counter": NOBODY,
        "invoice_delivery": NOBODY,
        "billing_period": NOBODY,
        "billing_party": NOBODY,
        "billing_details": NOBODY,
        "wallet_audit": IDS,
        "transfer": IDS,
        "purchase": IDS,
        "plan": NOBODY,
        "offer": NOBODY,
        "adjustment": IDS,
        "closed_organisation": NOBODY,
        "charge": IDS,
        "top_up": IDS,
        "top_up_refund": IDS,
        "stray_payment": IDS,
        "reconciliation": NOBODY,
        "wallet": NOBODY,
        "registration": NOBODY,
        "reservation": IDS,
        "refund": NOBODY,
        "tool_request": NOBODY,
        "tool_name": NOBODY,
        "statement_block": NOBODY,
        "statement_spending": NOBODY,
        "statement_day": NOBODY,
        "wallet_proof": NOBODY,
        "book_check": NOBODY,
        "ledger_transaction": IDS,
        "ledger_entry": NOBODY,
        "payment_effect": NOBODY,
    },
    "notify": {
        "recipient": EMPTIED,
        "delivery": DELETED,
        # What somebody asked the help desk: sealed under a key of its own, and gone with the mail, after two weeks at the latest.
        "contact_message": NOBODY,
        "mail_pace": NOBODY,
        "mail_version": DELETED,
        "mail_preference": DELETED,
        "mail_burst": DELETED,
        "bounce": DELETED,
        "manager": DELETED,
        "access": DELETED,
        "tool_manager": DELETED,
        "mandate": DELETED,
        "wallet_viewer": DELETED,
        "organisation": NOBODY,
        "tool": NOBODY,
        "webhook_tool": NOBODY,
        "webhook_organisation": NOBODY,
        "webhook_registration": NOBODY,
        "webhook_access": DELETED,
        "webhook_endpoint": NOBODY,
        "webhook_delivery": NOBODY,
        "webhook_attempt": NOBODY,
        "webhook_audit": IDS,
        "tool_feed": NOBODY,
        # For thirty days, as tools were told.
        "tool_event_new": IDS,
        "tool_event": IDS,
    },
    "gateway": {
        "account": DELETED,
        "employee": DELETED,
        "access": DELETED,
        "recognition": DELETED,
        "role_request": DELETED,
        "tool_manager": DELETED,
        "undeliverable_address": DELETED,
        "wallet_viewer": DELETED,
        "organisation": NOBODY,
        "registration": NOBODY,
        "tool": NOBODY,
        "wallet": NOBODY,
        "model_age": NOBODY,
        # Sealed under what only the browser has, for half an hour; swept away when the next is kept.
        "typed_form": DELETED,
    },
}

Dsn = Callable[[str], Awaitable[str]]

_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
_GOES_WITH_THE_ACCOUNT = """
    WITH RECURSIVE gone (oid) AS (
        SELECT 'account'::regclass::oid
        UNION SELECT f.conrelid FROM pg_constraint f JOIN gone g ON f.confrelid = g.oid
        WHERE f.contype = 'f' AND f.confdeltype = 'c'
    )
    SELECT relname FROM pg_class WHERE oid IN (SELECT oid FROM gone)
"""
_NAMES_AN_ACCOUNT = """
    SELECT DISTINCT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND (column_name = 'account_id' OR column_name LIKE '%\\_account\\_id')
"""


async def names(dsn: str, query: str) -> set[str]:
    db = await asyncpg.connect(dsn)
    try:
        return {row[0] for row in await db.fetch(query)}
    finally:
        await db.close()


async def test_every_table_of_identity_goes_with_the_account_or_says_why_not(dsn_of: Dsn) -> None:
    dsn = await dsn_of("identity")
    forgotten = await names(dsn, _TABLES) - await names(dsn, _GOES_WITH_THE_ACCOUNT)
    assert forgotten - KIT.keys() - IDENTITY_KEEPS.keys() - IDENTITY_IS_NOBODYS == set()


async def test_whatever_names_an_account_in_identity_is_not_called_nobodys(dsn_of: Dsn) -> None:
    dsn = await dsn_of("identity")
    assert await names(dsn, _NAMES_AN_ACCOUNT) & IDENTITY_IS_NOBODYS == set()


@pytest.mark.parametrize("service", OTHERS)
async def test_every_table_of_a_service_has_an_answer(dsn_of: Dsn, service: str) -> None:
    dsn = await dsn_of(service)
    assert await names(dsn, _TABLES) - KIT.keys() == OTHERS[service].keys()
    nobodys = {table for table, fate in OTHERS[service].items() if fate == NOBODY}
    assert await names(dsn, _NAMES_AN_ACCOUNT) & nobodys == set()
