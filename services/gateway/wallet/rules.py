"""Amounts as people type them. Pure."""

import re
from collections.abc import Sequence

_MAX_CHARS = 30
_WITH_POINTS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{3})+)(?:,([0-9]{1,2}))?")
_OTHERWISE = re.compile(r"([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]{1,7})(?:[.,]([0-9]{1,2}))?")


def cents_of(text: str) -> int | None:
    """`75`, `62,5`, `62.50`, `1.250,00 €`: in cents; None for what is no amount. A point before three digits groups thousands."""
    bare = text.replace("€", "").replace("EUR", "").strip()
    if len(bare) > _MAX_CHARS:
        return None
    found = _WITH_POINTS.fullmatch(bare) or _OTHERWISE.fullmatch(bare)
    if found is None:
        return None
    euros = int(re.sub(r"\D", "", found[1]))
    return euros * 100 + int((found[2] or "").ljust(2, "0"))


def first_amount(balance_cents: int, amounts: Sequence[int], *, minimum_cents: int) -> dict[str, str]:
    """What a form proposes: the first amount that brings a balance above zero again, or just enough of it."""
    needed = max(-balance_cents, minimum_cents)
    enough = next((amount for amount in amounts if amount >= needed), None)
    if enough is not None:
        return {"amount": str(enough)}
    return {"amount": "other", "amount_other": f"{needed // 100}.{needed % 100:02d}"}
