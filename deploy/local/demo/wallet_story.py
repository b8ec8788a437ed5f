"""What else a wallet does, after the main story: so that each of its screens, and of support's, has something on it."""

from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from deploy.local.demo.browser import Browser
from deploy.local.demo.people import Character, enterprise_number
from deploy.local.demo.story import Scene, Story
from deploy.local.operator import call
from deploy.local.stack import Stack

BELGIUM = ZoneInfo("Europe/Brussels")
PARCELS = ("21815A0001-00A000", "21815B0002-00A001")
LIMIT = "150"
"""In euros: more than one member of staff corrects alone."""


class WalletStory(Story):
    """The main story, and before its last scene those of the wallet."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack.url, stack.ports.url("demo-tool"), stack.ports.url("world"))
        self._stack = stack
        self.sofie = Character("Sofie", "Claes", Browser(self.origin))
        self.sam = Character("Sam", "Goris", Browser(self.origin))
        self.office_id = ""
        self._last_payment = ""

    def scenes(self) -> list[Scene]:
        *story, last = super().scenes()
        return [*story, *self._paying_in(), *self._spending(), *self._second_office(), *self._support(), last]

    def people(self) -> list[tuple[Character, str]]:
        """Who can be played on, and as what."""
        return [
            (self.ada, "manages the agency and a second office"),
            (self.sofie, "works in support"),
            (self.sam, "works in support, and is the second pair of eyes"),
        ]

    def _paying_in(self) -> list[Scene]:
        bank = ["WalletToppedUp", "MailSent"]
        return [
            Scene("Ada tops up by 500 EUR", lambda: self._pay("50000", "visa"), ["WalletToppedUp"]),
            Scene("another payment fails", lambda: self._pay("10000", "bancontact", "failed"), ["TopUpFailed"]),
            Scene("Ada transfers 125.50 EUR by bank; somebody forgets the communication", self._transfer_by_bank, bank),
        ]

    def _spending(self) -> list[Scene]:
        return [
            Scene("an extract is given back", self._give_back, ["WalletCharged", "WalletRefunded"]),
            Scene("the tool sets the price of one aside", lambda: self._set_aside(PARCELS[1]), ["ChargeReserved"]),
            Scene("Ada buys a plan of 20 uses", lambda: self._buy("20 extracts", "plan"), ["PlanBought"]),
            Scene("a use of the plan pays for an extract", lambda: self._extract("by-plan"), ["WalletCharged"]),
            Scene("Ada buys 10 credits", lambda: self._buy("10 aerial views", "credits"), ["CreditsBought"]),
            Scene("Ada lets Bram see the wallet", self._let_see, ["WalletViewerAllowed"]),
            Scene("the month is invoiced", self._invoice, ["InvoiceIssued", "MailSent"]),
        ]

    def _second_office(self) -> list[Scene]:
        frozen = ["WalletChargedBack", "WalletFrozen", "MailSent"]
        return [
            Scene("Ada opens a second office", self._open_office, ["OrganisationCreated", "WalletOpened"]),
            Scene("she moves 40 EUR from there to the agency", self._move_money, ["WalletTransferred"]),
            Scene("the bank takes a payment back: the office's wallet is frozen", self._take_back, frozen),
        ]

    def _support(self) -> list[Scene]:
        return [
            Scene("Sofie works in support", lambda: self._employ(self.sofie), ["EidLinked"]),
            Scene("Sam too", lambda: self._employ(self.sam), ["EidLinked"]),
            Scene(
                "Sofie corrects the wallet", lambda: self._correct("2.50", "Sorry for the trouble"), ["WalletAdjusted"]
            ),
            Scene("a larger correction waits for Sam", lambda: self._correct(LIMIT, "A charge of last year")),
            Scene("somebody pays another amount than was asked for", self._pay_wrong_amount, ["TopUpFailed"]),
        ]

    # Paying in.

    def _pay(self, amount: str, method: str, outcome: str = "paid", *, organisation_id: str = "") -> None:
        browser = self.ada.browser
        browser.open(f"/organisations/{organisation_id or self.organisation_id}/wallet/top-up")
        browser.submit("/wallet/top-ups", {"amount": amount, "method": method})
        self._last_payment = browser.path.rpartition("/")[2]
        browser.submit("/payments/checkout/", button=outcome)

    def _transfer_by_bank(self) -> None:
        """The bank's statement reaches the platform as a file."""
        said = self._wallet_api("GET", "bank-transfer")["communication"]
        self.world.transfer(amount_cents=12_550, communication=said, payer_name="ADA LINDEMAN")
        self.world.transfer(amount_cents=7_500, communication="wallet of the agency", payer_name="BRAM WOUTERS")
        name, content = self.world.bank_statement()
        call(self._stack, "PUT", "wallet", f"bank/files?{urlencode({'name': name})}", content=BytesIO(content))
        call(self._stack, "POST", "wallet", "bank/credit")
        self._balance_reaches(402 + 50_000 + 12_550)

    def _pay_wrong_amount(self) -> None:
        """The provider's report differs from what was asked: it is credited to nobody."""
        self.world.set_manners("payments", ["wrong-amount"])
        try:
            self._pay("10000", "mastercard")
        finally:
            self.world.set_manners("payments", [])

    # Spending.

    def _extract(self, order: str, parcel: str = PARCELS[0]) -> str:
        order_id = f"{self.ada.tag}-{order}"
        self.ada.browser.open(f"{self.tool}/parcels/{parcel}")
        self.ada.browser.submit("/extracts", {"order_id": order_id})
        return order_id

    def _give_back(self) -> None:
        self.start_tool(self.ada)
        order_id = self._extract("given-back")
        self.ada.browser.submit(f"/extracts/{order_id}/refund")

    def _set_aside(self, parcel: str) -> None:
        self.ada.browser.open(f"{self.tool}/parcels/{parcel}")
        self.ada.browser.submit("/reservations")

    def _buy(self, name: str, kind: str) -> None:
        (offer_id,) = (
            offer["offer_id"]
            for tool in self._wallet_api("GET", "offers")["tools"]
            if tool["tool_id"] == "cadastrefinder"
            for offer in tool["plans" if kind == "plan" else "credits"]
            if offer["names"]["en"] == name
        )
        browser = self.ada.browser
        browser.open(f"/organisations/{self.organisation_id}/wallet/plans")
        browser.follow(offer_id)
        browser.submit("/wallet/plans/buy")

    def _let_see(self) -> None:
        browser = self.ada.browser
        browser.open(f"/organisations/{self.organisation_id}/wallet/settings?q=Bram")
        browser.submit(f"/settings/viewers/{self.bram_account_id}/allow")

    def _invoice(self) -> None:
        """Of the month that runs: a demo does not wait for its end."""
        month = f"{datetime.now(BELGIUM):%Y-%m}"
        call(self._stack, "POST", "wallet", "wallet/invoices/run", {"month": month})

    # A second office.

    def _open_office(self) -> None:
        number = enterprise_number()
        browser = self.ada.browser
        browser.open("/organisations/find")
        browser.submit("/organisations/find", {"number": number})
        if "/organisations/new" not in browser.path:
            browser.follow("/organisations/new")
        mails = {"email": f"office.{self.ada.tag}@example.com", "employee.email": self.ada.email}
        browser.submit("/organisations/new", {**mails, "employee.type": "head"})
        self.office_id = browser.path.split("/")[2]
        self.wait_until(lambda: self._is_open(self.office_id), "the office has a wallet")

    def _move_money(self) -> None:
        self._pay("5000", "bancontact", organisation_id=self.office_id)
        self.wait_until(lambda: self._available_cents(self.office_id) == 5_000, "the office's wallet holds 50.00 EUR")
        browser = self.ada.browser
        browser.open(f"/organisations/{self.office_id}/wallet/transfer")
        browser.submit("/transfer/check", {"to": self.organisation_id, "amount": "40", "description": "Stamps"})
        browser.submit("/wallet/transfers")

    def _take_back(self) -> None:
        self.world.charge_back(self._last_payment)

    # Support.

    def _employ(self, person: Character) -> None:
        """Appointed before the card is linked: what one may do is told at a sign-in."""
        person.browser.open("/sign-in")
        self.sign_up(person)
        self.activate(person)
        call(self._stack, "PUT", "identity", f"staff/{person.username}", {})
        self.link_eid(person)
        self.wait_until(lambda: self._sees_desk(person), f"{person.first_name} sees the pages of support")

    def _correct(self, amount: str, why: str) -> None:
        browser = self.sofie.browser
        browser.open(f"/support/wallets/{self.organisation_id}/adjust")
        browser.submit("/adjust", {"amount": amount, "description": why})

    # Looking.

    def _sees_desk(self, person: Character) -> bool:
        return person.browser.call("GET", f"{self.origin}/support/wallets").ok

    def _is_open(self, organisation_id: str) -> bool:
        return self.ada.browser.call("GET", f"{self.origin}/organisations/{organisation_id}/wallet").ok

    def _available_cents(self, organisation_id: str) -> int:
        return self._wallet_api("GET", "", organisation_id=organisation_id)["available_cents"]

    def _balance_reaches(self, cents: int) -> None:
        self.wait_until(
            lambda: self._wallet_api("GET", "")["balance_cents"] == cents, f"the wallet holds {cents} cents"
        )

    def _wallet_api(self, method: str, path: str, *, organisation_id: str = "") -> Any:
        """As a script of Ada's own would call it, with the access token of her pages."""
        self.ada.browser.open("/organisations")  # renews the token where it is needed
        bearer = {"Authorization": f"Bearer {self.ada.browser.cookie('immo_access')}"}
        address = f"/api/wallets/{organisation_id or self.organisation_id}/{path}".rstrip("/")
        return self.ask(self.ada, method, address, headers=bearer)
