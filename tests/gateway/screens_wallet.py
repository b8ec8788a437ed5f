"""The wallet of an organisation: at a glance, topping up, moving money, who sees it; and what support does with wallets."""

from typing import Any

from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION, TRANSACTIONS, wrong
from tests.gateway.samples import thing, ui

NOW = "2026-11-21T10:00:00Z"
FRAME: dict[str, Any] = {"ui": ui(), "organisation": ORGANISATION, "tab": "wallet", "here": "/organisations/o1/wallet"}
WALLET: dict[str, Any] = {
    "balance_cents": 272_990,
    "held_cents": 2_990,
    "available_cents": 270_000,
    "low_threshold_cents": 1_000,
    "is_low": False,
    "is_frozen": False,
    "may_manage": True,
    "minimum_top_up_cents": 5_000,
}
CREDITS = [
    thing(tool_id="kft", name="Korte Film Tour", balance=12, available=10),
    thing(tool_id="myrent", name="MyRent Pro", balance=3, available=3),
]
OTHERS = [
    thing(id="o2", name="Lys Beheer", enterprise_number="0403170701"),
    thing(id="o3", name="Immobilière du Parc Royal et des Étangs", enterprise_number="0200065765"),
]


def overview(**changes: Any) -> tuple[str, dict[str, Any]]:
    more = {name: changes.pop(name) for name in ("credits", "plans", "transactions") if name in changes}
    context = {
        **FRAME,
        "part": "overview",
        "wallet": thing(**{**WALLET, **changes}),
        "credits": [],
        "plans": [],
        "transactions": TRANSACTIONS,
        "support_email": "support@example.org",
    }
    return "wallet/index.html", {**context, **more}


def typed(**values: str) -> Form:
    return Form.of(values)


PEOPLE = [
    thing(account_id="a1", name="Greet Verlinden", type_name="Employé", email="greet@agence.example", allowed_at=NOW),
    thing(account_id="a2", name="", type_name="Externe", email="", allowed_at=NOW),
]
ENTRIES = [
    thing(at=NOW, sentence="Laisse quelqu’un voir le portefeuille", who="Nora Peeters", whom="Greet Verlinden"),
    thing(at=NOW, sentence="Corrigé de +22,99 €", who="support", whom=""),
]
SETTINGS = {**FRAME, "part": "settings", "viewers": [], "search": "", "found": [], "entries": []}
TRANSFER: dict[str, Any] = {**FRAME, "part": "transfer", "wallet": thing(**WALLET)}
MADE = thing(
    amount_cents=20_000,
    balance_cents=252_990,
    other_balance_cents=20_000,
    other_name="Lys Beheer",
    description="Les timbres",
    at=NOW,
    to="o2",
)
WRONG_AMOUNT = Form.of({"to": "o2", "amount": "beaucoup"})
WRONG_AMOUNT.errors.update(amount="Entrez un montant, par exemple 75 ou 62,50.", to="Choisissez l’organisation.")

FOUND = thing(id="o1", name="Agence du Parc", enterprise_number="0123456749", is_closed=False, balance_cents=272_990)
ADJUSTMENT: dict[str, Any] = {
    "id": "j1",
    "organisation": "Agence du Parc",
    "amount": "+200,00 €",
    "reason_name": "Une erreur corrigée",
    "description": "L’outil a compté deux fois le même extrait.",
    "state": "requested",
    "state_name": "Attend une deuxième personne",
    "asked_by": "Sam De Wit",
    "ended_by": "",
    "requested_at": NOW,
    "expires_at": NOW,
    "decided_at": None,
    "is_mine": False,
}
UNITS = [
    thing(name="", balance_cents="2.729,90 €", available_cents="2.700,00 €", held_cents="29,90 €"),
    thing(name="Korte Film Tour", balance_cents="12 crédits", available_cents="10 crédits", held_cents="2 crédits"),
]
LINES = [
    thing(
        number=12, at=NOW, kind_name="Correction", description="Deux fois", amount="+22,99 €", after="1 €", is_plus=True
    )
]
SUPPORTED: dict[str, Any] = {
    "ui": ui(),
    "found": FOUND,
    "wallet": thing(
        closed=False,
        frozen_at=None,
        low_threshold_cents=1_000,
        limit_cents=10_000,
        limit_credits=5,
        wallets=[{"balance_cents": 272_990, "available_cents": 272_990}],
    ),
    "units": UNITS,
    "lines": LINES,
    "adjustments": [thing(**ADJUSTMENT), thing(**{**ADJUSTMENT, "state": "booked", "ended_by": "Kim Maes"})],
    "entries": [thing(at=NOW, sentence="Bloqué", who="Sam De Wit", by_staff=True, reason="Ticket 4711, opposition")],
}
DECISION = {"ui": ui(), "found": FOUND, "wallet": SUPPORTED["wallet"], "balance_cents": 272_990}
ADJUST: dict[str, Any] = {
    "ui": ui(),
    "found": FOUND,
    "wallet": SUPPORTED["wallet"],
    "units": [("EUR", "Euros"), ("credits/kft", "Crédits pour Korte Film Tour")],
    "reasons": [("correction", "Une erreur corrigée"), ("pay-out", "Versé à l’organisation")],
}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet": overview(credits=CREDITS),
    "wallet-empty": overview(balance_cents=0, held_cents=0, available_cents=0, is_low=True, transactions=[]),
    "wallet-low": overview(balance_cents=402, held_cents=0, available_cents=402, is_low=True),
    "wallet-frozen": overview(balance_cents=-5_000, held_cents=0, available_cents=-5_000, is_low=True, is_frozen=True),
    "wallet-viewer": overview(may_manage=False, is_frozen=True),
    "wallet-settings": (
        "wallet/settings.html",
        {**SETTINGS, "form": typed(threshold="10.00"), "viewers": PEOPLE, "entries": ENTRIES},
    ),
    "wallet-settings-search": (
        "wallet/settings.html",
        {**SETTINGS, "form": typed(threshold="10.00"), "search": "greet", "found": PEOPLE[:1]},
    ),
    "wallet-settings-nobody": ("wallet/settings.html", {**SETTINGS, "form": typed(threshold="0.00"), "search": "zoë"}),
    "wallet-transfer": ("wallet/transfer.html", {**TRANSFER, "form": Form(), "others": OTHERS}),
    "wallet-transfer-wrong": (
        "wallet/transfer.html",
        {**TRANSFER, "form": WRONG_AMOUNT, "others": OTHERS, "wallet": thing(**{**WALLET, "is_frozen": True})},
    ),
    "wallet-transfer-nowhere": ("wallet/transfer.html", {**TRANSFER, "form": Form(), "others": []}),
    "wallet-transfer-confirm": (
        "wallet/transfer_confirm.html",
        {
            **TRANSFER,
            "form": typed(to="o2", amount="200", description="Les timbres"),
            "other": OTHERS[0],
            "cents": 20_000,
            "key": "k",
        },
    ),
    "wallet-transfer-done": ("wallet/transfer_done.html", {**TRANSFER, "made": MADE}),
    "support-wallets": (
        "support/wallets.html",
        {
            "ui": ui(),
            "form": typed(q="parc"),
            "found": [FOUND, thing(**{**vars(FOUND), "is_closed": True, "balance_cents": None})],
            "waiting": [thing(**ADJUSTMENT), thing(**{**ADJUSTMENT, "is_mine": True})],
        },
    ),
    "support-wallets-none": ("support/wallets.html", {"ui": ui(), "form": typed(q="x"), "found": [], "waiting": []}),
    "support-wallet": ("support/wallet.html", SUPPORTED),
    "support-wallet-closed": (
        "support/wallet.html",
        {
            **SUPPORTED,
            "wallet": thing(**{**vars(SUPPORTED["wallet"]), "closed": True, "frozen_at": NOW}),
            "lines": [],
            "adjustments": [],
            "entries": [],
        },
    ),
    **{
        f"support-wallet-{action}": (
            "support/wallet_freeze.html",
            {"ui": ui(), "form": wrong(), "found": FOUND, "action": action},
        )
        for action in ("freeze", "unfreeze")
    },
    "support-adjust": ("support/adjust.html", {**ADJUST, "form": typed(id="j1", unit="EUR", direction="add")}),
    "support-adjust-wrong": ("support/adjust.html", {**ADJUST, "form": WRONG_AMOUNT}),
    "support-adjustment": ("support/adjustment.html", {**DECISION, "form": Form(), "one": thing(**ADJUSTMENT)}),
    "support-adjustment-own": (
        "support/adjustment.html",
        {**DECISION, "form": Form(), "one": thing(**{**ADJUSTMENT, "is_mine": True})},
    ),
    "support-adjustment-booked": (
        "support/adjustment.html",
        {
            **DECISION,
            "form": Form(),
            "one": thing(**{**ADJUSTMENT, "state": "booked", "ended_by": "Kim Maes", "decided_at": NOW}),
        },
    ),
}
