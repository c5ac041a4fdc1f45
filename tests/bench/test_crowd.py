"""The crowd notes what its sockets hear, however the bytes are cut, and what is amiss."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.live.crowd import Crowd, Seat, Socket
from bench.wire import Fault

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Said(asyncio.Transport):
    """What a socket has written."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []

    def write(self, data: Any) -> None:
        self.frames.append(bytes(data))


def _frame(text: bytes, kind: int = 1) -> bytes:
    wide = len(text).to_bytes(2, "big") if len(text) >= 126 else b""
    return bytes((0x80 | kind, 126 if wide else len(text))) + wide + text


def _next(*names: str) -> bytes:
    events = [{"criticalResult": {"labResult": {"id": name}}} for name in names]
    feed = {"cursor": "c", "live": True, "resync": False, "events": events}
    message = {"id": "1", "type": "next", "payload": {"data": {"criticalResults": feed}}}
    return _frame(orjson.dumps(message))


def _socket(crowd: Crowd) -> tuple[Socket, Said]:
    socket, said = Socket(crowd, Seat(None, b"subscribe")), Said()
    crowd.sockets.append(socket)
    socket.connection_made(said)
    return socket, said


def _receive(socket: Socket, data: bytes) -> None:
    buffer = socket.get_buffer(-1)
    buffer[: len(data)] = data
    socket.buffer_updated(len(data))


@given(
    batches=st.lists(st.integers(min_value=0, max_value=4), min_size=1, max_size=6),
    cuts=st.lists(st.integers(min_value=1, max_value=60), max_size=40),
)
def test_every_event_is_heard_once_however_the_bytes_are_cut(
    batches: list[int], cuts: list[int]
) -> None:
    async def scenario() -> None:
        crowd = Crowd(1, "/")
        names = iter(range(1_000))
        sent = [[f"lab_{next(names)}" for _ in range(many)] for many in batches]
        data = UPGRADED + b"".join(_next(*each) for each in sent)
        whole, _ = _socket(crowd)
        _receive(whole, UPGRADED)
        for each in sent:
            _receive(whole, _next(*each))
        cut, _ = _socket(crowd)
        for size in (*cuts, len(data)):
            if part := data[:size]:
                _receive(cut, part)
            data = data[size:]
        expected = [name for each in sent for name in each]
        for socket in (whole, cut):
            assert [e for number in socket.heard for e in crowd.events[number]] == expected
        assert crowd.total == 2 * len(expected)

    asyncio.run(scenario())


def test_pings_are_answered_and_whoever_waits_is_told() -> None:
    async def scenario() -> None:
        crowd = Crowd(1, "/")
        socket, said = _socket(crowd)
        _receive(socket, UPGRADED)
        _receive(socket, _frame(b'{"type":"connection_ack"}'))
        assert said.frames[-1].endswith(b"subscribe")
        _receive(socket, _frame(b'{"type":"ping"}'))
        assert said.frames[-1].endswith(b'{"type":"pong"}')
        _receive(socket, _frame(b"beat", kind=0x9))
        assert said.frames[-1][0] == 0x8A
        assert said.frames[-1].endswith(b"beat")
        waiting = asyncio.ensure_future(crowd.reached(2, 10))
        await asyncio.sleep(0)
        _receive(socket, _next("lab_1"))
        assert not waiting.done()
        _receive(socket, _next("lab_2"))
        await waiting

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "data",
    [
        _frame(b"\x0f\xa0bye", kind=0x8),
        _frame(b'{"id":"1","type":"complete"}'),
        _frame(b'{"id":"1","type":"error","payload":[]}'),
    ],
)
def test_a_socket_that_ends_ends_the_bench(data: bytes) -> None:
    async def scenario() -> None:
        crowd = Crowd(1, "/")
        socket, _ = _socket(crowd)
        _receive(socket, UPGRADED)
        waiting = asyncio.ensure_future(crowd.reached(1, 10))
        await asyncio.sleep(0)
        _receive(socket, data)
        with pytest.raises(Fault):
            await waiting

    asyncio.run(scenario())


def test_what_does_not_come_is_told() -> None:
    async def scenario() -> None:
        crowd = Crowd(1, "/")
        socket, _ = _socket(crowd)
        _receive(socket, UPGRADED)
        _receive(socket, _next("lab_1"))
        with pytest.raises(Fault, match="1 deliveries of 2"):
            await crowd.reached(2, 0.01)

    asyncio.run(scenario())
