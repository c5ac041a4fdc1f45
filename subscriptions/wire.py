"""Wire: uvicorn's WebSocket protocol, for those who write to many sockets at once.

ASGI has one word for sending, which waits, copies and tells nobody that a client has stopped
reading; and uvicorn never disconnects such a client, because its `close` waits for a buffer that
never drains. So the scope gets an extension, through which messages are written where they are
made, and a connection can be cut. Name it as uvicorn's `ws`: `subscriptions.wire:WireProtocol`.
See docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Protocol, cast

from subscriptions.fence import Fence
from subscriptions.protocol import CloseCode

EXTENSION = "wardline.wire"


class Writer(Protocol):
    """Who writes to a wire. Nothing here may wait."""

    def paused(self) -> None:
        """The client does not take in what was written: hold the rest back."""

    def resumed(self) -> None:
        """It has taken most of it."""

    def gone(self, code: CloseCode = CloseCode.ABNORMAL) -> None:
        """The connection is over; how the client has closed it."""

    def going_down(self) -> None:
        """The server stops: say what is still to be said, and close."""


class Wire(Protocol):
    """A connection as an Outlet has it."""

    writer: Writer | None

    def write(self, framed: bytes) -> None:
        """Write what is framed already."""

    def write_shared(self, opening: bytes, tail: bytes) -> None:
        """Write two pieces, of which many connections share the second."""

    def finish(self, code: int, reason: str, deadline: float) -> None:
        """Close, and cut the connection where that is not over in time."""


class WireProtocol(Fence):
    """Puts itself into `scope["extensions"]`.

    Text written by `write` and `write_shared` is framed already: without compression (the server is
    configured so) a frame of the server's changes nothing in the state of the protocol.
    """

    writer: Writer | None = None

    async def run_asgi(self) -> None:
        """Run the application with the extension in its scope."""
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions[EXTENSION] = self
        await super().run_asgi()

    # -- what the application does ----------------------------------------------------------------

    def settle(self) -> None:
        """Keep nothing of the handshake, once it is over: the parser holds its request for ever."""
        self.request.headers.clear()
        self.response.headers.clear()
        del self.request, self.response

    @property
    def closing(self) -> bool:
        """Whether what is written now is lost."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def write(self, framed: bytes) -> None:
        """Write one framed message."""
        if not self.closing:
            self.transport.write(framed)

    def write_shared(self, opening: bytes, tail: bytes) -> None:
        """Write a message of two pieces, of which many sockets share the second: it is not copied
        for any of them."""
        if not self.closing:
            self.transport.write(opening)
            self.transport.write(tail)

    def finish(self, code: int, reason: str, deadline: float) -> None:
        """Close as uvicorn does, and cut the connection where that is not over in time."""
        if self.closing:
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(deadline, self.transport.abort)

    # -- what the server and the transport say ----------------------------------------------------

    def pause_writing(self) -> None:
        """The buffer is above its high-water mark."""
        super().pause_writing()
        if self.writer is not None:
            self.writer.paused()

    def resume_writing(self) -> None:
        """The buffer has drained."""
        super().resume_writing()
        if self.writer is not None:
            self.writer.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        super().connection_lost(exc)
        if self.writer is not None:
            self.writer.gone(self._said())

    def _said(self) -> CloseCode:
        """What the client's close frame comes to: it may hold any code it likes."""
        received = self.conn.close_rcvd
        if received is None:
            return CloseCode.ABNORMAL
        away = received.code == CloseCode.GOING_AWAY
        return CloseCode.GOING_AWAY if away else CloseCode.NORMAL

    def shutdown(self) -> None:
        """The server goes down: who is let in is told by the application, after what it has still
        to hear. uvicorn waits for that until `timeout_graceful_shutdown`."""
        if self.writer is None or self.close_sent:
            super().shutdown()
        else:
            self.stop_keepalive()
            self.writer.going_down()


def wire_of(scope: MutableMapping[str, Any]) -> WireProtocol:
    """The wire of a scope. Raises RuntimeError under a server that has none."""
    extension = (scope.get("extensions") or {}).get(EXTENSION)
    if extension is None:
        raise RuntimeError(f"sockets are served by uvicorn with ws={__name__}:WireProtocol")
    return cast("WireProtocol", extension)
