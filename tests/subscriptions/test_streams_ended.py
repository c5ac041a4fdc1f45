"""How an event stream ends, and which ones there is no place for."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from models.rules.roles import Role
from subscriptions.limits import Limits
from tests.owner import as_owner
from tests.patience import until
from tests.subscriptions.event_source import Reader, feed, live, opened
from tests.subscriptions.station import HEAVY

SignIn = Callable[[], Awaitable[str]]


async def test_streams_and_sockets_count_together(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, sockets_of_user=2)) as served:
        async with served.station(token), live(served, token):
            for given in ({"query": feed()}, {"post": {"query": feed()}}):
                async with opened(served.http, token=token, **given) as third:
                    assert third.status == 429
                    assert int(third.headers["retry-after"]) > 0
                    (error,) = json.loads(await third.body())["errors"]
                    assert error["extensions"]["code"] == "THROTTLED"
                    assert error["extensions"]["exceeded"] == "sockets_of_user"
                    assert error["extensions"]["limit"] == "2"
        await until(lambda: not served.live.streams.gate.sockets)
        async with live(served, token):
            pass


async def test_who_stops_reading_is_cut_and_costs_the_others_nothing(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.setblocking(False)
    known = Reader()
    async with serve(limits=replace(quiet, queue_messages=20)) as served:
        async with live(served, token) as reads:
            async with opened(
                served.http, feed(more=HEAVY), token=token, connection=small, known=known
            ) as stops:
                await stops.feed()
                stops._writer.transport.pause_reading()  # type: ignore[attr-defined]
                async with asyncio.timeout(20):
                    while len(served.live.streams) == 2:
                        await hospital.write(times=3)
                        served.live.bell.ring(hospital.id)
                        await reads.events(3)
                await until(lambda: len(served.server.server_state.connections) == 1)
                counters = served.live.counters
                assert counters.queue_overflows + counters.send_timeouts == 1
            await hospital.write()
            (last,) = await reads.events(1)
        # What it had not read is lost to it; its cursor gives it the rest.
        async with opened(served.http, feed(more=HEAVY), token=token, known=known) as back:
            heard = await back.events(last["position"])
            assert [event["position"] for event in heard] == list(range(1, last["position"] + 1))


async def test_who_signs_out_and_does_not_read_is_cut(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """The end of the answer would wait behind what is not read."""
    token = await nurse()
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.setblocking(False)
    limits = replace(quiet, send_deadline=3.0, pong=60.0, queue_bytes=2**30)
    async with (
        serve(limits=limits) as served,
        opened(served.http, feed(more=HEAVY), token=token, connection=small) as stops,
    ):
        await stops.feed()
        stops._writer.transport.pause_reading()  # type: ignore[attr-defined]
        (stream,) = served.live.streams
        async with asyncio.timeout(20):
            while not stream._wire._paused:
                await hospital.write(times=3)
                served.live.bell.ring(hospital.id)
                await asyncio.sleep(0.01)
        await hospital.sign_out(token)
        await until(lambda: not served.server.server_state.connections)
        await until(lambda: not len(served.live.streams))
        assert dict(served.live.counters.closed) == {4403: 1}


async def test_a_client_that_goes_leaves_nothing(serve: Any, nurse: SignIn, hospital: Any) -> None:
    async with serve() as served:
        async with live(served, await nurse()):
            assert len(served.live.streams) == 1
            assert served.live.streams.gate.sockets == 1
        await until(lambda: not len(served.live.streams))
        assert served.live.streams.gate.sockets == 0
        assert list(served.live.hub.subscribers()) == []
        assert dict(served.live.counters.closed) == {1000: 1}


async def test_who_signs_out_hears_what_was_before_and_is_nobody_when_it_comes_back(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, live(served, token) as stream:
        await hospital.write()
        served.live.bell.ring(hospital.id)
        assert len(await stream.events(1)) == 1
        await hospital.sign_out(token)
        assert await stream.end() == []  # and not a word that it is complete
        async with opened(served.http, feed(), token=token, known=stream.known) as back:
            assert back.status == 401


async def test_who_may_not_hear_it_any_more_is_told_so(
    serve: Any, hospital: Any, quiet: Limits
) -> None:
    token = await hospital.sign_in(Role.NURSE, wards=["MED1"])
    actor = await hospital.actor(token)
    async with serve(limits=quiet) as served, live(served, token) as stream:
        async with as_owner(hospital.pool) as connection:
            await connection.execute(
                "DELETE FROM role_memberships WHERE user_id = $1", actor.user_id
            )
        answer, complete = await stream.end()
        assert answer.result["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert complete.type == "complete"


async def test_a_server_that_goes_down_gives_what_there_is_and_sends_its_clients_away(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=replace(quiet, poll=30.0)) as served, live(served, token) as stream:
        await hospital.write()  # and nobody rings for it
        served.server.should_exit = True
        (event,) = await stream.end()
        assert len(event.feed["events"]) == 1


async def test_who_comes_when_it_goes_down_is_sent_away_as_well(serve: Any, nurse: SignIn) -> None:
    token = await nurse()
    async with serve() as served:
        await served.live.streams.stop()
        async with opened(served.http, feed(), token=token) as stream:
            assert (stream.status, await stream.end()) == (200, [])
            assert stream.known.retry
        async with opened(served.http, token=token, post={"query": feed()}) as stream:
            assert (stream.status, stream.headers["retry-after"]) == (503, "1")
            (error,) = json.loads(await stream.body())["errors"]
            assert error["extensions"]["code"] == "UNAVAILABLE"
        assert len(served.live.streams) == 0


async def test_the_database_away_makes_the_client_come_back(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    limits = replace(quiet, subscribe_deadline=0.5, drain_deadline=0.2)
    async with serve(limits=limits) as served:
        token = await nurse()
        async with as_owner(hospital.pool) as connection, connection.transaction():
            # Somebody holds the table that a look at the log needs.
            await connection.execute("LOCK TABLE event_counters IN ACCESS EXCLUSIVE MODE")
            async with opened(served.http, feed(), token=token) as stream:
                assert await stream.end() == []
                assert stream.known.retry
        served.engine._pool.terminate()
        token = await nurse()
        async with opened(served.http, feed(), token=token) as stream:
            assert (stream.status, await stream.end()) == (200, [])
        async with opened(served.http, token=token, post={"query": feed()}) as stream:
            assert stream.status == 503


async def test_silence_is_broken_by_comments(serve: Any, nurse: SignIn, quiet: Limits) -> None:
    """So a proxy does not cut it, and what goes without a word is noticed by the kernel."""
    async with (
        serve(limits=replace(quiet, ping=0.1, pong=3.0)) as served,
        opened(served.http, feed(), token=await nurse()) as stream,
    ):
        await stream.feed()
        waiting = asyncio.create_task(stream.event(20))
        await until(lambda: stream.known.comments >= 2)
        waiting.cancel()
        (connection,) = served.server.server_state.connections
        kernel = connection.below.get_extra_info("socket")
        assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 3_000
