"""graphql-transport-ws, sentence by sentence.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Where the names below say *message*
they mean what the specification calls so; what is no message, or comes in a bad frame, is in
test_sockets and test_fence.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from subscriptions.limits import Limits
from tests.owner import as_owner
from tests.patience import PATIENCE, until
from tests.subscriptions.raw import TEXT, frame, hello, text, upgraded
from tests.subscriptions.station import Station

SignIn = Callable[[], Awaitable[str]]
QUERY = "query { viewer { username } }"
FEED = "subscription { vitalSigns { cursor live resync events { cursor patient { mrn } } } }"
SIGN_OUT = "mutation { signOut { signedOut } }"


@asynccontextmanager
async def nobody_is_looked_up(hospital: Any) -> AsyncIterator[None]:
    """Hold every question for a session."""
    async with as_owner(hospital.pool) as connection, connection.transaction():
        await connection.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
        yield


async def silent(station: Station) -> None:
    """Nothing has been sent: what is asked now is answered next."""
    await station.send(type="ping", payload={"silent": True})
    assert await station.receive() == {"type": "pong", "payload": {"silent": True}}


# -- Communication ---------------------------------------------------------------------------------


async def test_operations_with_separate_ids_are_interleaved(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        served.engine.pause = asyncio.Event()
        await station.run(SIGN_OUT, "slow")
        await station.run(QUERY, "quick")
        assert [(await station.receive())["id"] for _ in range(2)] == ["quick", "quick"]
        served.engine.pause.set()
        assert [(await station.receive())["id"] for _ in range(2)] == ["slow", "slow"]


async def test_the_client_closes_with_1000_and_everything_of_it_ends(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served:
        async with served.station(await nurse()) as station:
            await station.run(FEED)
            await station.feed()
            await station.connection.close(1000)
            assert station.connection.close_code == 1000
        await until(lambda: not (len(served.live.sockets) or list(served.live.hub.subscribers())))
        assert not served.live.sockets.gate.sockets


# -- ConnectionInit and ConnectionAck --------------------------------------------------------------


async def test_a_second_init_closes_with_4429_also_while_the_first_is_looked_at(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served:
        async with upgraded(served.url) as raw, nobody_is_looked_up(hospital):
            raw.write(hello(token) + hello(token))
            assert await raw.closed() == 4429
        async with served.station(token) as station:
            await station.send(type="connection_init")
            assert await station.closed() == 4429


async def test_who_is_still_looked_up_when_the_time_is_over_is_closed_with_4408(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with (
        serve(limits=replace(quiet, init_timeout=0.3)) as served,
        upgraded(served.url) as raw,
        nobody_is_looked_up(hospital),
    ):
        raw.write(hello(token))
        assert await raw.closed() == 4408


# -- Ping and Pong ---------------------------------------------------------------------------------


async def test_a_ping_is_answered_at_any_time_and_at_once(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, upgraded(served.url) as raw:
        for payload in (None, {}, {"a": [1, {"b": "é"}]}):
            said = {} if payload is None else {"payload": payload}
            raw.write(text(type="ping", **said))
            assert await raw.message() == {"type": "pong", **said}
        async with nobody_is_looked_up(hospital):
            raw.write(hello(token) + text(type="ping"))
            assert await raw.message() == {"type": "pong"}
        assert await raw.message() == {"type": "connection_ack"}


async def test_a_pong_that_nobody_asked_for_is_heard_and_no_more(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, served.connect() as connection:
        station = Station(connection)
        for _ in range(2):
            await station.send(type="pong")
            await station.send(type="pong", payload={"x": 1})
            await silent(station)
            if _ == 0:
                await station.init(token)


async def test_the_server_asks_too_and_any_message_is_an_answer(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    limits = replace(quiet, ping=0.1, pong=2.5)
    async with serve(limits=limits) as served, served.station(await nurse()) as station:
        for answer in ("pong", "ping", "pong"):
            async with asyncio.timeout(PATIENCE):
                while (message := await station.anything()) != {"type": "ping"}:
                    assert message == {"type": "pong"}
            await station.send(type=answer)
        assert not served.live.counters.unanswered_pings
        assert await station.closed() == 1013  # it says nothing more
        assert served.live.counters.unanswered_pings == 1


# -- Subscribe -------------------------------------------------------------------------------------


async def test_subscribing_before_the_acknowledgement_closes_with_4401(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Immediately: it does not wait for the look-up, and nothing is run."""
    token = await nurse()
    async with serve(limits=quiet) as served:
        asked = text(type="subscribe", id="1", payload={"query": SIGN_OUT})
        malformed = text(type="subscribe", id="1", payload=None)
        for first, then in itertools.product(
            (b"", hello(token)), (asked, malformed, asked + malformed)
        ):
            async with upgraded(served.url) as raw, nobody_is_looked_up(hospital):
                raw.write(first + then)
                assert await raw.closed() == 4401
        assert served.engine.mutated == 0


@pytest.mark.parametrize("second", [QUERY, FEED, SIGN_OUT, None, "nonsense {"])
async def test_an_id_in_use_closes_with_4409_whatever_the_operations_are(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits, second: str | None
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served:
        served.engine.pause = asyncio.Event()
        for first in (SIGN_OUT, FEED):
            async with served.station(token) as station:
                await station.run(first, "é" * 100)
                if first == FEED:
                    await station.feed("é" * 100)
                await station.send(type="subscribe", id="é" * 100, payload={"query": second})
                assert await station.closed() == 4409
                reason = station.connection.close_reason
                assert reason.startswith("Subscriber for é")
                assert len(reason.encode()) <= 123
        served.engine.pause.set()


async def test_an_id_is_free_again_after_every_kind_of_end(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        await station.run(QUERY)
        assert (await station.receive())["type"] == "next"
        assert await station.receive() == {"id": "1", "type": "complete"}
        await station.run("nonsense {")
        assert (await station.receive())["type"] == "error"
        await station.send(type="subscribe", id="1", payload=[])
        assert (await station.receive())["type"] == "error"
        for _ in range(3):
            await station.run(FEED)
            await station.feed()
            await station.send(type="complete", id="1")
        await silent(station)


# -- Next, Error and Complete ----------------------------------------------------------------------


async def test_an_error_is_the_last_word_and_no_complete_follows(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        await station.run("query { nothing }")
        message = await station.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert isinstance(message["payload"], list)
        assert all(isinstance(error["message"], str) for error in message["payload"])
        await station.run(FEED)
        await station.feed()
        served.engine.faults = [KeyError()]
        await hospital.write()
        assert (await station.receive())["type"] == "error"
        await hospital.write()
        await silent(station)


async def test_what_was_completed_before_it_resolved_is_not_sent(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.station(await nurse()) as station:
        async with nobody_is_looked_up(hospital):
            for query in (QUERY, SIGN_OUT, FEED):
                await station.run(query, query)
                await station.send(type="complete", id=query)
            await silent(station)
        await silent(station)
        assert served.engine.mutated == 0, "it had not begun"
        served.engine.pause = asyncio.Event()
        await station.run(SIGN_OUT, "begun")
        await until(lambda: served.live.sockets.mutations)
        await station.send(type="complete", id="begun")
        await silent(station)
        served.engine.pause.set()
        assert await station.closed() == 4403  # half a mutation is none: it was done
        assert served.engine.mutated == 1


async def test_completing_what_is_over_or_never_was_is_no_error(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, served.connect() as connection:
        station = Station(connection)
        await station.send(type="complete", id="before the beginning")
        await station.init(await nurse())
        await station.run(QUERY)
        await station.receive()
        await station.receive()
        for _ in range(2):
            await station.send(type="complete", id="1")
            await station.send(type="complete", id="never")
        await silent(station)


# -- Invalid message -------------------------------------------------------------------------------


async def test_an_invalid_message_closes_at_once_and_nothing_behind_it_is_done(
    serve: Any, nurse: SignIn, quiet: Limits, caplog: pytest.LogCaptureFixture
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served:
        for invalid in (frame(TEXT, b"[" * 60_000), text(type="nothing"), frame(TEXT, b"\xc3\xa9")):
            async with upgraded(served.url) as raw:
                raw.write(hello(token))
                assert await raw.message() == {"type": "connection_ack"}
                raw.write(invalid + text(type="subscribe", id="1", payload={"query": SIGN_OUT}) * 3)
                assert await raw.closed() == 4400
        async with served.station(token) as station:  # nobody has signed out
            await silent(station)
        assert served.engine.mutated == 0
    assert not caplog.records
