"""What goes wrong on the way to a station costs it no event, and the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from subscriptions import replay
from subscriptions.limits import Limits
from tests.owner import as_owner
from tests.patience import until

SignIn = Callable[[], Awaitable[str]]


def positions(events: list[Any]) -> list[int]:
    return [event["position"] for event in events]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_statement_that_fails_is_tried_again(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, times: int
) -> None:
    token = await nurse()
    async with (
        serve(limits=quiet) as served,
        served.station(token) as one,
        served.station(token) as two,
    ):
        for station in (one, two):
            await station.subscribe()
            await station.feed()
        served.engine.faults = [asyncpg.CannotConnectNowError("starting") for _ in range(times)]
        await hospital.write(times=2)
        await hospital.write()
        for station in (one, two):
            assert positions(await station.events(3)) == [1, 2, 3]
        await hospital.write()
        for station in (one, two):
            assert positions(await station.events(1)) == [4]
        assert not served.engine.faults


async def test_a_statement_that_goes_on_failing_sends_the_client_to_try_again(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MAX_FAILURES", 2)  # the pauses double
    token = await nurse()
    async with serve(limits=quiet) as served:
        async with served.station(token) as station:
            await station.subscribe()
            cursor = (await station.feed())["cursor"]
            served.engine.faults = [asyncpg.CannotConnectNowError("starting") for _ in range(50)]
            await hospital.write()
            assert await station.closed() == 1013
        served.engine.faults.clear()
        async with served.station(token) as station:
            await station.subscribe(after=cursor)
            assert positions(await station.events(1)) == [1]


@pytest.mark.parametrize("replayed", [False, True])
async def test_a_fault_of_ours_ends_one_feed_and_not_the_others(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, replayed: bool
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        await station.subscribe("good", ward="MED1")
        cursor = (await station.feed("good"))["cursor"]
        if replayed:
            await hospital.write()
            assert positions(await station.events(1, "good")) == [1]
            served.engine.faults = [KeyError("Eleanor Rigby")]
            await station.subscribe("bad", after=cursor)
        else:
            await station.subscribe("bad")
            await station.feed("bad")
            await station.send(type="complete", id="good")
            served.engine.faults = [KeyError("Eleanor Rigby")]
            await hospital.write()
        message = await station.receive()
        assert (message["id"], message["type"]) == ("bad", "error")
        assert message["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        await station.subscribe("bad", after=cursor)
        assert positions(await station.events(1, "bad")) == [1]


async def test_a_log_that_can_not_be_read_for_a_while_loses_nothing(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """A mistake in the database, such as a migration half done."""
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        await station.subscribe()
        await station.feed()
        await hospital.write()
        await station.events(1)
        async with as_owner(hospital.pool) as connection:
            await connection.execute("ALTER TABLE event_counters RENAME COLUMN epoch TO elsewhere")
            failures = served.live.counters.log_read_failures
            await until(lambda: served.live.counters.log_read_failures > failures)
            await connection.execute("ALTER TABLE event_counters RENAME COLUMN elsewhere TO epoch")
        await hospital.write(times=2)
        assert positions(await station.events(2)) == [2, 3]


async def test_history_trimmed_under_a_reader_gives_a_resync(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Its cursor was good when it came; what it was still to get is gone before it is read."""
    token = await nurse()
    async with serve(limits=replace(quiet, page=2, recent=2)) as served:
        async with served.station(token) as station:
            await station.subscribe()
            cursor = (await station.feed())["cursor"]
            await hospital.write(times=8)
            await station.events(8)
        async with served.station(token) as station:
            served.engine.pause = asyncio.Event()
            before = len(served.engine.statements)
            await station.subscribe(after=cursor)
            await until(lambda: len(served.engine.statements) != before)
            await hospital.pool.execute("DELETE FROM events WHERE hospital_id = $1", hospital.id)
            served.engine.pause.set()
            assert positions((await station.feed())["events"]) == [1, 2]
            message = await station.feed()
            assert (message["resync"], message["live"], message["events"]) == (True, True, [])
            await hospital.write()
            assert positions(await station.events(1)) == [9]


async def test_a_burst_in_one_transaction_arrives_whole_while_a_replay_lags(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """The live messages outgrow what is held for a subscriber that is still in the past."""
    token = await nurse()
    async with serve(limits=replace(quiet, page=2, recent=4, backlog=1)) as served:
        async with served.station(token) as station:
            await station.subscribe()
            cursor = (await station.feed())["cursor"]
            await hospital.write(times=4)
            await station.events(4)
        async with served.station(token) as station:
            await station.subscribe(after=cursor)
            for _ in range(10):
                await hospital.write(times=20)
                served.live.bell.ring(hospital.id)
            assert positions(await station.events(204)) == list(range(1, 205))
