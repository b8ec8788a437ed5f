"""What one must be to be told some things. It counts at the moment of sending: whoever has lost it meanwhile hears nothing more."""

from collections.abc import Mapping
from typing import Literal

from services.notify.preferences.topics import KINDS

Right = Literal["manager", "wallet", "editor", "concerned"]
"""wallet: a manager, or who sees the wallet. editor: a manager, or who manages the tool. concerned: an editor, or who uses the tool
or lends it their recognition.
"""

ASKED_BY = "asked_by"
"""Of params: who asked for what happened, and hears it whatever they are by now."""

_TOLD_AS_THEMSELVES = frozenset(("top-up-failed", "wallet-viewer-allowed"))
_MANAGERS = (*KINDS["wallet"], *KINDS["plans"], *KINDS["invoices"], *KINDS["colleagues"])
_FROZEN = ("wallet-charged-back", "wallet-charged-back-frozen", "wallet-frozen-below-zero", "wallet-frozen-by-support")

RIGHTS: Mapping[str, Right] = {
    **{kind: "manager" for kind in _MANAGERS if kind not in _TOLD_AS_THEMSELVES},
    **dict.fromkeys((*_FROZEN, "terms-announced", "terms-reminder"), "manager"),
    "balance-low": "wallet",
    "role-requested": "editor",
    "registration-suspended": "concerned",
    "registration-not-listed": "concerned",
    "registration-old-terms": "concerned",
    "registration-resumed": "concerned",
}
