"""A session that ends hears what was committed before its end, nothing later, and then 4403."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import websockets

from resolvers.policy import DEFAULT_POLICY
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from tests.patience import PATIENCE, until
from tests.subscriptions.event_source import feed, opened

SignIn = Callable[[], Awaitable[str]]


async def rest(station: Any) -> tuple[list[int], int]:
    """The positions of the events that still come, and the code of the close."""
    positions: list[int] = []
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                positions += [event["position"] for event in (await station.feed())["events"]]
        except websockets.ConnectionClosed:
            return positions, int(station.connection.close_code)


async def test_what_was_committed_before_the_end_is_heard_and_what_came_after_is_not(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """All of it in the time between two reads of the log and two looks at the session."""
    token = await nurse()
    slow = replace(quiet, poll=30.0, standing=30.0)
    async with (
        serve(limits=slow, redis="redis://127.0.0.1:1/0") as served,
        served.station(token) as goes,
        served.station(await nurse()) as stays,
    ):
        for station in (goes, stays):
            await station.subscribe()
            await station.feed()
        await hospital.write("MED1")
        await hospital.write("SURG1")
        await hospital.write("MED1")
        await hospital.sign_out(token)
        await hospital.write("MED1")
        await served.live.sockets.standing.at_most(0)
        assert await rest(goes) == ([1, 3], 4403)
        served.live.hub.ring(hospital.id)
        assert [event["position"] for event in await stays.events(3)] == [1, 3, 4]


async def test_what_is_written_behind_a_sign_out_is_never_heard(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Though the sessions are looked at only now and then: signing out rings, as events do, also
    in the other processes."""
    slow = replace(quiet, standing=30.0, standing_at_most=60.0)
    for same in (True, False):
        token = await nurse()
        async with (
            serve(limits=slow) as served,
            serve(limits=slow) as beside,
            served.station(token) as goes,
            served.station(await nurse()) as stays,
            (served if same else beside).station(token) as signs_out,
        ):
            for station in (goes, stays):
                await station.subscribe()
                await station.feed()
            await until(lambda: served.live.bell.state.connected_since)
            await signs_out.run("mutation { signOut { signedOut } }")
            assert (await signs_out.receive())["payload"] == {
                "data": {"signOut": {"signedOut": True}}
            }
            if not same:  # the ring is on its way through Redis
                assert await rest(goes) == ([], 4403)
            await hospital.write()
            served.live.bell.ring(hospital.id)
            assert len(await stays.events(1)) == 1
            if same:
                assert await rest(goes) == ([], 4403)


async def test_a_stream_ends_in_the_same_way(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    slow = replace(quiet, poll=30.0, standing=30.0)
    async with (
        serve(limits=slow, redis="redis://127.0.0.1:1/0") as served,
        opened(served.http, feed(), token=token) as stream,
    ):
        await stream.feed()
        await hospital.write("MED1")
        await hospital.sign_out(token)
        await hospital.write("MED1")
        await served.live.sockets.standing.at_most(0)
        told = [event.feed for event in await stream.end()]
        assert [event["position"] for frame in told for event in frame["events"]] == [1]


async def test_an_event_that_was_being_told_is_told(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """The statement that makes the group's frame runs while the session ends."""
    token = await nurse()
    async with (
        serve(limits=replace(quiet, standing=30.0)) as served,
        served.station(token) as goes,
        served.station(await nurse()) as stays,
    ):
        for station in (goes, stays):
            await station.subscribe()
            await station.feed()
        served.engine.pause = asyncio.Event()
        await hospital.write()
        await until(lambda: served.engine.statements)
        await hospital.sign_out(token)
        await served.live.sockets.standing.at_most(0)
        served.engine.pause.set()
        assert await rest(goes) == ([1], 4403)
        assert [event["position"] for event in await stays.events(1)] == [1]


async def test_a_transaction_that_was_open_at_the_end_is_not_waited_for(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """What occurred before the end and is committed after it comes behind what occurred later."""
    token = await nurse()
    slow = replace(quiet, poll=30.0, standing=30.0)
    async with (
        serve(limits=slow, redis="redis://127.0.0.1:1/0") as served,
        served.station(token) as goes,
    ):
        await goes.subscribe()
        await goes.feed()
        await hospital.write()
        async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as early:
            early.record(hospital.event("MED1"))
            await hospital.sign_out(token)
            await hospital.write()
        await served.live.sockets.standing.at_most(0)
        assert await rest(goes) == ([1], 4403)


async def test_the_end_does_not_wait_for_a_statement_that_takes_long(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, served.station(token) as goes:
        await goes.subscribe()
        cursor = (await goes.feed())["cursor"]
        served.engine.pause = asyncio.Event()
        await hospital.write()
        await hospital.sign_out(token)
        assert await rest(goes) == ([], 4403)  # the statement is still held
        served.engine.pause.set()
        async with served.station(await nurse()) as again:
            await again.subscribe(after=cursor)
            assert [event["position"] for event in await again.events(1)] == [1]


async def test_when_a_session_ended_is_the_first_of_its_ends(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """By the clock alone: it was idle, and what occurred after that is not heard."""
    slow = replace(quiet, poll=30.0, standing=30.0)
    token = await nurse()
    session = (await hospital.actor(token)).session_id
    async with (
        serve(limits=slow, redis="redis://127.0.0.1:1/0") as served,
        served.station(token) as goes,
    ):
        await goes.subscribe()
        await goes.feed()
        await hospital.write()
        await hospital.pool.execute(
            "UPDATE sessions SET last_seen_at = clock_timestamp() - $2::interval WHERE id = $1",
            session,
            DEFAULT_POLICY.session_idle,
        )
        await hospital.write()
        await served.live.sockets.standing.at_most(0)
        assert await rest(goes) == ([1], 4403)


async def test_the_answer_to_signing_out_over_a_socket_comes_before_its_close(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """However often the sessions are looked at in between."""
    async with serve(limits=replace(quiet, standing=0.001)) as served:
        for _ in range(5):
            async with served.station(await nurse()) as station:
                await station.subscribe("feed")
                await station.feed("feed")
                await station.run("mutation { signOut { signedOut } }", "out")
                message = await station.receive()
                assert message["payload"] == {"data": {"signOut": {"signedOut": True}}}
                assert await station.receive() == {"type": "complete", "id": "out"}
                assert await station.closed() == 4403
