"""graphql-transport-ws at random, beside a model of what its specification says."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscriptions.limits import Limits
from tests.patience import until
from tests.subscriptions.station import Station

SignIn = Callable[[], Awaitable[str]]
QUERY = "query { viewer { username } }"
FEED = "subscription { vitalSigns { cursor live resync events { cursor patient { mrn } } } }"

IDS = st.sampled_from(["a", "b", "ü", '"', "\n", "1"])
PING = st.tuples(st.just("ping"), st.none() | st.dictionaries(st.text(max_size=3), st.integers()))
OPERATION = st.sampled_from(["feed", "feed", "query", "refused", "malformed", "complete"])
GOES_ON = st.one_of(
    st.sampled_from(["write", "write", "pong"]), PING, *(st.tuples(OPERATION, IDS) for _ in "123")
)
"""What closes no socket that was let in, but for an id that is in use."""
ANYTHING = GOES_ON | st.sampled_from(["init", "wrong init", "bad init", "invalid"])
BEGINNING = st.lists(st.sampled_from(["pong", ("complete", "a")]) | PING, max_size=2).map(
    lambda steps: [*steps, "init"]
)
CONVERSATION = st.one_of(
    st.builds(
        lambda beginning, feeds, steps, end: [*beginning, *feeds, *steps, end],
        BEGINNING,
        st.sampled_from([[], [("feed", "a")], [("feed", "a"), ("feed", "ü"), ("query", "1")]]),
        st.lists(GOES_ON, min_size=4, max_size=16),
        ANYTHING,
    ),
    st.lists(ANYTHING, min_size=1, max_size=4),
)
BAD = [
    {"type": "connection_init", "payload": []},
    {"type": "connection_init", "payload": "x"},
]
INVALID = ["", "{", "[]", "null", "{}", '{"type":"next","id":"a"}', '{"type":"subscribe","id":1}']


class Walk:
    """A client, and what the specification says that it must be told."""

    def __init__(self, served: Any, hospital: Any, connection: Any, token: str) -> None:
        self.served = served
        self.hospital = hospital
        self.station = Station(connection)
        self.token = token
        self.ready = False
        self.feeds: dict[str, None] = {}
        self.numbers = itertools.count()

    async def step(self, step: Any) -> int | None:
        """Do it, and check what comes back; the code where the socket must be closed."""
        name, argument = step if isinstance(step, tuple) else (step, None)
        match name:
            case "init" | "wrong init":
                token = self.token if name == "init" else "nobody's"
                payload = {"authorization": f"Bearer {token}"}
                await self.station.send(type="connection_init", payload=payload)
                if self.ready:
                    return 4429
                if name != "init":
                    return 4403
                assert await self.station.receive() == {"type": "connection_ack"}
                self.ready = True
            case "bad init":
                await self.station.send(**BAD[next(self.numbers) % len(BAD)])
                return 4400
            case "invalid":
                await self.station.connection.send(INVALID[next(self.numbers) % len(INVALID)])
                return 4400
            case "ping":
                said = {} if argument is None else {"payload": argument}
                await self.station.send(type="ping", **said)
                assert await self.station.receive() == {"type": "pong", **said}
            case "pong":
                await self.station.send(type="pong")
            case "complete":
                await self.station.send(type="complete", id=argument)
                self.feeds.pop(argument, None)
            case "write":
                await self.hospital.write()
                self.served.live.hub.ring(self.hospital.id)
                heard = [await self.station.receive() for _ in self.feeds]
                assert {message["id"] for message in heard} == set(self.feeds)
                assert all(len(Station.opened(message)["events"]) == 1 for message in heard)
            case _:
                return await self.subscribe(name, argument)
        return None

    async def silent(self) -> None:
        """Nothing more has been sent: what is asked now is answered next."""
        await self.station.send(type="ping", payload={"silent": True})
        assert await self.station.receive() == {"type": "pong", "payload": {"silent": True}}

    async def subscribe(self, kind: str, key: str) -> int | None:
        query = {"feed": FEED, "query": QUERY, "refused": "query { nothing }"}.get(kind)
        await self.station.send(type="subscribe", id=key, payload={"query": query})
        if not self.ready:
            return 4401
        if key in self.feeds:
            return 4409
        message = await self.station.receive()
        assert message["id"] == key
        if query is None or kind == "refused":
            assert message["type"] == "error"
            return None
        assert message["type"] == "next"
        if kind == "feed":
            self.feeds[key] = None
        else:
            assert await self.station.receive() == {"id": key, "type": "complete"}
        return None


async def test_any_conversation_goes_as_the_specification_says(
    serve: Any,
    hospital: Any,
    nurse: SignIn,
    quiet: Limits,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = await nurse()
    limits = replace(quiet, gather=0.0, ping=60.0, wrong_tokens=10_000)
    async with serve(limits=limits) as served:

        async def walk(steps: list[Any]) -> None:
            async with served.connect() as connection:
                one = Walk(served, hospital, connection, token)
                for step in steps:
                    code = await one.step(step)
                    if code is not None:
                        with pytest.raises(websockets.ConnectionClosed):
                            raise AssertionError(json.loads(await connection.recv()))
                        assert connection.close_code == code
                        return
                    await one.silent()

        loop = asyncio.get_running_loop()

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(CONVERSATION)
        def conversation(steps: list[Any]) -> None:
            asyncio.run_coroutine_threadsafe(walk(steps), loop).result(20)

        await asyncio.to_thread(conversation)
        await until(lambda: not (len(served.live.sockets) or list(served.live.hub.subscribers())))
    assert not caplog.records
