"""The crowd: many sockets in one process, each of which notes what it hears, at little cost.

A message is decoded once, when the first socket hears it; whoever hears the same bytes after that
looks them up. So every message of every socket is known to its content, and the sockets are not
what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import heapq
import os
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

import orjson

from bench import wire
from bench.live.asked import FEED

INIT, PONG = b'{"type":"connection_init"}', b'{"type":"pong"}'
TEXT, CLOSE, PING, PONG_FRAME = 0x1, 0x8, 0x9, 0xA
BUFFER = 1 << 18
NEVER = sys.maxsize
AT_ONCE = 64
"""Sockets that are being opened at a time: a server takes them in one after the other anyway."""
FROM_ONE_ADDRESS = 25
"""As many stations as a proxy less hospital has behind one; Linux owns all of 127.0.0.0/8."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who a socket is, and what it asks for (`asked.subscribe`)."""

    token: str | None
    subscribe: bytes


class Crowd:
    """The sockets of one server, and all that they have heard together."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self.sockets: list[Socket] = []
        self.buffer = memoryview(bytearray(BUFFER))
        """All read into the same memory: what is in it has been dealt with before the next does."""
        self.known: dict[bytes, int] = {}
        self.events: list[tuple[str, ...]] = []
        """Of each message, in the order in which they were first heard."""
        self.weights: list[int] = []
        self.total = 0
        """Events heard, over all sockets."""
        self.wake_at = NEVER
        self.first_at = 0.0
        """When an event was first heard since it was set to 0."""
        self.sample: Any = None
        self.sample_bytes = 0
        self.fault: str | None = None
        self._waiting: list[tuple[int, int, asyncio.Future[float]]] = []

    async def open(self, seats: list[Seat]) -> None:
        """Open a socket for each. Raises wire.Fault."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(seat: Seat) -> None:
            async with gate:
                socket = Socket(self, seat)
                self.sockets.append(socket)
                await socket.open(_address(len(self.sockets)))

        await asyncio.gather(*map(one, seats))

    async def close(self) -> None:
        """Hang up, all at once."""
        for socket in self.sockets:
            socket.leave()
        self.sockets.clear()

    async def reached(self, total: int, seconds: float) -> float:
        """When so many events were heard, by `perf_counter`. Raises wire.Fault, also where none
        came for so many seconds."""
        if self.fault is not None:
            raise wire.Fault(self.fault)
        if self.total >= total:
            return perf_counter()
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (total, id(future), future))
        self.wake_at = self._waiting[0][0]
        while not future.done():
            before = self.total
            await asyncio.wait((future,), timeout=seconds)
            if self.total == before and not future.done():
                raise wire.Fault(f"{total - before} deliveries of {total} did not come")
        return future.result()

    def wake(self) -> None:
        """Tell whoever waits for so many."""
        now = perf_counter()
        while self._waiting and self._waiting[0][0] <= self.total:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(now)
        self.wake_at = self._waiting[0][0] if self._waiting else NEVER

    def learn(self, frame: bytes, message: Any) -> int:
        """The number of a message that is heard for the first time."""
        feed = message["payload"]["data"][FEED]
        found = feed["events"]
        if "errors" in message["payload"] or feed.get("resync"):
            self.fail(f"a message that was not to come: {orjson.dumps(message)[:300].decode()}")
        if found and not self.first_at:
            self.first_at = perf_counter()
            self.sample = message["payload"]
            self.sample_bytes = len(frame)
        self.events.append(tuple(each["criticalResult"]["labResult"]["id"] for each in found))
        self.weights.append(len(found))
        number = self.known[frame] = len(self.weights) - 1
        return number

    def fail(self, why: str) -> None:
        """Whoever waits is told so; the first reason counts."""
        self.fault = self.fault or why
        waiting, self._waiting, self.wake_at = self._waiting, [], NEVER
        for _, _, future in waiting:
            if not future.done():
                future.set_exception(wire.Fault(self.fault))


class Socket(asyncio.BufferedProtocol):
    """One client of graphql-transport-ws."""

    __slots__ = ("_kept", "_open", "_seat", "_subscribed", "_transport", "crowd", "heard")

    def __init__(self, crowd: Crowd, seat: Seat) -> None:
        self.crowd = crowd
        self.heard: list[int] = []
        """The numbers of the messages."""
        self._seat = seat
        self._kept = bytearray()
        self._open = False
        self._transport: asyncio.Transport | None = None
        self._subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, address: str | None) -> None:
        """Return when it has subscribed; what it hears from then on is not told of by all."""
        local = None if address is None else (address, 0)
        await asyncio.get_running_loop().create_connection(
            lambda: self, wire.HOST, self.crowd.port, local_addr=local
        )
        await asyncio.wait_for(self._subscribed, 60)

    def leave(self) -> None:
        """Hang up."""
        self._open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self.crowd.path} HTTP/1.1\r\nHost: {wire.HOST}:{self.crowd.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"
            "\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody may go while the bench is on."""
        if self._open or not self._subscribed.done():
            self._fail(f"a socket was closed ({error})")

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 (the buffer is what it is)
        """Where to read to."""
        return self.crowd.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Hear what came: mostly one whole message that another socket has heard already."""
        crowd = self.crowd
        data = bytes(crowd.buffer[:nbytes])
        if not self._kept:
            number = crowd.known.get(data)
            if number is not None:
                self.heard.append(number)
                crowd.total += crowd.weights[number]
                if crowd.total >= crowd.wake_at:
                    crowd.wake()
                return
        self._kept += data
        if not self._open:
            self._upgraded()
        if self._open:
            self._read()

    def _upgraded(self) -> None:
        end = self._kept.find(b"\r\n\r\n")
        if end < 0:
            return
        if not self._kept.startswith(b"HTTP/1.1 101"):
            self._fail(f"no upgrade: {bytes(self._kept[:200])!r}")
            return
        del self._kept[: end + 4]
        self._open = True
        init = INIT
        if self._seat.token is not None:
            given = {"authorization": f"Bearer {self._seat.token}"}
            init = orjson.dumps({"type": "connection_init", "payload": given})
        self._say(init)

    def _read(self) -> None:
        """All frames that have come whole."""
        kept, start = self._kept, 0
        while (bounds := _bounds(kept, start)) is not None:
            payload, end = bounds
            self._hear(bytes(kept[start:end]), payload - start)
            start = end
        if start:
            del kept[:start]

    def _hear(self, frame: bytes, payload: int) -> None:
        crowd = self.crowd
        number = crowd.known.get(frame)
        if number is None:
            number = self._new(frame, payload)
        if number is None:
            return
        self.heard.append(number)
        crowd.total += crowd.weights[number]
        if crowd.total >= crowd.wake_at:
            crowd.wake()

    def _new(self, frame: bytes, payload: int) -> int | None:
        """The number of a `next`; all else is answered, if it asks for it."""
        kind = frame[0] & 0x0F
        if kind == PING:
            self._say(frame[payload:], PONG_FRAME)
        elif kind == CLOSE:
            self._fail(f"a socket was closed: {frame[payload:]!r}")
        elif kind == TEXT:
            message = orjson.loads(frame[payload:])
            match message["type"]:
                case "next":
                    return self.crowd.learn(frame, message)
                case "connection_ack":
                    self._say(self._seat.subscribe)
                    if not self._subscribed.done():
                        self._subscribed.set_result(None)
                case "ping":
                    self._say(PONG)
                case "pong":
                    pass
                case _:
                    self._fail(f"not to come: {frame[payload:][:300]!r}")
        return None

    def _say(self, text: bytes, kind: int = TEXT) -> None:
        """A masked frame; a mask of zeros leaves the text as it is."""
        length = len(text)
        head = (
            bytes((0x80 | kind, 0x80 | length))
            if length < 126
            else (bytes((0x80 | kind, 0xFE)) + length.to_bytes(2, "big"))
        )
        assert self._transport is not None
        self._transport.write(head + bytes(4) + text)

    def _fail(self, why: str) -> None:
        self._open = False
        self.crowd.fail(why)
        if not self._subscribed.done():
            self._subscribed.set_exception(wire.Fault(why))
            self._subscribed.exception()  # the crowd is told of it, whether or not it is awaited


def _bounds(data: bytearray, start: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `start` begins and ends; None while it is not whole."""
    have = len(data) - start
    if have < 2:
        return None
    length, payload = data[start + 1], start + 2
    if length >= 126:
        wide = 2 if length == 126 else 8
        if have < 2 + wide:
            return None
        payload += wide
        length = int.from_bytes(data[start + 2 : payload], "big")
    end = payload + length
    return (payload, end) if end <= len(data) else None


def _address(number: int) -> str | None:
    """The address of a client, where one machine has many."""
    if sys.platform != "linux":
        return None
    return f"127.0.{1 + number // FROM_ONE_ADDRESS // 200}.{1 + number // FROM_ONE_ADDRESS % 200}"
