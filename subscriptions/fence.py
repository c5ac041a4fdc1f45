"""Fence: uvicorn's WebSocket protocol, towards a client that keeps none of its rules.

What is wrong with a client is never an error of ours: it is told by a close code, and leaves no
stack in the log. And nobody makes us hold more than they send: what has come is read a few
kilobytes at a time, and no further while messages wait to be heard.
"""

from __future__ import annotations

from http import HTTPStatus

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame

from subscriptions.bucket import Bucket

SLICE = 4_096
"""Bytes that are taken apart at once: the smallest message has six."""
EXTRAS_PER_SECOND = 20
EXTRAS_AT_ONCE = 400
"""Pings, pongs and continuations of a message, of which a client may send any number for nothing.
A message of 64 KiB in pieces of 256 bytes, or twenty a second for ever."""


class Fence(WebSocketsSansIOProtocol):
    """Closes what uvicorn would hold for ever, or log as a fault."""

    _rest = b""
    _extras: Bucket | None = None

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        try:
            self._take(data)
        except (InvalidState, UnicodeError, AssertionError):
            # It says what can not be said as a header, or goes on after its close frame.
            self._cut()
            return
        if not self.handshake_initiated:
            self._cut()  # its head is none

    async def receive(self) -> ASGIReceiveEvent:
        """The next message. Only when all of them have been heard is more taken in."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if self._rest:
                self.data_received(b"")
            if not self.read_paused and not self.transport.is_closing():
                self.transport.resume_reading()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        """What the application says. uvicorn takes an answer in place of the socket for none."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """A message is whole. One that says that it is text, and is not, closes the connection."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._fail(CloseCode.INVALID_DATA, "the message is not UTF-8")
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """A ping, which has been answered already."""
        if self._extra():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """A pong, perhaps of nothing that was asked."""
        if self._extra():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        """A piece of a message. How large all of them may be is counted below, how many is not."""
        if self._extra():
            super().handle_cont(event)

    # ----------------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE):
            if self.read_paused:
                self._rest = data[start:]
                return
            super().data_received(data[start : start + SLICE])
            if self.transport.is_closing():
                return

    def _extra(self) -> bool:
        if self._extras is None:
            self._extras = Bucket(EXTRAS_PER_SECOND, EXTRAS_AT_ONCE, self.loop.time())
        if self._extras.take(self.loop.time()):
            return True
        self._fail(CloseCode.TRY_AGAIN_LATER, "too many control frames and pieces of messages")
        return False

    def _fail(self, code: CloseCode, reason: str) -> None:
        """Close for the client's fault; nothing it has sent after that is read."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def _cut(self) -> None:
        """End a connection that can be told nothing, or no more than that this is no WebSocket."""
        if not self.handshake_complete and not self.transport.is_closing():
            status = HTTPStatus.BAD_REQUEST
            head = f"HTTP/1.1 {status.value} {status.phrase}"
            end = "content-length: 0\r\nconnection: close"
            self.transport.write(f"{head}\r\n{end}\r\n\r\n".encode())
            self.handshake_complete = True
            self.transport.close()
        else:
            self.transport.abort()
