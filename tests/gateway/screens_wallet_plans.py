"""Plans and credits: what is held and offered, and what buying will do."""

from typing import Any

from services.gateway.wallet.plans import offer_of, plan_of
from services.gateway.web.forms import Form
from tests.gateway.sample_people import wrong
from tests.gateway.samples import thing
from tests.gateway.screens_wallet import CREDITS, FRAME, WALLET, overview

TOOL = "CadastreFinder"
NAMES = {"fr": "20 extraits", "nl": "20 uittreksels", "en": "20 extracts", "de": "20 Auszüge"}


def plan(plan_id: str, **more: Any) -> Any:
    usual: dict[str, Any] = {
        "plan_id": plan_id,
        "tool_id": "cadastrefinder",
        "name": "20 extraits",
        "state": "active",
        "uses": 20,
        "used": 18,
        "uses_left": 2,
        "starts_on": "2025-12-01",
        "ends_on": "2026-12-01",
        "renews": True,
        "renewed": False,
        "renewal_tries": 0,
        "renewal_price_incl_cents": 27_104,
    }
    return plan_of({**usual, **more}, TOOL)


def offer(offer_id: str, **more: Any) -> Any:
    usual: dict[str, Any] = {
        "offer_id": offer_id,
        "tool_id": "cadastrefinder",
        "kind": "plan",
        "names": NAMES,
        "uses": 20,
        "credits": None,
        "price_excl_cents": 22_400,
        "price_incl_cents": 27_104,
        "vat_rate_bp": 2_100,
        "ends_on": "2027-11-22",
    }
    return offer_of({**usual, **more}, "fr", TOOL)


UNLIMITED = {"uses": None, "names": {**NAMES, "fr": "Illimité"}, "price_excl_cents": 66_500, "price_incl_cents": 80_465}
PACK = offer("c1", kind="credits", uses=None, credits=10, names={**NAMES, "fr": "10 vues aériennes"}, ends_on=None)
FINDER = thing(
    tool_id="cadastrefinder",
    name=TOOL,
    per_use=offer("u1", kind="use", uses=None, price_excl_cents=1_900, price_incl_cents=2_299, ends_on=None),
    plans=[offer("o1"), offer("o2", **UNLIMITED)],
    credits=[PACK],
    credits_left=7,
)
HELD = [
    plan("p1"),
    plan("p2", uses=None, uses_left=None, used=147, renews=False, name="Illimité"),
    plan("p3", state="waiting", used=0, uses_left=20, starts_on="2026-12-02", ends_on="2027-12-01"),
    plan("p4", state="used-up", used=20, uses_left=0, renewal_tries=2),
    plan("p5", renewed=True),
    plan("p6", renewal_price_incl_cents=None),
]
LIST: dict[str, Any] = {
    **FRAME,
    "part": "plans",
    "form": Form(),
    "wallet": thing(**WALLET),
    "held": HELD,
    "over": [plan("p7", state="expired"), plan("p8", state="expired", uses=None, uses_left=None)],
    "tools": [FINDER],
    "others": CREDITS,
}
BUY: dict[str, Any] = {
    **FRAME,
    "part": "plans",
    "form": Form(),
    "wallet": thing(**WALLET),
    "tool": FINDER,
    "offer": FINDER.plans[0],
    "running": [],
    "short_cents": 0,
    "key": "0123456789",
}
EMPTY = {"held": [], "over": [], "tools": [], "others": []}

SCREENS: dict[str, tuple[str, dict[str, Any]]] = {
    "wallet-plans": ("wallet/plans.html", LIST),
    "wallet-plans-empty": ("wallet/plans.html", {**LIST, **EMPTY}),
    "wallet-plans-viewer": ("wallet/plans.html", {**LIST, "wallet": thing(**{**WALLET, "may_manage": False})}),
    "wallet-plans-refused": ("wallet/plans.html", {**LIST, "form": wrong()}),
    "wallet-plan-buy": ("wallet/plan_buy.html", {**BUY, "running": HELD[:1]}),
    "wallet-plan-buy-short": ("wallet/plan_buy.html", {**BUY, "short_cents": 4_321}),
    "wallet-plan-buy-frozen": ("wallet/plan_buy.html", {**BUY, "wallet": thing(**{**WALLET, "is_frozen": True})}),
    "wallet-credits-buy": ("wallet/plan_buy.html", {**BUY, "offer": PACK, "form": wrong()}),
    "wallet-with-plans": overview(credits=CREDITS, plans=HELD[:2]),
}
