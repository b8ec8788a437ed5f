"""Invoices over HTTP: who reads them, who says what stands on them, and what operators do."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.wallet.invoices.consumers import on_organisation_changed, on_organisation_created
from services.wallet.invoices.store import find_party
from shared.events.organisation import OrganisationAddress, OrganisationChanged, OrganisationCreated
from shared.ids import new_id
from tests.conftest import ClientOf
from tests.support.apps import App
from tests.support.mint import Headers, Mint
from tests.wallet.billing import NUMBER, Books
from tests.wallet.book import add_manager


class Office:
    """An organisation with one invoice and a manager."""

    def __init__(self, app: App, books: Books, wallet_id: UUID, manager: Headers) -> None:
        self.app, self.books, self.wallet_id, self.manager = app, books, wallet_id, manager
        self.path = f"/api/wallets/{wallet_id}"

    async def get(self, path: str, *, headers: Headers | None = None, expect: int = 200) -> Any:
        answer = await self.app.http.get(self.path + path, headers=headers or self.manager)
        assert answer.status_code == expect, answer.text
        return answer

    async def put(self, body: dict[str, str], *, headers: Headers | None = None, expect: int = 200) -> Any:
        answer = await self.app.http.put(f"{self.path}/billing", json=body, headers=headers or self.manager)
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest_asyncio.fixture
async def office(client_of: ClientOf, mint: Mint) -> Office:
    app = await client_of("wallet")
    books = Books(app.at.database)
    wallet_id = await books.open()
    await books.use(wallet_id)
    await books.run()
    async with app.at.database.transaction() as db:
        manager = await add_manager(db, wallet_id)
    return Office(app, books, wallet_id, mint.person(manager))


async def test_a_manager_lists_invoices_and_downloads_them_as_pdf_and_as_ubl(office: Office) -> None:
    listed = (await office.get("/invoices")).json()
    assert (listed["years"], listed["year"], listed["may_manage"]) == ([2040], 2040, True)
    [one] = listed["invoices"]
    assert (one["number"], one["state"], one["net_cents"], one["vat_cents"]) == ("2040-000001", "issued", 1_900, 399)
    pdf = await office.get(f"/invoices/{one['id']}.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "2040-000001.pdf" in pdf.headers["content-disposition"]
    xml = await office.get(f"/invoices/{one['id']}.xml")
    assert xml.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert "Agence du Parc &amp; Co" in xml.text
    assert (await office.get("/invoices?year=2039")).json()["invoices"] == []


async def test_a_year_is_a_file_for_who_keeps_the_books(office: Office, mint: Mint) -> None:
    charged = await office.books.use(office.wallet_id)
    await office.books.run(1)
    await office.books.give_back(office.wallet_id, charged, 2_299)
    await office.books.run(2)
    english = {**office.manager, "accept-language": "en"}
    answer = await office.get("/invoices.csv?year=2040", headers=english)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="invoices-2040.csv"' in answer.headers["content-disposition"]
    header, *rows = answer.text.removeprefix("\ufeff").splitlines()
    assert header == "Number;Type;Date;Month;Credits invoice;Total excl. VAT;VAT;Total incl. VAT;Currency"
    assert [row.split(";")[:2] for row in rows] == [
        ["2040-000001", "Invoice"],
        ["2040-000002", "Invoice"],
        ["2040-000003", "Credit note"],
    ]
    assert rows[0].endswith(";;19,00;3,99;22,99;EUR")
    assert rows[2].endswith(";2040-000002;-19,00;-3,99;-22,99;EUR")
    assert (await office.get("/invoices.csv?year=2039")).text.count("\n") == 1
    assert (await office.get("/invoices.csv", headers=mint.person(new_id()), expect=404)).json()["code"]


async def test_invoices_of_others_are_not_there(office: Office, mint: Mint) -> None:
    [one] = (await office.get("/invoices")).json()["invoices"]
    stranger = mint.person(new_id())
    for path in ("/invoices", f"/invoices/{one['id']}.pdf", f"/invoices/{one['id']}.xml", "/billing"):
        assert (await office.get(path, headers=stranger, expect=404)).json()["code"] == "wallet-not-found"
    other = await office.books.open()
    async with office.app.at.database.transaction() as db:
        elsewhere = mint.person(await add_manager(db, other))
    answer = await office.app.http.get(f"/api/wallets/{other}/invoices/{one['id']}.pdf", headers=elsewhere)
    assert (answer.status_code, answer.json()["code"]) == (404, "invoice-not-found")


async def test_what_a_manager_says_stands_on_the_next_invoice(office: Office, mint: Mint) -> None:
    before = (await office.get("/billing")).json()
    assert (before["enterprise_number"], before["address"]) == (NUMBER, ["Rue Haute 1", "1000 Bruxelles"])
    said = {"reference": "Sales", "purchase_order": "PO-7", "peppol_id": "0208:0999999922", "language": "de"}
    saved = await office.put(said)
    assert {name: saved[name] for name in said} == said
    await office.books.use(office.wallet_id)
    await office.books.run(1)
    [_, later] = await office.books.documents(office.wallet_id)
    for text in (">Sales<", ">PO-7<", 'schemeID="0208">0999999922<', "Nutzung von cadastrefinder"):
        assert text in later["xml"]
    async with office.app.at.database.transaction() as db:
        employee = mint.person(await add_manager(db, office.wallet_id, manager=False))
    assert (await office.put(said, headers=employee, expect=403))["code"] == "not-a-manager"


@pytest.mark.parametrize("peppol_id", ["0123456749", "0208:0123456748", "9925:BE0123456749", "0208:12", "0088:123"])
async def test_an_identifier_that_would_break_the_rules_is_refused(office: Office, peppol_id: str) -> None:
    problem = await office.put({"peppol_id": peppol_id}, expect=422)
    assert problem["errors"][0]["field"] == "peppol_id"


async def test_an_operator_sees_how_invoices_are_doing_runs_and_sends_them_again(office: Office, mint: Mint) -> None:
    async def call(method: str, path: str, body: Any = None) -> Any:
        operator = mint.peer("operator", "wallet")
        return await office.app.http.request(method, f"/internal/wallet/invoices/{path}", json=body, headers=operator)

    status = (await call("GET", "status")).json()
    assert status["states"] == {"issued": 1}
    assert status["faults"] == []
    assert (status["months"][0]["invoices"], status["months"][0]["total_cents"]) == (1, 2_299)
    assert (await call("POST", "run", {})).json()["documents"] == 0
    refused = await call("POST", "run", {"month": "2089-01"})
    assert (refused.status_code, refused.json()["code"]) == (422, "month-not-over")
    assert (await call("POST", "resend", {"number": "2040-000001"})).json() == {"asked": 1}
    assert (await call("POST", "resend", {"number": "2040-000002"})).status_code == 404


async def test_whom_invoices_go_to_is_learned_from_events_and_an_older_one_changes_nothing(office: Office) -> None:
    organisation_id, by = new_id(), new_id()
    about: dict[str, Any] = {"organisation_id": organisation_id}
    seat = OrganisationAddress(street="Kerkstraat", number="3", postal_code="9000", city="Gent")
    created = OrganisationCreated(**about, enterprise_number=NUMBER, name="Lys", created_by=by, address=seat, version=1)
    changed = OrganisationChanged(
        **about,
        name="Lys Beheer",
        changed_by=by,
        address=seat,
        billing_address=seat.model_copy(update={"box": "2"}),
        languages=("nl",),
        version=5,
    )
    older = OrganisationChanged(**about, name="Lys", changed_by=by, version=4)
    keyring = office.app.at.keyring
    async with office.app.at.database.transaction() as db:
        await on_organisation_created(db, created, keyring)
        await on_organisation_changed(db, changed, keyring)
        await on_organisation_changed(db, older, keyring)
        party = await find_party(db, organisation_id)
    assert party is not None
    assert (party.name, party.enterprise_number, list(party.languages)) == ("Lys Beheer", NUMBER, ["nl"])
    assert party.billing_address is not None
    assert party.billing_address["box"] == "2"
