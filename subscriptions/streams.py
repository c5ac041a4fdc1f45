"""Streams: one client's subscription as Server-Sent Events, on the same hub as the sockets.

graphql-sse, "distinct connections": a connection is one operation, whose results are events of the
answer's body (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md). The id of an event
is the cursor of its frame, so a client that comes back says with `Last-Event-ID` where it was
(https://html.spec.whatwg.org/multipage/server-sent-events.html). See docs/decisions/0016.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from resolvers import sessions
from resolvers.actors import Actor
from subscriptions.arrivals import Arrivals
from subscriptions.counters import Counters
from subscriptions.crowd import GOING_DOWN, LOOK_EVERY, Crowd
from subscriptions.feeds import Operation
from subscriptions.frame import Frame
from subscriptions.gate import Gate, Seat
from subscriptions.handshake import Send
from subscriptions.hub import Hub
from subscriptions.limits import Limits
from subscriptions.outlet import Outlet
from subscriptions.protocol import CloseCode
from subscriptions.standing import Standing
from subscriptions.subscriber import Subscriber
from subscriptions.wire import EXTENSION, Writer

Headers = list[tuple[bytes, bytes]]

EVENTS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx passes on what comes when it comes.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Accept, Accept-Encoding, Cookie, Authorization, Origin"),
]
"""The headers of an answer of events."""
COMPLETE = b"event: complete\ndata:\n\n"
"""Without `data` a browser's EventSource would not tell of it."""
COMMENT = b":\n\n"
RETRY_MS = (500, 4_000)
"""After how long a client comes back that has lost its stream: each is told another time between
these, so that not all come at once."""


def next_event(payload: bytes, cursor: str | None = None) -> bytes:
    """An ExecutionResult as an event."""
    # How its JSON is laid out is the database's business (json_agg of rows breaks lines); inside a
    # string no line break can stand.
    if b"\n" in payload:
        payload = payload.replace(b"\n", b"")
    id_ = b"" if cursor is None else b"id: %b\n" % cursor.encode("ascii")
    return b"event: next\n%bdata: %b\n\n" % (id_, payload)


def retry() -> bytes:
    """When a client that loses its stream comes back."""
    return b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 (no secret)


class Line(Protocol):
    """A connection of HTTP/1.1 as the server has it (app/http_protocol)."""

    writer: Writer | None

    @property
    def below(self) -> asyncio.Transport:
        """What is written here goes out as it is."""


def line_of(scope: Mapping[str, Any]) -> Line:
    """The connection of a request. Raises RuntimeError under a server that does not give it."""
    line: Line | None = (scope.get("extensions") or {}).get(EXTENSION)
    if line is None:
        raise RuntimeError("streams are served by uvicorn with http=app.http_protocol:HttpProtocol")
    return line


class Streams(Crowd["Stream"]):
    """All open streams of a process."""

    def __init__(
        self,
        hub: Hub,
        standing: Standing,
        arrivals: Arrivals,
        gate: Gate,
        *,
        limits: Limits,
        counters: Counters,
    ) -> None:
        super().__init__()
        self.hub = hub
        self.standing = standing
        self.arrivals = arrivals
        self.gate = gate
        self.limits = limits
        self.counters = counters

    async def open(self, token: str, address: str, line: Line) -> Stream | None:
        """A stream for whoever holds a token, which must be closed; None where it is nobody's.
        Raises Full, and what the database raises."""
        actor = await self.arrivals.actor(token, address)
        if actor is None or actor.user_id is None:
            return None
        seat = self.gate.enter(address)
        try:
            seat.sign_in(actor.user_id)
            stream = Stream(self, seat, actor, sessions.token_hash(token), line)
        except BaseException:
            seat.leave()
            raise
        self.take_in(stream)
        self.counters.opened["sse"] += 1
        return stream

    async def look(self) -> None:
        """Send a comment to those who heard nothing, until cancelled: proxies cut what is silent,
        and a connection whose other end has gone without a word is noticed by what it does not
        acknowledge."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for stream in self:
                stream.look(LOOK_EVERY)

    async def _stop(self) -> None:
        await self.hub.drain()
        for stream in self:
            stream.end(*GOING_DOWN)
        await self._gone(2 * self.limits.close_deadline)


class Stream:
    """One stream: the sink of its subscriber."""

    def __init__(
        self, streams: Streams, seat: Seat, actor: Actor, token_hash: bytes | None, line: Line
    ) -> None:
        self._streams = streams
        self._seat = seat
        self._wire = StreamWire(line)
        self._outlet: Outlet | None = None
        self._watch = streams.standing.watch(actor, self._changed, token_hash)
        self._subscriber: Subscriber | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._silent = 0.0

    async def serve(self, operation: Operation, after: str | None, send: Send) -> None:
        """Subscribe, and send until the end of it. `after` is where the client says it was. Raises
        Refused before anything has been sent."""
        streams = self._streams
        self._subscriber = streams.hub.subscribe(operation, self._watch.actor, self, after=after)
        # What it says before the head of the answer has gone out waits.
        outlet = Outlet(self._wire, streams.limits, streams.counters, streams.go_down)
        outlet.paused()
        self._outlet = outlet
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        await send({"type": "http.response.body", "body": retry(), "more_body": True})
        # The kernel takes a client that reads nothing for one that is not there.
        patience = max(streams.limits.pong, streams.limits.send_deadline)
        self._wire.expect_acknowledgement(patience)
        outlet.resumed()
        if await self._wire.ended():
            await send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        """Nothing of it is wanted any more."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._wire.release()
        if self._outlet is not None:
            # A client has no other word for the end than to close the connection.
            self._outlet.close(CloseCode.NORMAL, "")
            self._outlet.gone()
        if self._subscriber is not None:
            self._streams.hub.unsubscribe(self._subscriber)
        self._streams.standing.unwatch(self._watch)
        self._seat.leave()
        self._streams.forget(self)

    def end(self, code: CloseCode, reason: str) -> None:
        """End it after what has been sent. Where it was not said that this is complete, the client
        comes back, and is told by the status what there is for it. The code is for the counters."""
        if self._outlet is not None:
            self._outlet.close(code, reason)

    def look(self, seconds: float) -> None:
        """So much time has passed."""
        self._silent += seconds
        if self._silent >= self._streams.limits.ping and self._outlet is not None:
            self._put(COMMENT)

    # -- what the subscriber says ------------------------------------------------------------------

    def next(self, frame: Frame) -> None:
        event = frame.stream
        if event is None:
            event = frame.stream = _chunk(next_event(frame.payload, frame.cursor))
        self._silent = 0.0
        if self._outlet is not None:
            self._outlet.raw(event)

    def fail(self, errors: list[dict[str, Any]]) -> None:
        self._put(next_event(orjson.dumps({"errors": errors})) + COMPLETE)
        self.end(CloseCode.NORMAL, "")

    def try_again(self) -> None:
        self.end(CloseCode.TRY_AGAIN_LATER, "try again later")

    async def room(self) -> None:
        if self._outlet is not None:
            await self._outlet.room()

    def _put(self, event: bytes) -> None:
        self._silent = 0.0
        if self._outlet is not None:
            self._outlet.raw(_chunk(event))

    def _changed(self, actor: Actor | None) -> None:
        """The session has ended, or means something else than before."""
        if actor is None:
            heard = [] if self._subscriber is None else [self._subscriber]
            leave = self._leave(self._streams.hub.part(heard))
            self._leaving = asyncio.create_task(leave, name="leave")
        elif self._subscriber is not None:
            self._streams.hub.reseat(self._subscriber, actor)

    async def _leave(self, parted: list[Subscriber]) -> None:
        assert self._watch.ended_at is not None
        await self._streams.hub.last_words(parted, self._watch.ended_at)
        self.end(CloseCode.FORBIDDEN, "Forbidden")


class StreamWire:
    """The connection under a stream, between the head of the answer and its end. These are sent by
    ASGI, so that the server knows what becomes of the answer; the events between them are written
    where they are made."""

    __slots__ = ("_ended", "_line", "_paused", "writer")

    def __init__(self, line: Line) -> None:
        self.writer: Writer | None = None
        self._line = line
        self._paused = False
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        line.writer = self

    def release(self) -> None:
        """The connection is for other answers now, if it is still there."""
        if self._line.writer is self:
            self._line.writer = None
        self.gone()

    async def ended(self) -> bool:
        """Wait for the end; whether there is still somebody to be told of it."""
        return await self._ended

    def expect_acknowledgement(self, seconds: float) -> None:
        """Let the kernel cut the connection when what was sent is not acknowledged for so long: a
        client of a stream says nothing by which it could be known to be there."""
        connection = self._line.below.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX and _USER_TIMEOUT:
            connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(seconds * 1000))

    # -- what the outlet does ----------------------------------------------------------------------

    def write(self, framed: bytes) -> None:
        """Write an event."""
        if not self._ended.done():
            self._line.below.write(framed)

    def write_shared(self, opening: bytes, tail: bytes) -> None:
        """Write an event that waited, in one piece or two."""
        self.write(opening)
        if tail:
            self.write(tail)

    def finish(self, code: int, reason: str, deadline: float) -> None:  # noqa: ARG002 (Wire's)
        """End the answer in order; but who does not read will not read the end either."""
        if self._paused:
            self._line.below.abort()
        elif not self._ended.done():
            self._ended.set_result(True)

    # -- what the connection says ------------------------------------------------------------------

    def paused(self) -> None:
        """The client does not take in what was written."""
        self._paused = True
        if self.writer is not None:
            self.writer.paused()

    def resumed(self) -> None:
        """It has taken most of it."""
        self._paused = False
        if self.writer is not None:
            self.writer.resumed()

    def gone(self, code: CloseCode = CloseCode.ABNORMAL) -> None:  # noqa: ARG002 (Writer's)
        """The connection is over."""
        if not self._ended.done():
            self._ended.set_result(False)

    def going_down(self) -> None:
        """The server stops."""
        if self.writer is not None:
            self.writer.going_down()


_USER_TIMEOUT: int = getattr(socket, "TCP_USER_TIMEOUT", 0)
"""Linux has it."""


def _chunk(data: bytes) -> bytes:
    """A part of a body of HTTP/1.1 (RFC 9112, section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)
