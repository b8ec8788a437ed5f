"""The wallet's own pages: at a glance, who sees it, money between one's organisations; and support's."""

from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.gateway.conftest import Gateway, text_of

NUMBER = "0123456749"
ACCOUNT: dict[str, Any] = {
    "balance_cents": 5_000,
    "held_cents": 0,
    "available_cents": 5_000,
    "low_threshold_cents": 1_000,
    "is_low": False,
    "is_frozen": False,
    "may_manage": True,
    "credits": [{"tool_id": "kft", "balance": 7, "available": 7}],
    "minimum_top_up_cents": 5_000,
}


class Desk:
    """An organisation that the person manages, its wallet, and another organisation of theirs."""

    def __init__(self, gateway: Gateway, account_id: UUID, here: UUID, other: UUID) -> None:
        self.gateway, self.account_id, self.here, self.other = gateway, account_id, here, other
        self.path, self.api = f"/organisations/{here}/wallet", f"/api/wallets/{here}"

    @property
    def wallet(self) -> dict[str, Any]:
        return self.gateway.peers["wallet"].answers

    def asked(self, method: str) -> list[str]:
        return [one.url.path for one in self.gateway.peers["wallet"].asked if one.method == method]


async def desk(gateway: Gateway, *, manager: bool = True) -> Desk:
    account_id, here, other = gateway.sign_in(), new_id(), new_id()
    async with gateway.app.at.database.transaction() as db:
        for organisation_id, name in ((here, "Immo Dyle"), (other, "Lys Beheer")):
            await db.execute("INSERT INTO organisation VALUES ($1, $2, $3)", organisation_id, NUMBER, name)
            await db.execute("INSERT INTO employee VALUES ($1, $2, 'active', $3)", account_id, organisation_id, manager)
    made = Desk(gateway, account_id, here, other)
    head = {"id": str(here), "enterprise_number": NUMBER, "name": "Immo Dyle", "is_closed": False, "manager": manager,
            "logo": None, "cover": None}  # fmt: skip
    gateway.peers["organisation"].answers[f"GET /api/organisations/{here}"] = (200, head)
    made.wallet[f"GET {made.api}"] = (200, ACCOUNT)
    made.wallet[f"GET {made.api}/transactions"] = (200, {"transactions": [], "after": None})
    made.wallet[f"GET {made.api}/plans"] = (200, {"plans": []})
    made.wallet[f"GET {made.api}/viewers"] = (200, {"viewers": []})
    made.wallet[f"GET {made.api}/record"] = (200, {"entries": []})
    return made


async def test_the_overview_says_what_is_in_the_wallet(gateway: Gateway) -> None:
    here = await desk(gateway)
    page = await gateway.http.get(here.path)
    text = text_of(page)
    assert page.status_code == 200
    assert "€50.00" in text
    assert "Credits for kft 7" in text
    assert f'href="{here.path}/transactions?unit=credits/kft"' in page.text
    assert "Nothing has happened in this wallet yet" in text
    assert f'href="{here.path}/transfer"' in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_frozen": True}, "This wallet is frozen"),
        ({"is_frozen": True, "balance_cents": -4_000}, "there is €40.00 too little"),
    ],
)
async def test_a_frozen_wallet_says_so_and_what_to_do(gateway: Gateway, changes: dict[str, Any], words: str) -> None:
    here = await desk(gateway)
    here.wallet[f"GET {here.api}"] = (200, {**ACCOUNT, **changes})
    text = text_of(await gateway.http.get(here.path))
    assert words in text
    assert "Write to support" in text


async def test_who_is_let_see_the_wallet_has_its_tab_and_nothing_to_decide(gateway: Gateway) -> None:
    here = await desk(gateway, manager=False)
    here.wallet[f"GET {here.api}"] = (200, {**ACCOUNT, "may_manage": False})
    assert f'href="{here.path}"' not in (await gateway.http.get(f"/organisations/{here.here}/wallet/nowhere")).text
    async with gateway.app.at.database.acquire() as db:
        await db.execute("INSERT INTO wallet_viewer VALUES ($1, $2)", here.here, here.account_id)
    page = await gateway.http.get(here.path)
    assert f'href="{here.path}"' in page.text
    assert f'href="{here.path}/top-up"' in page.text
    for path in ("/settings", "/transfer"):
        assert f'href="{here.path}{path}"' not in page.text


async def test_a_transfer_is_shown_before_it_happens_and_happens_by_one_key(gateway: Gateway) -> None:
    here = await desk(gateway)
    fields = {"to": str(here.other), "amount": "20,50", "description": ""}
    page = await gateway.post(f"{here.path}/transfer/check", fields)
    text = text_of(page)
    assert "Transfer €20.50 to Lys Beheer?" in text
    assert "€29.50 stays in the wallet of Immo Dyle" in text
    assert here.asked("POST") == []
    key = page.text.split('name="key" value="')[1].split('"')[0]
    transfer_id = str(new_id())
    here.wallet[f"POST {here.api}/transfers"] = (201, {"transfer_id": transfer_id})
    done = await gateway.post(f"{here.path}/transfers", {**fields, "key": key})
    assert done.headers["location"] == f"{here.path}/transfers/{transfer_id}"
    assert gateway.peers["wallet"].body_of_last() == {
        "to": str(here.other),
        "amount_cents": 2_050,
        "description": "Immo Dyle → Lys Beheer",
        "key": key,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "a lot"}, "Enter an amount"),
        ({"amount": "50,01"}, "€50.00 can be spent"),
        ({"to": "0195a7c0-0000-7000-8000-000000000009"}, "Choose the organisation"),
        ({"to": ""}, "Choose the organisation"),
    ],
)
async def test_a_transfer_that_cannot_be_is_said_at_its_field(
    gateway: Gateway, changes: dict[str, str], words: str
) -> None:
    here = await desk(gateway)
    fields = {"to": str(here.other), "amount": "20", **changes}
    page = await gateway.post(f"{here.path}/transfer/check", fields)
    assert page.status_code == 422
    assert words in text_of(page)


async def test_a_refusal_of_the_service_stands_in_the_form(gateway: Gateway) -> None:
    here = await desk(gateway)
    here.wallet[f"POST {here.api}/transfers"] = (402, {"code": "balance-short", "detail": "The wallet is short."})
    page = await gateway.post(
        f"{here.path}/transfers", {"to": str(here.other), "amount": "20", "description": "x", "key": "12345678"}
    )
    assert page.status_code == 402
    assert "The wallet is short." in text_of(page)


async def test_a_transfer_of_which_nobody_knows_whether_it_was_made_is_sent_again_with_the_same_key(
    gateway: Gateway,
) -> None:
    here = await desk(gateway)
    here.wallet[f"GET {here.api}"] = (200, {**ACCOUNT, "available_cents": 0})
    here.wallet[f"POST {here.api}/transfers"] = (503, {"code": "busy", "detail": "Try again."})
    fields = {"to": str(here.other), "amount": "20", "description": "x", "key": "the-first-key"}
    page = await gateway.post(f"{here.path}/transfers", fields)
    assert page.status_code == 503
    assert "Try again." in text_of(page)
    assert 'name="key" value="the-first-key"' in page.text


@pytest.mark.parametrize("typed", ["9" * 5_000, "1" + ".000" * 2_000, "1" + " 000" * 2_000, "٧٥"])
async def test_no_amount_is_too_long_to_be_refused(gateway: Gateway, typed: str) -> None:
    here = await desk(gateway)
    here.wallet[f"GET {here.api}/top-ups"] = (200, {"top_ups": [], "methods": ["visa"], "preferred_method": "visa"})
    transfer = {
        "beneficiary": "x",
        "iban": "BE65999001234596",
        "bic": "x",
        "communication": "x",
        "amount_cents": None,
        "epc": "x",
    }
    here.wallet[f"GET {here.api}/bank-transfer"] = (200, transfer)
    tries = [
        ("/transfer/check", {"to": str(here.other), "amount": typed}),
        ("/top-ups", {"amount": typed, "method": "visa"}),
        ("/top-ups", {"amount": "other", "amount_other": typed, "method": "visa"}),
        ("/settings/threshold", {"threshold": typed}),
    ]
    for path, fields in tries:
        assert (await gateway.post(here.path + path, fields)).status_code == 422, path
    assert here.asked("POST") == []
    assert here.asked("PUT") == []


async def test_a_top_up_of_another_organisation_is_not_shown_as_one_of_this(gateway: Gateway) -> None:
    here = await desk(gateway)
    top_up_id = new_id()
    found = {"id": str(top_up_id), "organisation_id": str(here.other), "state": "pending", "method": "visa"}
    here.wallet[f"GET /api/top-ups/{top_up_id}"] = (200, found)
    for path in ("", "/live", "/cancel"):
        assert (await gateway.http.get(f"{here.path}/top-ups/{top_up_id}{path}")).status_code == 404


async def test_a_manager_finds_an_employee_and_lets_them_see_the_wallet(gateway: Gateway) -> None:
    here = await desk(gateway)
    greet = str(new_id())
    person = {"account_id": greet, "name": "Greet Verlinden", "email": "greet@dyle.example", "type": "employee",
              "state": "active", "manager": False}  # fmt: skip
    boss = {**person, "account_id": str(new_id()), "name": "Greet Maes", "manager": True}
    gateway.peers["organisation"].answers[f"GET /api/organisations/{here.here}/employees"] = (
        200,
        {"employees": [person, boss], "next": None, "total": 2, "awaiting": 0},
    )
    page = await gateway.http.get(f"{here.path}/settings?q=greet")
    assert "Greet Verlinden" in page.text
    assert "Greet Maes" not in page.text
    here.wallet[f"PUT {here.api}/viewers/{greet}"] = (204, None)
    assert (await gateway.post(f"{here.path}/settings/viewers/{greet}/allow")).status_code == 303
    here.wallet[f"DELETE {here.api}/viewers/{greet}"] = (204, None)
    assert (await gateway.post(f"{here.path}/settings/viewers/{greet}/dismiss")).status_code == 303


@pytest.mark.parametrize(("typed", "cents"), [("75", 7_500), ("62,50", 6_250), ("", 0), ("0", 0)])
async def test_the_threshold_is_saved_in_cents(gateway: Gateway, typed: str, cents: int) -> None:
    here = await desk(gateway)
    here.wallet[f"PUT {here.api}/threshold"] = (204, None)
    assert (await gateway.post(f"{here.path}/settings/threshold", {"threshold": typed})).status_code == 303
    assert gateway.peers["wallet"].body_of_last() == {"threshold_cents": cents}
    wrong = await gateway.post(f"{here.path}/settings/threshold", {"threshold": "much"})
    assert wrong.status_code == 422


def supported(organisation_id: UUID) -> dict[str, Any]:
    return {
        "organisation_id": str(organisation_id),
        "closed": False,
        "frozen_at": None,
        "low_threshold_cents": 1_000,
        "limit_cents": 10_000,
        "limit_credits": 5,
        "wallets": [{"unit": "EUR", "balance_cents": 5_000, "held_cents": 0, "available_cents": 5_000}],
        "lines": [],
        "adjustments": [],
        "entries": [],
    }


async def at_the_desk(gateway: Gateway) -> UUID:
    gateway.sign_in(acr="mfa", claims={"staff": "support"})
    organisation_id = new_id()
    async with gateway.app.at.database.transaction() as db:
        await db.execute("INSERT INTO organisation VALUES ($1, $2, 'Agence du Parc')", organisation_id, NUMBER)
    found = {"id": str(organisation_id), "enterprise_number": NUMBER, "name": "Agence du Parc", "closed_at": None}
    gateway.peers["organisation"].answers[f"GET /api/support/organisations/{organisation_id}"] = (200, found)
    wallet = gateway.peers["wallet"].answers
    wallet["GET /api/support/adjustments"] = (200, {"adjustments": []})
    wallet[f"GET /api/support/wallets/{organisation_id}"] = (200, supported(organisation_id))
    return organisation_id


async def test_support_finds_a_wallet_by_a_part_of_the_name(gateway: Gateway) -> None:
    organisation_id = await at_the_desk(gateway)
    page = await gateway.http.get("/support/wallets?q=du parc")
    assert f'href="/support/wallets/{organisation_id}"' in page.text
    assert "Agence du Parc" in (await gateway.http.get(f"/support/wallets/{organisation_id}")).text


async def test_support_takes_out_what_was_too_much_and_hears_that_a_colleague_has_to_agree(gateway: Gateway) -> None:
    organisation_id = await at_the_desk(gateway)
    path = f"/support/wallets/{organisation_id}/adjust"
    form = (await gateway.http.get(path)).text
    fields = {
        "id": form.split('name="id" value="')[1].split('"')[0],
        "unit": "EUR",
        "direction": "take",
        "amount": "250",
        "reason": "correction",
        "description": "Counted twice by the tool.",
    }
    api = f"/api/support/wallets/{organisation_id}/adjustments"
    gateway.peers["wallet"].answers[f"POST {api}"] = (201, {"state": "requested"})
    assert (await gateway.post(path, fields)).status_code == 303
    body = gateway.peers["wallet"].body_of_last()
    assert (body["id"], body["amount_cents"], body["unit"]) == (fields["id"], -25_000, "EUR")
    assert "a colleague has to agree" in text_of(await gateway.http.get(f"/support/wallets/{organisation_id}"))
    wrong = await gateway.post(path, {**fields, "unit": "credits/kft", "amount": "2,5"})
    assert wrong.status_code == 422


async def test_only_support_sees_the_wallets_of_others(gateway: Gateway) -> None:
    gateway.sign_in(acr="mfa")
    assert (await gateway.http.get("/support/wallets")).status_code == 403
