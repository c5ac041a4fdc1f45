"""Outlet: what one socket has still to be sent. Bounded, and every send has a deadline.

A client that stops reading must cost the others nothing: its messages are dropped, its socket is
closed with a code that makes it come back, and its cursor gives it the rest then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from subscriptions.limits import Limits
from subscriptions.protocol import CloseCode

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TOO_SLOW = (CloseCode.TRY_AGAIN_LATER, "messages are not read fast enough")


class Outlet:
    """The queue of a socket and the task that empties it (`run`)."""

    def __init__(self, send: Send, abort: Callable[[], None] | None, limits: Limits) -> None:
        self._send = send
        self._abort = abort
        self._limits = limits
        self._queue: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._closing: tuple[int, str] | None = None
        self._deadline: asyncio.Timeout | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing that is put now will be sent."""
        return self._closing is not None

    def put(self, text: str) -> None:
        """Send a message after those before it. Too many of them close the socket."""
        if self._closing is not None:
            return
        limits = self._limits
        full = len(self._queue) >= limits.queue_messages or (
            self._queue and self._characters + len(text) > limits.queue_characters
        )
        if full:
            self._give_up()
            return
        self._queue.append(text)
        self._characters += len(text)
        if (
            len(self._queue) > limits.queue_messages // 4
            or self._characters > limits.queue_characters // 4
        ):
            self._roomy.clear()
        self._wake.set()

    def close(self, code: CloseCode, reason: str) -> None:
        """Close the socket after what has been put before; the first call counts."""
        if self._closing is None:
            self._closing = (int(code), reason)
            self._wake.set()
            self._roomy.set()

    async def room(self) -> None:
        """Return when most of what was put before has gone out, or when it does not matter."""
        await self._roomy.wait()

    async def run(self) -> None:
        """Send until closed; then close. Returns also when the client is gone."""
        try:
            while True:
                while self._queue:
                    await self._send_next()
                if self._closing is not None:
                    break
                self._roomy.set()
                self._wake.clear()
                await self._wake.wait()
        except TimeoutError:
            self._closing = TOO_SLOW
        except (OSError, RuntimeError):  # what servers raise when the client is gone
            self._closing = (1006, "")
            return
        finally:
            self._queue.clear()
            self._roomy.set()
        await self._close(*self._closing)

    async def _send_next(self) -> None:
        text = self._queue.popleft()
        self._characters -= len(text)
        try:
            async with asyncio.timeout(self._limits.send_deadline) as self._deadline:
                await self._send({"type": "websocket.send", "text": text})
        finally:
            self._deadline = None

    def _give_up(self) -> None:
        self._closing = TOO_SLOW
        self._queue.clear()
        self._wake.set()
        self._roomy.set()
        if self._deadline is not None:  # it waits for a reader that does not read
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(self._limits.close_deadline):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except (TimeoutError, OSError, RuntimeError):
            # The close frame stands behind what is not read. The server would wait for that for
            # ever, so the connection is cut; where the server can not be told to, it is left to it.
            if self._abort is not None:
                with suppress(OSError, RuntimeError):
                    self._abort()
