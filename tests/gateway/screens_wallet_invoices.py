"""The invoices of an organisation's wallet."""

from typing import Any

from services.gateway.wallet.invoices import FIELDS, row_of
from services.gateway.web.forms import Form
from tests.gateway.sample_people import ORGANISATION
from tests.gateway.samples import thing, ui

FRAME: dict[str, Any] = {
    "ui": ui(),
    "organisation": ORGANISATION,
    "tab": "wallet",
    "here": "/organisations/o1/wallet",
    "part": "invoices",
    "form": Form.of(dict.fromkeys(FIELDS, "")),
    "saved": False,
    "years": [2026, 2025],
    "year": 2026,
}
BILLING = thing(name="Agence du Parc", enterprise_number="0123456749", address=["Rue Haute 1", "1000 Bruxelles"])


def invoice(number: str, state: str, **more: Any) -> Any:
    usual: dict[str, Any] = {
        "id": number,
        "number": number,
        "kind": "invoice",
        "period": "2026-10-01",
        "issued_on": "2026-11-01",
        "net_cents": 123_400,
        "vat_cents": 25_914,
        "credits_number": None,
        "state": state,
        "reason": None,
    }
    return row_of({**usual, **more})


INVOICES = [
    invoice("2026-000412", "issued"),
    invoice("2026-000398", "sent", kind="credit-note", credits_number="2026-000301", net_cents=1_900, vat_cents=399),
    invoice("2026-000301", "refused", period="2026-09-01", reason="receiver 0208:0123456749 is not in the directory"),
    invoice("2026-000205", "faulty", period="2026-08-01"),
]

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet-invoices": ("wallet/invoices.html", {**FRAME, "invoices": INVOICES, "billing": BILLING}),
    "wallet-invoices-empty": (
        "wallet/invoices.html",
        {
            **FRAME,
            "invoices": [],
            "years": [],
            "saved": True,
            "billing": thing(name=None, enterprise_number=None, address=None),
        },
    ),
}
