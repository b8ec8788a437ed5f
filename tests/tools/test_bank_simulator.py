"""The bank of the outside world: its statements are ones that the wallet reads, each leads on from the one before."""

import re

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from services.wallet.bank.coda import parse
from services.wallet.seller import DEMO_SELLER
from tests.tools.conftest import WorldProcess

STRUCTURED = "+++000/1000/00027+++"


def transfer(http: httpx.Client, amount_cents: int, communication: str) -> None:
    body = {"amount_cents": amount_cents, "communication": communication, "payer_name": "Agence Ågård"}
    assert http.post("/bank/transfers", json=body).status_code == 201


def statement(http: httpx.Client) -> bytes:
    name = http.post("/bank/statements").json()["name"]
    return http.get(f"/bank/statements/{name}").content


def test_the_wallet_reads_the_statements_of_the_bank(http: httpx.Client) -> None:
    transfer(http, 12_550, STRUCTURED)
    transfer(http, 7_500, "for the wallet of Agence du Parc, as we said on the telephone " + "x" * 70)
    (told,) = parse(statement(http))
    assert (told.account_iban, told.currency) == (DEMO_SELLER.iban, "EUR")
    first, second = told.movements
    assert (first.amount_cents, first.structured, first.counterparty_name) == (12_550, "000100000027", "Agence Ågård")
    assert (second.structured, second.counterparty_iban) == (None, "BE71096123456769")
    assert second.free_text.startswith("for the wallet of Agence du Parc, as we said on the telephone xxx")


def test_a_statement_leads_on_from_the_one_before(http: httpx.Client) -> None:
    transfer(http, 100, "one")
    (before,) = parse(statement(http))
    transfer(http, 200, "two")
    (after,) = parse(statement(http))
    assert after.opening_cents == before.closing_cents
    assert [one.free_text for one in after.movements] == ["two"]


def test_where_nothing_came_in_there_is_no_statement(http: httpx.Client) -> None:
    http.post("/bank/statements")
    assert http.post("/bank/statements").json() == {"name": None}
    assert http.get("/bank/statements/2020-01-01-0001.cod").status_code == 404


@pytest.mark.parametrize("amount", ["", "-5", "NaN", "1e30", "ten", "0"])
def test_what_is_no_amount_is_not_transferred(http: httpx.Client, amount: str) -> None:
    answer = http.post("/bank?lang=en", data={"amount": amount or " ", "communication": STRUCTURED})
    assert "no amount of euros" in http.get(answer.headers["location"]).text


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
async def test_somebody_pays_by_transfer_on_the_page(
    chromium: Browser, world: WorldProcess, scheme: str, width: int
) -> None:
    context = await chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="de-BE")
    page = await context.new_page()
    await page.goto(f"{world.url}/bank")
    await page.locator('[name="amount"]').fill("62,50")
    await page.locator('[name="communication"]').fill(STRUCTURED)
    await page.locator("button.strong").click()
    await page.locator('form[action^="/bank/statement"] button').click()
    name = await page.locator('a[href^="/bank/statements/"]').first.inner_text()
    assert re.fullmatch(r"[0-9-]+\.cod", name)
    assert (await Axe().run(page)).response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    downloaded = await context.request.get(f"{world.url}/bank/statements/{name}")
    (told,) = parse(await downloaded.body())
    await context.close()
    assert [one.amount_cents for one in told.movements][-1] == 6_250
