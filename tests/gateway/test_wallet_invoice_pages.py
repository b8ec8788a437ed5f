"""The invoices of a wallet on screen."""

from typing import Any

from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of

INVOICE: dict[str, Any] = {
    "id": "0195a7c0-0000-7000-8000-000000000009",
    "number": "2026-000412",
    "kind": "invoice",
    "period": "2026-10-01",
    "issued_on": "2026-11-01",
    "net_cents": 1_900,
    "vat_cents": 399,
    "credits_number": None,
    "state": "sent",
    "reason": None,
}
BILLING: dict[str, Any] = {
    "reference": "Sales",
    "purchase_order": "",
    "peppol_id": "",
    "language": "",
    "name": "Agence du Parc",
    "enterprise_number": "0123456749",
    "address": ["Rue Haute 1", "1000 Bruxelles"],
    "may_manage": True,
}


def knows(gateway: Gateway, *, invoices: list[dict[str, Any]]) -> str:
    organisation_id = new_id()
    path = f"/organisations/{organisation_id}"
    head = {"id": str(organisation_id), "enterprise_number": "0123456749", "name": "Agence du Parc", "manager": True,
            "logo": None, "cover": None, "is_closed": False}  # fmt: skip
    gateway.peers["organisation"].answers[f"GET /api{path}"] = (200, head)
    years = [2026, 2025] if invoices else []
    listed = {"years": years, "year": 2026, "invoices": invoices, "may_manage": True}
    gateway.peers["wallet"].answers |= {
        f"GET /api/wallets/{organisation_id}/invoices": (200, listed),
        f"GET /api/wallets/{organisation_id}/billing": (200, BILLING),
        f"PUT /api/wallets/{organisation_id}/billing": (200, BILLING),
    }
    return f"{path}/wallet/invoices"


async def test_invoices_are_listed_by_year_with_their_files(gateway: Gateway) -> None:
    gateway.sign_in()
    note = {**INVOICE, "kind": "credit-note", "number": "2026-000413", "credits_number": "2026-000412"}
    path = knows(gateway, invoices=[note, INVOICE])
    page = await gateway.http.get(path)
    assert page.status_code == 200
    text = text_of(page)
    for expected in ("2026-000412", "€22.99", "Sent", "Credit note of 2026-000412", "2025", "Rue Haute 1"):
        assert expected in text
    assert f'href="{path}/{INVOICE["id"]}.pdf?number=2026-000412"' in page.text
    assert f'href="{path}?year=2025"' in page.text


async def test_a_year_is_downloaded_as_a_file_with_the_name_of_the_organisation(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, invoices=[INVOICE])
    assert f'href="{path}.csv?year=2026"' in (await gateway.http.get(path)).text
    api = "/api/wallets/" + path.split("/")[2]
    gateway.peers["wallet"].answers[f"GET {api}/invoices.csv"] = (200, None)
    sent = await gateway.http.get(f"{path}.csv?year=2026")
    assert sent.status_code == 200
    assert 'filename="invoices-agence-du-parc-2026.csv"' in sent.headers["content-disposition"]
    assert gateway.peers["wallet"].asked[-1].url.query == b"year=2026"


async def test_a_wallet_without_invoices_says_when_the_first_one_comes(gateway: Gateway) -> None:
    gateway.sign_in()
    page = await gateway.http.get(knows(gateway, invoices=[]))
    assert "No invoices yet" in text_of(page)


async def test_what_is_to_stand_on_invoices_is_saved(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, invoices=[])
    saved = await gateway.post(f"{path}/billing", {"reference": "Purchases", "peppol_id": ""})
    assert saved.status_code == 303
    assert saved.headers["location"].endswith("/wallet/invoices?saved=1#billing")
    [sent] = [one for one in gateway.peers["wallet"].asked if one.method == "PUT"]
    assert b'"reference":"Purchases"' in sent.content.replace(b" ", b"")


async def test_digits_of_other_scripts_do_not_get_into_the_name_of_a_file(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway, invoices=[INVOICE])
    api = path.replace("/organisations/", "/api/wallets/").replace("/wallet/invoices", "/invoices")
    gateway.peers["wallet"].answers[f"GET {api}/{INVOICE['id']}.xml"] = (200, {})
    gateway.peers["wallet"].answers[f"GET {api}.csv"] = (200, {})
    download = await gateway.http.get(f"{path}/{INVOICE['id']}.xml", params={"number": "٢٠٢٦-٠٠٠٤١٢"})
    assert (download.status_code, INVOICE["id"] in download.headers["content-disposition"]) == (200, True)
    assert (await gateway.http.get(f"{path}.csv", params={"year": "٢٠٢٦"})).status_code == 200
