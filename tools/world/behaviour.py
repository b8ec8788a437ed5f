"""Good and bad manners of a simulator, set from outside and kept over a restart."""

import asyncio
from typing import Literal

from fastapi import HTTPException
from pydantic import BaseModel, Field

from tools.world.store import Store

Mode = Literal[
    "ok",
    "slow",
    "error",
    "maintenance",
    "wrong-person",
    "duplicate",
    "reorder",
    "lose",
    "late",
    "wrong-amount",
    "unknown-id",
    "forget-answer",
    "not-cancelable",
    "rate-limited",
    "truncated",
    "lag",
    "empty",
    "shrunken",
]
MAINTENANCE_S = 120
RETRY_AFTER_S = 3


class Behaviour(BaseModel):
    """modes: any of them together; `ok` alone means none. delay_s: how slow is slow, how late is late. lag_days: how far behind."""

    modes: list[Mode] = []
    delay_s: float = Field(10, ge=0, le=600)
    lag_days: int = Field(default=150, ge=0, le=3650)


class AskedBehaviour(BaseModel):
    mode: Mode | None = None
    modes: list[Mode] = []
    delay_s: float = Field(10, ge=0, le=600)
    lag_days: int = Field(default=150, ge=0, le=3650)

    def behaviour(self) -> Behaviour:
        asked = [*self.modes, *([self.mode] if self.mode else [])]
        modes = [mode for mode in asked if mode != "ok"]
        return Behaviour.model_validate({"modes": modes, "delay_s": self.delay_s, "lag_days": self.lag_days})


def behaviour_of(store: Store, simulator: str) -> Behaviour:
    return Behaviour.model_validate(store.find("behaviour", simulator) or {})


def set_behaviour(store: Store, simulator: str, asked: AskedBehaviour) -> Behaviour:
    behaviour = asked.behaviour()
    store.put("behaviour", simulator, behaviour.model_dump())
    return behaviour


async def misbehave(store: Store, simulator: str) -> Behaviour:
    """Be slow or fail as told, before an answer is made; return the behaviour for what else it says."""
    behaviour = behaviour_of(store, simulator)
    if "slow" in behaviour.modes:
        await asyncio.sleep(behaviour.delay_s)
    if "error" in behaviour.modes:
        raise HTTPException(500, "Something went wrong")
    if "rate-limited" in behaviour.modes:
        raise HTTPException(429, "Too many questions", {"Retry-After": str(RETRY_AFTER_S)})
    if "maintenance" in behaviour.modes:
        raise HTTPException(503, "Closed for maintenance", {"Retry-After": str(MAINTENANCE_S)})
    return behaviour
