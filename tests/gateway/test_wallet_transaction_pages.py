"""The transactions of a wallet on screen: what is asked of the wallet service, and what is made of its answers."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.wallet.pictures import HEIGHT, WIDTH, bars_of, ceiling, curve_of
from services.gateway.wallet.transactions import file_name
from shared.i18n import LANGUAGES
from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of

ROW: dict[str, Any] = {
    "id": "0195a7c0-0000-7000-8000-000000000009",
    "number": 12,
    "kind": "charge",
    "tool_id": "finder",
    "tool_name": "Finder",
    "description": "Extract <b>7</b>",
    "amount_cents": -2_299,
    "vat_cents": 399,
    "balance_before_cents": 10_000,
    "balance_after_cents": 7_701,
    "state": "completed",
    "at": "2026-03-29T10:00:00+00:00",
    "account_id": None,
}
PENDING = {**ROW, "id": str(new_id()), "number": None, "kind": "top-up", "tool_id": None, "tool_name": "", "vat_cents": None,
           "amount_cents": 5_000, "balance_before_cents": None, "balance_after_cents": None, "state": "pending"}  # fmt: skip
FOUND: dict[str, Any] = {
    "transactions": [ROW, PENDING],
    "next": "0.1.2",
    "previous": None,
    "searched_until": None,
    "tools": [{"id": "finder", "name": "Finder"}],
    "unit": "EUR",
}
DAYS = [{"day": f"2026-03-{at:02}", "balance_cents": 10_000 - at * 100} for at in range(1, 31)]
SPENT = {
    "months": [f"2026-{at:02}-01" for at in range(1, 13)],
    "tools": [{"tool_id": "finder", "tool_name": "Finder", "spent_cents": [0] * 11 + [2_299]}],
    "is_complete": True,
    "unit": "EUR",
}


def knows(gateway: Gateway, **found: Any) -> str:
    """Organisation and wallet answer; the path of the list."""
    organisation_id = new_id()
    path = f"/organisations/{organisation_id}"
    head = {"id": str(organisation_id), "enterprise_number": "0123456749", "name": "Agence du Parc & Fils", "manager": True,
            "logo": None, "cover": None, "is_closed": False}  # fmt: skip
    gateway.peers["organisation"].answers[f"GET /api{path}"] = (200, head)
    api = f"GET /api/wallets/{organisation_id}"
    gateway.peers["wallet"].answers |= {
        f"{api}/transactions": (200, {**FOUND, **found}),
        f"{api}/balance-over-time": (200, {"days": DAYS, "unit": "EUR"}),
        f"{api}/spending": (200, SPENT),
    }
    return f"{path}/wallet/transactions"


def asked(gateway: Gateway, path: str) -> dict[str, str]:
    """The query of the last request whose path ends so."""
    found = [request for request in gateway.peers["wallet"].asked if request.url.path.endswith(path)]
    return dict(found[-1].url.params)


async def test_the_list_shows_what_the_wallet_tells(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway)
    page = await gateway.http.get(path)
    text = text_of(page)
    assert page.status_code == 200
    assert "Extract &lt;b&gt;7&lt;/b&gt;" in page.text
    for expected in (
        "-€22.99",
        "€100.00",
        "€77.01",
        "+€50.00",
        "Use of a tool",
        "Finder",
        "Pending",
        "Spending per tool",
    ):
        assert expected in text
    assert page.text.count("/receipt") == 1, "there is a receipt of what is completed only"
    assert f"{path}?after=0.1.2#list" in page.text
    assert 'aria-sort="descending"' in page.text
    assert asked(gateway, "/transactions") == {"sort": "date", "order": "desc", "limit": "25"}


@pytest.mark.parametrize("manager", [True, False])
async def test_managers_read_in_the_list_who_did_it_of_their_colleagues(gateway: Gateway, manager: bool) -> None:
    gateway.sign_in()
    colleague, stranger = new_id(), new_id()
    rows = [{**ROW, "account_id": str(colleague)}, {**ROW, "account_id": str(stranger)}]
    path = knows(gateway, transactions=rows)
    organisation_id = UUID(path.split("/")[2])
    status, head = gateway.peers["organisation"].answers[f"GET /api/organisations/{organisation_id}"]
    head["manager"] = manager
    async with gateway.app.at.database.transaction() as db:
        await db.execute("INSERT INTO organisation VALUES ($1, '0123456749', 'Immo Dyle')", organisation_id)
        for account_id, name in ((colleague, "Greet"), (stranger, "Somebody")):
            await db.execute("INSERT INTO account VALUES ($1, $2, 'Maes', 'nl', 'active')", account_id, name)
        await db.execute("INSERT INTO employee VALUES ($1, $2, 'active', false)", colleague, organisation_id)
    text = text_of(await gateway.http.get(path))
    assert status == 200
    assert ("Greet Maes" in text) == manager
    assert "Somebody" not in text


async def test_filters_stand_in_the_address_and_can_be_taken_away(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway)
    query = {"q": "bac", "kind": "charge", "from": "2026-01-01", "sort": "amount", "until": "", "bogus": "1"}
    page = await gateway.http.get(path, params=query)
    given = {"q": "bac", "kind": "charge", "from": "2026-01-01"}
    assert asked(gateway, "/transactions") == {**given, "sort": "amount", "order": "asc", "limit": "25"}
    assert asked(gateway, "/balance-over-time") == {"unit": "EUR", "from": "2026-01-01"}
    for chip in ("With “bac”", "From 1 January 2026", "Clear all filters"):
        assert chip in text_of(page)
    assert f'href="{path}?sort=amount"' in page.text, "clearing keeps the order"
    assert f'href="{path}.csv?q=bac&amp;kind=charge&amp;from=2026-01-01&amp;sort=amount"' in page.text
    assert f'href="{path}?kind=charge&amp;from=2026-01-01&amp;sort=amount"' in page.text


@pytest.mark.parametrize(
    ("query", "found", "expected"),
    [
        ("", {"transactions": [], "next": None}, "No transactions yet"),
        ("?q=x", {"transactions": [], "next": None}, "No transaction fits these filters."),
        ("?q=x", {"transactions": [], "searched_until": "2026-01-01T10:00:00+00:00"}, "Search further"),
        ("?after=0.1.2", {"previous": "0.1.3"}, "To the first page"),
    ],
)
async def test_what_is_not_there_is_said(gateway: Gateway, query: str, found: dict[str, Any], expected: str) -> None:
    gateway.sign_in()
    page = await gateway.http.get(knows(gateway, **found) + query)
    assert expected in text_of(page)


async def test_a_refusal_stands_at_its_field_and_a_file_that_cannot_be_leads_back_to_the_list(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway)
    detail = "An Excel file holds up to 50000 transactions."
    problem = {
        "code": "too-many-for-xlsx",
        "detail": detail,
        "errors": [{"field": "until", "code": "x", "detail": detail}],
    }
    api = f"GET /api/wallets{path.removeprefix('/organisations').removesuffix('/wallet/transactions')}/transactions"
    gateway.peers["wallet"].answers[f"{api}.xlsx"] = (422, problem)
    page = await gateway.http.get(f"{path}.xlsx?kind=charge")
    assert page.status_code == 422
    assert 'href="#f-until"' in page.text
    assert detail in text_of(page)


async def test_files_are_called_after_the_organisation_and_the_period(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway)
    api = f"GET /api/wallets{path.removeprefix('/organisations').removesuffix('/wallet/transactions')}/transactions"
    gateway.peers["wallet"].answers |= {f"{api}.{kind}": (200, "content") for kind in ("csv", "xlsx")}
    for kind in ("csv", "xlsx"):
        answer = await gateway.http.get(f"{path}.{kind}?from=2026-01-01&until=2026-03-31")
        name = f"transactions-agence-du-parc-fils-2026-01-01-2026-03-31.{kind}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_one_transaction_says_who_and_what_belongs_to_it(gateway: Gateway, language: str) -> None:
    gateway.sign_in()
    gateway.http.cookies.set("immo_language", language, domain="127.0.0.1")
    path, account_id = knows(gateway), new_id()
    wallet = f"GET /api/wallets/{path.split('/')[2]}/transactions/{ROW['id']}"
    refund = {**ROW, "id": str(new_id()), "number": 13, "kind": "refund", "amount_cents": 2_299}
    gateway.peers["wallet"].answers[wallet] = (200, {
        "transaction": {**ROW, "account_id": str(account_id)}, "vat_rate_bp": 2_100, "plan_id": None, "reason": None,
        "related": [refund], "unit": "EUR"})  # fmt: skip
    people = f"GET /api/organisations/{path.split('/')[2]}/employees/{account_id}"
    gateway.peers["organisation"].answers[people] = (200, {"name": "Bram Claes", "email": "b@x.example"})
    page = await gateway.http.get(f"{path}/{ROW['id']}")
    assert page.status_code == 200
    text = text_of(page)
    for expected in ("Bram Claes", "(21 %)", ROW["id"], "13"):
        assert expected in text
    assert page.text.count('/receipt"') == 2


async def test_the_list_is_there_without_its_pictures(gateway: Gateway) -> None:
    gateway.sign_in()
    path = knows(gateway)
    for name in [name for name in gateway.peers["wallet"].answers if name.endswith(("over-time", "spending"))]:
        del gateway.peers["wallet"].answers[name]
    page = await gateway.http.get(path)
    assert page.status_code == 200
    assert "Extract" in page.text
    assert "<figure" not in page.text


@pytest.mark.parametrize(
    ("cents", "expected"),
    [(0, 100), (1, 100), (100, 100), (101, 200), (2_001, 2_500), (2_501, 5_000), (999_999, 1_000_000)],
)
def test_scales_end_at_round_numbers(cents: int, expected: int) -> None:
    assert ceiling(cents) == expected


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40))
def test_the_curve_stays_in_its_frame(cents: list[int]) -> None:
    days = [(date(2026, 1, 1) + timedelta(days=at), one) for at, one in enumerate(cents)]
    curve = curve_of(days)
    assert curve.bottom_cents <= min(0, *cents) <= max(0, *cents) <= curve.top_cents
    heights = [float(part) for step in curve.line.removeprefix("M0 ").split("V") for part in step.split("H")[:1]]
    assert all(0 <= height <= HEIGHT for height in heights)
    assert curve.line.endswith(f"H{WIDTH}")
    assert curve.days[0][1] == cents[0]


@given(st.lists(st.lists(st.integers(-1_000, 10**8), min_size=12, max_size=12), max_size=5))
def test_bars_stand_on_each_other_and_stay_in_their_frame(tools: list[list[int]]) -> None:
    found = bars_of(tools)
    assert all(
        bar.y >= -0.2 and bar.y + bar.height <= HEIGHT + 0.2 and bar.x + bar.width <= WIDTH for bar in found.bars
    )
    assert len(found.bars) == sum(cents > 0 for tool in tools for cents in tool)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Agence du Parc & Fils", "agence-du-parc-fils"), ("Übersee „Büro“", "ubersee-buro"), ("房地产", "wallet")],
)
def test_a_files_name_is_plain(name: str, expected: str) -> None:
    assert file_name(name) == expected
