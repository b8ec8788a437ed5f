"""Bank transfers: how to pay by one, and what staff decide about those that name no wallet."""

from types import SimpleNamespace
from typing import Any

from services.gateway.security.authenticator import qr_code
from services.gateway.support.bank import ACTIONS, WHY
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import ui

NOW = "2026-11-21T10:00:00Z"
TRANSFER: dict[str, Any] = {
    "id": "0193b5a0-0000-7000-8000-00000000000b",
    "account_iban": "BE65999001234596",
    "currency": "EUR",
    "amount_cents": 12_500,
    "value_date": "2026-11-20",
    "booking_date": "2026-11-20",
    "structured": None,
    "free_text": "Portefeuille Agence du Parc, comme convenu par téléphone +++000/1000/00037++",
    "counterparty_name": "AGENCE DU PARC ROYAL ET DES ETANGS",
    "counterparty_iban": "BE68539007547034",
    "bank_reference": "SWJVZ0BOXDOMUCVDIU01",
    "state": "waiting",
    "wallet_id": None,
    "transaction_id": None,
}
BARE = {**TRANSFER, "counterparty_name": None, "counterparty_iban": None, "free_text": "", "currency": "USD"}
PAYEES: list[dict[str, Any]] = [
    {"organisation_id": "o1", "name": "Agence du Parc", "enterprise_number": "0403170701", "why": "communication"},
    {"organisation_id": "o2", "name": None, "enterprise_number": None, "why": "payer"},
]
DECISIONS: list[dict[str, Any]] = [
    {"at": NOW, "actor": "a1", "action": "undone", "wallet_id": "o1", "reason": "It was meant for their neighbour."},
    {"at": NOW, "actor": "a1", "action": "attributed", "wallet_id": "o1", "reason": "They told us by telephone."},
]
LIST: dict[str, Any] = {
    "ui": ui(),
    "form": Form.of({"q": "", "state": "waiting"}),
    "states": [("waiting", "En attente"), ("credited", "Crédité")],
    "waiting": 2,
    "next_url": "/support/bank?after=x",
}
DETAIL: dict[str, Any] = {
    "ui": ui(),
    "transfer": SimpleNamespace(**TRANSFER),
    "state_name": "En attente",
    "wallet": None,
    "suggestions": PAYEES,
    "payees": None,
    "decisions": [],
    "form": Form(),
    "why": dict(WHY),
    "actions": dict(ACTIONS),
}
PAID = {**TRANSFER, "state": "credited", "wallet_id": "o1", "transaction_id": "t1"}
HOW = SimpleNamespace(
    beneficiary="Immo-Connect Demo",
    iban_spaced="BE65 9990 0123 4596",
    bic="DEMOBEBB",
    communication="+++000/1000/00037+++",
    amount_cents=7_500,
    qr_code=qr_code(
        "BCD\n002\n1\nSCT\nDEMOBEBB\nImmo-Connect Demo\nBE65999001234596\nEUR75.00\n\n\n+++000/1000/00037+++"
    ),
    form=Form.of({"transfer_amount": "75"}),
)
"""Of wallet/parts/bank_transfer.html, in the top-up page."""


def decision(action: str, **more: Any) -> tuple[str, dict[str, Any]]:
    context = {
        "ui": ui(),
        "transfer": SimpleNamespace(**TRANSFER),
        "payee": PAYEES[0],
        "action": action,
        "form": Form(),
    }
    return "support/bank_decision.html", {**context, **more}


SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "support-bank": (
        "support/bank.html",
        {**LIST, "transfers": [SimpleNamespace(**TRANSFER), SimpleNamespace(**BARE)]},
    ),
    "support-bank-empty": (
        "support/bank.html",
        {**LIST, "transfers": [], "waiting": 0, "form": Form.of({"q": "lys", "state": "credited"}), "next_url": ""},
    ),
    "support-bank-transfer": ("support/bank_transfer.html", DETAIL),
    "support-bank-transfer-search": (
        "support/bank_transfer.html",
        {**DETAIL, "suggestions": [], "payees": [], "form": Form.of({"payee": "lys"}), "decisions": DECISIONS},
    ),
    "support-bank-transfer-credited": (
        "support/bank_transfer.html",
        {**DETAIL, "transfer": SimpleNamespace(**PAID), "wallet": PAYEES[0], "decisions": DECISIONS[1:]},
    ),
    "support-bank-transfer-dollars": ("support/bank_transfer.html", {**DETAIL, "transfer": SimpleNamespace(**BARE)}),
    "support-bank-attribute": decision("attribute", form=wrong()),
    "support-bank-set-aside": decision("set-aside", payee=None),
    "support-bank-undo": decision("undo"),
}
