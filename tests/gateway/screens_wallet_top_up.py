"""Topping up: the form, what is still open, what became of it; and support, who gives it back."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import thing, ui
from tests.gateway.screens_wallet import FRAME, NOW, WALLET
from tests.gateway.screens_wallet_bank import HOW as TRANSFER_HOW

TOP_UP: dict[str, Any] = {
    "id": "t1",
    "state": "pending",
    "state_name": "Ouvert",
    "reason": None,
    "amount_cents": 5_000,
    "method": "visa",
    "method_name": "Visa",
    "checkout_url": "https://pay.example/1",
    "expires_at": NOW,
    "can_cancel": True,
    "created_at": NOW,
    "reference": "tr_5B8cwPMGnU6qLbRvo7qEZo",
}
FORM: dict[str, Any] = {
    **FRAME,
    "part": "top-up",
    "wallet": thing(**WALLET),
    "amounts": (5_000, 10_000, 25_000, 50_000),
    "methods": [("bancontact", "Bancontact"), ("visa", "Visa")],
    "pending": [],
    "transfer": TRANSFER_HOW,
}
FOUND = thing(id="o1", name="Immobilière du Parc Royal et des Étangs", enterprise_number="0200065765")
REFUND = {**TOP_UP, "state": "refunded", "state_name": "Remboursé", "reason": "Payé deux fois", "is_ours": True}
SUPPORTED: dict[str, Any] = {
    **TOP_UP,
    "state": "completed",
    "left_cents": 3_000,
    "effects": [
        thing(kind="paid", part="", name="Payé", amount_cents=5_000),
        thing(kind="refund", part="re_4qqhO89gsT", name="Remboursement", amount_cents=2_000),
    ],
    "refunds": [thing(**REFUND), thing(**{**REFUND, "state": "failed", "is_ours": False})],
}
STRAY: dict[str, Any] = {
    "provider": "mollie",
    "reference": "tr_5B8cwPMGnU6qLbRvo7qEZo",
    "organisation_id": "o1",
    "amount_cents": 4_900,
    "currency": "EUR",
    "reason_name": "Un autre montant que celui demandé",
    "found_at": NOW,
    "form": Form(),
}


def became(**changes: Any) -> tuple[str, dict[str, Any]]:
    return "wallet/top_up.html", {**FRAME, "part": "top-up", "top_up": thing(**{**TOP_UP, **changes})}


SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet-top-up": ("wallet/top_up_form.html", {**FORM, "form": Form.of({"amount": "5000", "method": "visa"})}),
    "wallet-top-up-wrong": ("wallet/top_up_form.html", {**FORM, "form": wrong(), "pending": [thing(**TOP_UP)]}),
    "wallet-top-up-frozen": (
        "wallet/top_up_form.html",
        {**FORM, "form": Form(), "wallet": thing(**{**WALLET, "is_frozen": True, "balance_cents": -4_000})},
    ),
    "top-up-pending": became(),
    "top-up-completed": became(state="completed"),
    "top-up-expired": became(state="expired", reason="expired"),
    **{
        f"top-up-{reason}": became(state="failed", reason=reason)
        for reason in ("failed", "canceled", "amount-mismatch", "provider-unavailable")
    },
    "top-up-cancel": (
        "wallet/top_up_cancel.html",
        {**FRAME, "part": "top-up", "top_up": thing(**TOP_UP), "form": wrong()},
    ),
    "support-top-ups": (
        "support/top_ups.html",
        {"ui": ui(), "found": FOUND, "top_ups": [thing(**TOP_UP), thing(**{**TOP_UP, "reference": None})]},
    ),
    "support-top-ups-none": ("support/top_ups.html", {"ui": ui(), "found": FOUND, "top_ups": []}),
    "support-top-up": (
        "support/top_up.html",
        {"ui": ui(), "found": FOUND, "top_up": thing(**SUPPORTED), "form": Form.of({"amount": "30.00"})},
    ),
    "support-top-up-wrong": (
        "support/top_up.html",
        {"ui": ui(), "found": FOUND, "top_up": thing(**SUPPORTED), "form": wrong()},
    ),
    "support-payments": (
        "support/payments.html",
        {"ui": ui(), "payments": [thing(**STRAY), thing(**{**STRAY, "organisation_id": None, "form": wrong()})]},
    ),
    "support-payments-none": ("support/payments.html", {"ui": ui(), "payments": []}),
}
