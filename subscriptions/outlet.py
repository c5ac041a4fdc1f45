"""Outlet: what one socket is sent, and what of it has still to wait.

A message goes to the transport where it is made, as long as the client takes them in. When it does
not, they wait here: so many and so much of them, and for so long. A client that does not keep up
must cost the others nothing: its socket is closed with a code that makes it come back, and its
cursor gives it the rest then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from subscriptions.counters import Counters
from subscriptions.frame import Frame, text_header
from subscriptions.limits import Limits
from subscriptions.protocol import CloseCode
from subscriptions.wire import Wire

TOO_SLOW = (CloseCode.TRY_AGAIN_LATER, "messages are not read fast enough")
SHARED = 16_384
"""Bytes from which the end of a message is shared by all its sockets instead of being copied
behind their own beginnings: one call more, and no copy."""


class Outlet:
    """The writer of a wire. Nothing waits here but `room`."""

    __slots__ = (
        "_bytes",
        "_counters",
        "_deadline",
        "_going_down",
        "_held",
        "_last",
        "_limits",
        "_paused",
        "_roomy",
        "_wire",
        "closing",
    )

    def __init__(
        self,
        wire: Wire,
        limits: Limits,
        counters: Counters,
        going_down: Callable[[], None],
    ) -> None:
        self.closing = False
        """Whether nothing that is put now will be sent."""
        self._wire = wire
        self._limits = limits
        self._counters = counters
        self._going_down = going_down
        self._held: deque[tuple[bytes, bytes]] | None = None
        self._bytes = 0
        self._paused = False
        self._deadline: asyncio.TimerHandle | None = None
        self._last: tuple[int, str] | None = None
        self._roomy: asyncio.Future[None] | None = None
        wire.writer = self

    def put(self, text: bytes) -> None:
        """Send a message after those before it."""
        if self.closing:
            return
        if self._paused:
            self._hold(text_header(len(text)) + text, b"")
        else:
            self._wire.write(text_header(len(text)) + text)

    def raw(self, framed: bytes) -> None:
        """Send what is framed already, and may be shared with others."""
        if self.closing:
            return
        if self._paused:
            self._hold(framed, b"")
        else:
            self._wire.write(framed)

    def frame(self, head: bytes, frame: Frame) -> None:
        """Send a frame as the message that begins with `head`."""
        if self.closing:
            return
        tail = frame.tail
        opening = frame.header(len(head)) + head
        if self._paused:
            self._hold(opening, tail)
        elif len(tail) > SHARED:
            self._wire.write_shared(opening, tail)
        else:
            self._wire.write(opening + tail)

    def close(self, code: int, reason: str) -> None:
        """Close the socket after what has been put before; the first call counts."""
        if self.closing:
            return
        self.closing = True
        self._last = (int(code), reason)
        self._counters.closed[int(code)] += 1
        self._make_room()
        if not self._paused:
            self._finish()

    async def room(self) -> None:
        """Return when most of what was put before has gone out, or when it does not matter."""
        while self._crowded() and not self.closing:
            if self._roomy is None:
                self._roomy = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._roomy)

    # -- what the wire says ------------------------------------------------------------------------

    def paused(self) -> None:
        """The client does not read fast enough: it has until the deadline."""
        self._paused = True
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._limits.send_deadline, self._too_late)

    def resumed(self) -> None:
        """Go on with what waits, until the client is too slow again."""
        self._paused = False
        self._forget_deadline()
        held = self._held
        while held and not self._paused:
            opening, tail = held.popleft()
            self._bytes -= len(opening) + len(tail)
            self._wire.write_shared(opening, tail)
        if not self._crowded():
            self._make_room()
        if self._last is not None and not held and not self._paused:
            self._finish()

    def gone(self, code: CloseCode = CloseCode.ABNORMAL) -> None:
        """There is nobody any more."""
        if not self.closing:
            self._counters.closed[int(code)] += 1
        self._let_go()

    def going_down(self) -> None:
        """The server stops."""
        self._going_down()

    # ----------------------------------------------------------------------------------------------

    def _hold(self, opening: bytes, tail: bytes) -> None:
        limits, held = self._limits, self._held
        if held is None:
            held = self._held = deque()
        size = len(opening) + len(tail)
        # One message always has a place, or none that is larger could ever be sent.
        if len(held) >= limits.queue_messages or (held and self._bytes + size > limits.queue_bytes):
            self._counters.queue_overflows += 1
            self._give_up()
            return
        held.append((opening, tail))
        self._bytes += size

    def _crowded(self) -> bool:
        held = self._held
        if not held:
            return False
        limits = self._limits
        return len(held) > limits.queue_messages // 4 or self._bytes > limits.queue_bytes // 4

    def _make_room(self) -> None:
        if self._roomy is not None:
            if not self._roomy.done():
                self._roomy.set_result(None)
            self._roomy = None

    def _too_late(self) -> None:
        self._deadline = None
        self._counters.send_timeouts += 1
        self._give_up()

    def _give_up(self) -> None:
        """Close what does not keep up. Its close frame stands behind what it has not read, so the
        connection is cut when that is not over soon."""
        if self._last is None:
            self._last = (int(TOO_SLOW[0]), TOO_SLOW[1])
            self._counters.closed[self._last[0]] += 1
        self._let_go()
        self._finish()

    def _let_go(self) -> None:
        self.closing = True
        self._held = None
        self._bytes = 0
        self._forget_deadline()
        self._make_room()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _finish(self) -> None:
        assert self._last is not None
        self._wire.finish(*self._last, self._limits.close_deadline)
