"""Whose turn it is to sign. Pure: a key's place follows from the clock alone, so several processes need not agree on a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, Protocol, TypeVar, get_args

Algorithm = Literal["ES256", "RS256"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
JWKS_MAX_AGE_S = 300


class Key(Protocol):
    @property
    def kid(self) -> str: ...
    @property
    def algorithm(self) -> Algorithm: ...
    @property
    def activates_at(self) -> datetime: ...


AnyKey = TypeVar("AnyKey", bound=Key)


@dataclass(frozen=True)
class RotationPolicy:
    """age_s: how long a key signs. publish_s: how long it is published before. keep_s: how long after, to verify what it signed."""

    age_s: int
    publish_s: int
    keep_s: int


def active_of(keys: Sequence[AnyKey], *, now: datetime) -> AnyKey:
    """keys: of one algorithm, in their order, at least one. The first, should this machine's clock be behind."""
    return next((key for key in reversed(keys) if key.activates_at <= now), keys[0])


def successor_due(keys: Sequence[AnyKey], policy: RotationPolicy, *, now: datetime) -> datetime | None:
    """When a key that is made now would begin to sign; None when there is no need of one yet."""
    last = keys[-1].activates_at + timedelta(seconds=policy.age_s)
    published_until = now + timedelta(seconds=policy.publish_s)
    return max(last, published_until) if keys[-1].activates_at <= now and last <= published_until else None


def outlived(keys: Sequence[AnyKey], policy: RotationPolicy, *, now: datetime) -> list[AnyKey]:
    """Keys whose successor has signed for so long that nothing of theirs is left."""
    kept_since = now - timedelta(seconds=policy.keep_s)
    return [key for key, after in pairwise(keys) if after.activates_at <= kept_since]


def of_algorithm(keys: Sequence[AnyKey], algorithm: Algorithm) -> list[AnyKey]:
    return sorted((key for key in keys if key.algorithm == algorithm), key=lambda key: key.activates_at)
