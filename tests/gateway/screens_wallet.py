"""The wallet of an organisation: at a glance, its transactions, topping up."""

from typing import Any

from tests.gateway.sample_people import ORGANISATION, TRANSACTIONS, WALLET, wrong
from tests.gateway.samples import thing, ui

FRAME: dict[str, Any] = {"ui": ui(), "organisation": ORGANISATION, "tab": "wallet", "here": "/organisations/o1/wallet"}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet": (
        "wallet/index.html",
        {**FRAME, "part": "overview", "wallet": WALLET, "transactions": TRANSACTIONS},
    ),
    "wallet-empty": (
        "wallet/index.html",
        {**FRAME, "part": "overview", "wallet": thing(balance_cents=0, available_cents=0), "transactions": []},
    ),
    "wallet-top-up": ("wallet/top_up_form.html", {**FRAME, "part": "top-up", "form": wrong()}),
    **{
        f"top-up-{state}": (
            "wallet/top_up.html",
            {**FRAME, "part": "top-up", "top_up": thing(id="t1", state=state, amount_cents=5000)},
        )
        for state in ("pending", "completed", "failed", "expired")
    },
}
