"""What a batch writes goes out kind by kind, and in the order of each lane."""

from typing import Any, cast

from shared.consume_writes import Writes
from shared.db import Connection


class Recorder:
    """Notes what is sent, and in how many round trips."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.trips = 0

    async def execute(self, query: str, *arguments: Any) -> None:
        self.trips += 1
        self.sent.append((query, arguments))

    async def executemany(self, query: str, rows: list[Any]) -> None:
        self.trips += 1
        self.sent += [(query, row) for row in rows]


async def sent(*written: tuple[str, str, Any]) -> Recorder:
    """written: lane, statement, argument."""
    recorder = Recorder()
    writes = Writes(cast(Connection, recorder))
    for lane, query, argument in written:
        writes.enter(lane)
        await writes.execute(query, argument)
    await writes.send()
    return recorder


async def test_each_lane_keeps_its_order_and_nothing_is_left_out() -> None:
    written = [(f"lane {n % 7}", f"statement {(n * n) % 5}", n) for n in range(500)]
    recorder = await sent(*written)
    assert len(recorder.sent) == 500
    lane_of = {n: lane for lane, _, n in written}
    for lane in set(lane_of.values()):
        own = [arguments[0] for _, arguments in recorder.sent if lane_of[arguments[0]] == lane]
        assert own == sorted(own)


async def test_thousands_of_one_kind_are_one_round_trip_in_one_lane_or_many() -> None:
    assert (await sent(*(("one", "suspend", n) for n in range(5_000)))).trips == 1
    assert (await sent(*((f"lane {n}", "suspend", n) for n in range(5_000)))).trips == 1


async def test_lanes_that_do_the_same_things_share_their_round_trips() -> None:
    written = [(f"lane {n}", query, n) for n in range(100) for query in ("create", "add", "grant")]
    assert (await sent(*written)).trips == 3


async def test_nothing_written_is_nothing_sent() -> None:
    assert (await sent()).trips == 0
