"""The pictures of a wallet with their words: what they show is also said, and stands in a table."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.gateway.wallet.frame import api_of
from services.gateway.wallet.pictures import COLOURS, bars_of, curve_of
from services.gateway.wallet.transaction_rows import EUR, amount_in
from services.gateway.web.refusals import REFUSALS
from services.gateway.web.visit import Visit
from shared.i18n import Translator
from shared.markers import N_

MAX_DAYS = 366
_DAY = timedelta(days=1)


async def pictures(visit: Visit, organisation_id: UUID, wanted: Mapping[str, str], unit: str) -> SimpleNamespace | None:
    """Of the period that is filtered by. None where they cannot be had: the list is worth showing without them."""
    query = {"unit": unit, **period_of(wanted)}
    months = {name: value for name, value in query.items() if name != "from"}
    try:
        balance, spent = await asyncio.gather(
            visit.get("wallet", api_of(organisation_id, "/balance-over-time"), query),
            visit.get("wallet", api_of(organisation_id, "/spending"), months),
        )
    except REFUSALS:
        return None
    return SimpleNamespace(
        balance=_balance(visit.words, balance["days"], unit), spending=_spending(visit.words, spent, unit)
    )


def period_of(wanted: Mapping[str, str]) -> dict[str, str]:
    """from and until as they are filtered by; of too long a period the last year."""
    found = {name: wanted[name] for name in ("from", "until") if wanted.get(name)}
    try:
        days = {name: date.fromisoformat(text) for name, text in found.items()}
    except ValueError:
        return {}
    last = min(days.get("until", date.max), date.today())
    if "from" in days and (last - days["from"]).days >= MAX_DAYS:
        found["from"] = (last - _DAY * (MAX_DAYS - 1)).isoformat()
    return found


def _balance(words: Translator, facts: list[Mapping[str, Any]], unit: str) -> SimpleNamespace | None:
    days = [(date.fromisoformat(one["day"]), int(one["balance_cents"])) for one in facts]
    if not days:
        return None
    curve = curve_of(days)

    def amount(cents: int) -> str:
        return amount_in(words, cents, unit)

    said = {
        "begin": amount(days[0][1]),
        "end": amount(days[-1][1]),
        "lowest": amount(curve.lowest[1]),
        "low_day": curve.lowest[0],
        "highest": amount(curve.highest[1]),
        "high_day": curve.highest[0],
    }
    summary = N_("From {begin} to {end}. Lowest: {lowest} on {low_day:date}; highest: {highest} on {high_day:date}.")
    return SimpleNamespace(
        curve=curve,
        first=days[0][0],
        last=days[-1][0],
        top=amount(curve.top_cents),
        bottom=amount(curve.bottom_cents),
        summary=words.sentence(summary, said),
        rows=[(day, amount(cents)) for day, cents in reversed(curve.days)],
    )


def _spending(words: Translator, facts: Mapping[str, Any], unit: str) -> SimpleNamespace | None:
    tools: list[Mapping[str, Any]] = facts["tools"]
    if not tools:
        return None
    few = [list(tool["spent_cents"]) for tool in tools[: COLOURS - 1]]
    others = tools[COLOURS - 1 :]
    if others:
        few.append([sum(month) for month in zip(*(tool["spent_cents"] for tool in others), strict=True)])
    names = [str(tool["tool_name"]) for tool in tools[: COLOURS - 1]] + [words.gettext(N_("Other tools"))] * bool(
        others
    )
    bars = bars_of(few)
    months = [date.fromisoformat(month) for month in facts["months"]]
    return SimpleNamespace(
        bars=bars.bars,
        top=amount_in(words, bars.top_cents, unit),
        months=months,
        legend=[
            SimpleNamespace(name=name, colour=at + 1, total=amount_in(words, sum(spent), unit))
            for at, (name, spent) in enumerate(zip(names, few, strict=True))
        ],
        rows=[
            (month, [amount_in(words, int(tool["spent_cents"][at]), unit) for tool in tools])
            for at, month in reversed(list(enumerate(months)))
        ],
        tools=[str(tool["tool_name"]) for tool in tools],
        total=amount_in(words, sum(sum(spent) for spent in few), unit),
        is_complete=bool(facts["is_complete"]),
        unit=unit if unit != EUR else "",
    )
