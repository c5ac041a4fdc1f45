"""Counters: what was done is what is counted, and a histogram holds everything it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.counters import BOUNDS, Durations
from subscriptions.limits import Limits
from tests.patience import PATIENCE, until

SignIn = Callable[[], Awaitable[str]]


@given(st.lists(st.floats(min_value=0, max_value=100)))
def test_a_histogram_counts_each_at_its_first_bound(seconds: list[float]) -> None:
    durations = Durations()
    for one in seconds:
        durations.note(one)
    assert sum(durations.counts) == len(seconds)
    for index, bound in enumerate(BOUNDS):
        assert sum(durations.counts[: index + 1]) == sum(one <= bound for one in seconds)
    assert abs(durations.total - sum(seconds)) < 1e-6


async def test_an_event_to_two_of_a_group_is_one_statement_and_two_deliveries(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with (
        serve(limits=replace(quiet, poll=30.0)) as served,
        served.station(await nurse()) as one,
        served.station(await nurse()) as other,
    ):
        counters = served.live.counters
        for station in (one, other):
            await station.subscribe(ward="MED1")
            await station.feed()
        await until(lambda: served.live.bell.state.connected)
        assert counters.opened == {"websocket": 2}
        assert counters.bell_connections == 1
        before = (
            counters.log_entries,
            counters.frame_statements,
            counters.deliveries,
            sum(counters.fan_out.counts),
        )
        await hospital.write(times=3)
        served.live.bell.ring(hospital.id)
        heard = [await station.feed() for station in (one, other)]
        assert [len(feed["events"]) for feed in heard] == [3, 3]
        after = (
            counters.log_entries,
            counters.frame_statements,
            counters.deliveries,
            sum(counters.fan_out.counts),
        )
        assert [b - a for a, b in zip(before, after, strict=True)] == [3, 1, 2, 1]
        assert counters.wakes_by_bell > 0
        assert counters.wakes_by_poll == 0
        cursor = heard[0]["cursor"]
        await one.connection.close()
        async with asyncio.timeout(PATIENCE):
            while not (
                sum(counters.closed.values())
                and counters.standing_statements
                and counters.audit_statements
            ):
                await asyncio.sleep(0.01)

        await hospital.write()
        served.live.bell.ring(hospital.id)
        await other.events(1)  # which is in memory now
        async with served.station(await nurse()) as again, served.station(await nurse()) as lost:
            await again.subscribe(ward="MED1", after=cursor)
            assert len(await again.events(1)) == 1
            assert (counters.resumes_from_database, counters.resumes_from_memory) == (1, 0)
            async with served.station(await nurse()) as third:
                await third.subscribe(ward="MED1", after=cursor)
                assert len(await third.events(1)) == 1
            assert (counters.resumes_from_database, counters.resumes_from_memory) == (1, 1)
            assert counters.resyncs == 0
            await lost.subscribe(ward="MED1", after="nonsense")
            assert (await lost.feed())["resync"]
            assert counters.resyncs == 1


async def test_without_a_bell_the_log_is_read_by_the_clock(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    async with (
        serve(redis="redis://127.0.0.1:1/0") as served,
        served.station(await nurse()) as station,
    ):
        await station.subscribe(ward="MED1")
        await station.feed()
        await hospital.write()
        await station.events(1)
        counters = served.live.counters
        assert counters.wakes_by_poll > 0
        assert counters.bell_failures > 0
        assert counters.bell_connections == counters.bell_rings_sent == 0


@pytest.mark.parametrize(("said", "counted"), [(1000, 1000), (1001, 1001), (3999, 1000), (0, 1006)])
async def test_how_a_client_goes_is_told_apart(
    serve: Any, nurse: SignIn, said: int, counted: int
) -> None:
    """There are as many codes as it likes, and each would be a series of its own."""
    async with serve() as served:
        async with served.station(await nurse()) as station:
            if said:
                await station.connection.close(said)
            else:
                station.connection.transport.abort()
            await until(lambda: not len(served.live.sockets))
        assert served.live.counters.closed == {counted: 1}
