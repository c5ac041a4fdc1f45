"""A client of event streams that loses its connection and comes back with `Last-Event-ID`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from subscriptions.limits import Limits
from tests.subscriptions.event_source import Reader, feed, opened

SignIn = Callable[[], Awaitable[str]]

EVENTS = 120
AHEAD = 7
"""Events that may be written and not heard yet: were it all, one frame would hold them, uncut."""


async def test_where_it_was_counts_before_where_it_began(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """A page opens its EventSource with one address for good: what the browser adds is newer."""
    token = await nurse()
    async with serve(limits=quiet) as served:
        async with opened(served.http, feed(), token=token) as stream:
            start = (await stream.feed())["cursor"]
            await hospital.write(times=4)
            served.live.bell.ring(hospital.id)
            events = await stream.events(4)
        query = feed(after=start)
        async with opened(served.http, query, token=token) as stream:
            assert [event["position"] for event in await stream.events(4)] == [1, 2, 3, 4]
        known = Reader(last_id=events[1]["cursor"])
        async with opened(served.http, query, token=token, known=known) as stream:
            assert [event["position"] for event in await stream.events(2)] == [3, 4]
            # An event without an id would not change where it was.
            assert known.last_id == (await stream.feed())["cursor"]


@pytest.mark.parametrize("last_id", ["nonsense", "A" * 32, "é" * 40])
async def test_an_id_of_another_log_is_told_to_read_afresh(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, last_id: str
) -> None:
    async with serve(limits=quiet) as served:
        known = Reader(last_id=last_id)
        async with opened(served.http, feed(), token=await nurse(), known=known) as stream:
            assert (await stream.feed())["resync"]
            assert known.last_id != last_id


async def test_a_client_that_is_cut_again_and_again_hears_all_once(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Two processes, to which it comes back as a proxy sends it, while events arrive."""
    token, chance = await nurse(), random.Random(4)
    seen: list[int] = []
    async with serve(limits=quiet) as one, serve(limits=quiet) as other:
        room = asyncio.Semaphore(0)

        async def write() -> None:
            for _ in range(EVENTS):
                await room.acquire()
                await hospital.write()
                one.live.bell.ring(hospital.id)

        writer = asyncio.create_task(write())
        known, connections, started = Reader(), 0, False
        async with asyncio.timeout(30):
            while len(seen) < EVENTS:
                served = chance.choice((one, other))
                connections += 1
                known = Reader(last_id=known.last_id)
                async with opened(served.http, feed(), token=token, known=known) as stream:
                    for _ in range(chance.randint(1, 4)):
                        events = (await stream.feed())["events"]
                        for _ in events if started else range(AHEAD):
                            room.release()
                        started = True
                        seen += [event["position"] for event in events]
                        if len(seen) >= EVENTS:
                            break
                    # Whatever else had been sent is lost with the connection.
        await writer
        assert connections > 4
    assert seen == list(range(1, EVENTS + 1))
