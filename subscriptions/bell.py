"""The bell: after a commit every process is told which hospital's log has something new, or which
session has ended.

It carries ids alone and may lose any of them: who hears nothing reads the log every 250 ms, and
looks at the sessions, anyway. So ringing it is a hint and costs the writer nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from broadcaster import Broadcast

from subscriptions.counters import Counters
from subscriptions.redis_address import REDIS_ERRORS, RedisAddress
from subscriptions.redis_backend import GAP, RedisBackend
from subscriptions.tasks import end

CHANNEL = "wardline:bell"
MAX_PENDING = 10_000

_LOG = logging.getLogger(__name__)

Listener = Callable[[UUID | None], None]
"""Called with the hospital whose log to read, or the session that has ended; None: any may have
changed."""


@dataclass(frozen=True, slots=True)
class BellState:
    """How the bell stands, for `/readyz`: one of the two is None."""

    connected_since: datetime | None
    down_since: datetime | None

    @property
    def connected(self) -> bool:
        return self.connected_since is not None


class Bell:
    """One a process: one static subscription, and a sender off every request's path.

    `redis_url` is one that RedisAddress.parse knows; ValueError where it is none.
    """

    def __init__(
        self, redis_url: str, *, channel: str = CHANNEL, counters: Counters | None = None
    ) -> None:
        self._counters = Counters() if counters is None else counters
        self._backend = RedisBackend(RedisAddress.parse(redis_url), self._counters)
        self._broadcast = Broadcast(backend=self._backend)
        self._channel = channel
        self._listeners: list[Listener] = []
        self._pending: set[UUID] = set()
        self._rung = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def state(self) -> BellState:
        return BellState(self._backend.connected_since, self._backend.down_since)

    def listen(self, listener: Listener) -> None:
        """Call `listener` at each ring; it must not block."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Listen and send from now on, as soon as Redis is there."""
        await self._broadcast.connect()
        self._tasks = [
            asyncio.create_task(self._hear(), name="bell hear"),
            asyncio.create_task(self._send(), name="bell send"),
        ]

    async def stop(self) -> None:
        """Stop both; what was rung and not sent yet is forgotten."""
        await end(*self._tasks)
        await self._broadcast.disconnect()

    def ring(self, whose: UUID) -> None:
        """Say that the log of a hospital has grown, or that a session has ended. Never blocks,
        never raises, and many rings before the next sending are one. This process hears it at once,
        also without Redis."""
        self._tell(whose)
        if len(self._pending) < MAX_PENDING:
            self._pending.add(whose)
            self._rung.set()

    def _tell(self, whose: UUID | None) -> None:
        for listener in self._listeners:
            listener(whose)

    async def _send(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            pending, self._pending = self._pending, set()
            for whose in pending:
                try:
                    await self._broadcast.publish(self._channel, str(whose))
                except REDIS_ERRORS:
                    # Not sent again: the others look by themselves meanwhile.
                    self._counters.bell_rings_lost += 1
                else:
                    self._counters.bell_rings_sent += 1

    async def _hear(self) -> None:
        async with self._broadcast.subscribe(self._channel) as subscriber:
            while True:
                event = await subscriber.get()
                if event.message == GAP:
                    self._counters.bell_gaps += 1
                    self._tell(None)
                    continue
                try:
                    whose = UUID(event.message)
                except ValueError:
                    _LOG.warning("something else rings on the bell's channel")
                    continue
                self._counters.bell_rings_heard += 1
                self._tell(whose)
