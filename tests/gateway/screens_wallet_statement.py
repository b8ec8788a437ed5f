"""The transactions of a wallet: the list with its pictures, what is filtered, one of them."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from services.gateway.wallet.pictures import bars_of, curve_of
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION, TRANSACTIONS
from tests.gateway.samples import thing, ui

HERE = "/organisations/o1/wallet"
FRAME: dict[str, Any] = {
    "ui": ui(),
    "organisation": ORGANISATION,
    "tab": "wallet",
    "here": HERE,
    "part": "transactions",
}
DAYS = [(date(2025, 1, 1) + timedelta(days=at), 250_000 - at % 13 * 9_000 + at // 30 * 60_000) for at in range(90)]
MONTHS = [date(2024 + at // 12, at % 12 + 1, 1) for at in range(3, 15)]
TOOLS = {
    "CadastreFinder": [2_299 * (at % 5 + 1) for at in range(12)],
    "Notification de vente": [1_210 * (at % 3) for at in range(12)],
    "KFT": [0] * 9 + [30_000, 0, 12_000],
}


def pictures() -> SimpleNamespace:
    curve = curve_of(DAYS)
    balance = thing(
        curve=curve,
        first=DAYS[0][0],
        last=DAYS[-1][0],
        top="5.000,00 €",
        bottom="0,00 €",
        summary="De 2.500,00 € à 3.500,00 €. Au plus bas : 1.420,00 € le 13 janvier 2025.",
        rows=[(day, f"{cents / 100:.2f} €") for day, cents in curve.days],
    )
    bars = bars_of(list(TOOLS.values()))
    spending = thing(
        bars=bars.bars,
        top="500,00 €",
        months=MONTHS,
        legend=[thing(name=name, colour=at + 1, total="123,45 €") for at, name in enumerate(TOOLS)],
        rows=[(month, ["22,99 €"] * len(TOOLS)) for month in MONTHS],
        tools=list(TOOLS),
        total="1.234,56 €",
        is_complete=False,
    )
    return thing(balance=balance, spending=spending)


def listed(**more: Any) -> tuple[str, dict[str, Any]]:
    base = {
        **FRAME,
        "form": Form.of({"sort": "-date"}),
        "transactions": TRANSACTIONS,
        "searched_until": None,
        "pictures": pictures(),
        "unit": "",
        "list_url": f"{HERE}/transactions",
        "clear_url": "#",
        "first_url": "",
        "next_url": "#",
        "previous_url": "",
        "csv_url": "#",
        "xlsx_url": "#",
        "chips": [],
        "kinds": [("", "Tous"), ("charge", "Utilisation d’un outil")],
        "states": [("", "Tous"), ("completed", "Effectuée")],
        "directions": [("", "Tous"), ("in", "Entrées")],
        "tools": [("", "Tous"), ("cadastrefinder", "CadastreFinder")],
        "sorts": {
            name: thing(state="descending" if name == "date" else "", url="#")
            for name in ("number", "date", "kind", "state", "amount")
        },
    }
    return "wallet/transactions.html", {**base, **more}


WRONG = Form.of({"from": "2026-13-01", "sort": "amount"})
WRONG.errors["from"] = "Cette date n’existe pas."
CHIPS = [thing(title="Avec « bac »", url="#"), thing(title="Depuis le 1 mars 2025", url="#")]
RELATED = TRANSACTIONS[3]

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet-transactions": listed(),
    "wallet-transactions-filtered": listed(chips=CHIPS, first_url="#", previous_url="#", pictures=None),
    "wallet-transactions-searching": listed(
        chips=CHIPS, transactions=[], pictures=None, searched_until="2025-01-03T09:00:00+00:00"
    ),
    "wallet-transactions-nothing-fits": listed(chips=CHIPS, transactions=[], next_url="", pictures=None),
    "wallet-transactions-none": listed(
        transactions=[], next_url="", pictures=thing(balance=pictures().balance, spending=None)
    ),
    "wallet-transactions-wrong": listed(form=WRONG, transactions=[], next_url="", pictures=None),
    "wallet-transaction": (
        "wallet/transaction.html",
        {
            **FRAME,
            "item": TRANSACTIONS[0],
            "vat_rate": "21",
            "by_plan": False,
            "reason": "",
            "who": "Nora Peeters",
            "related": [RELATED],
        },
    ),
    "wallet-transaction-failed": (
        "wallet/transaction.html",
        {
            **FRAME,
            "item": TRANSACTIONS[2],
            "vat_rate": "",
            "by_plan": True,
            "reason": "Personne n’a payé à temps.",
            "who": "",
            "related": [],
        },
    ),
}
