"""Lanes: connections of a pool that are kept at hand.

asyncpg's pool gives a connection back in a task of its own, and the caller waits for that. What was
lent here and comes back sound is lent again at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, TypeAlias

import asyncpg

Lent: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any]"
"""A connection of a pool."""

LEFT = 2
"""How many stay with the pool, so that who asks the pool itself finds one, sooner or later."""

USUAL = 4
"""How many are in use at once as a rule. Where statements are short, more of them at once only take
each other's time: on two cores a chart asked for by 32 clients took PostgreSQL more with ten.
"""
PATIENCE = 0.1
"""Who has waited this long, in seconds, waits for statements that are not short, and gets another
connection if there is one."""


class Lanes:
    """Lends the connections of a pool, which remains the owner: it opens them, and replaces those
    that broke. `left` of them are never lent here."""

    def __init__(self, pool: asyncpg.Pool[Any], *, left: int = LEFT) -> None:
        self._pool = pool
        self._most = max(pool.get_max_size() - left, 1)
        self._held = 0
        self._idle: list[Lent] = []
        self._waiting: deque[asyncio.Future[Lent | None]] = deque()
        self._closed = False

    @property
    def idle(self) -> int:
        """Connections that are at hand and that nobody uses."""
        return len(self._idle)

    def acquire(self) -> _Loan:
        """`async with lanes.acquire() as connection`, as of a pool."""
        return _Loan(self)

    async def take(self) -> Lent:
        """A connection, to be given `back`."""
        most = min(USUAL, self._most)
        while True:
            while self._idle:
                connection = self._idle.pop()
                if _is_open(connection):
                    return connection
                self._held -= 1
            if self._held < most or self._closed:
                return await self._opened()
            handed = await self._handed()
            if handed is not None:
                return handed
            most = self._most

    async def _opened(self) -> Lent:
        self._held += 1
        try:
            return await self._pool.acquire()
        except BaseException:
            self._held -= 1
            self._hand(None)
            raise

    async def _handed(self) -> Lent | None:
        """What somebody gives back; None: there is room for another one."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Lent | None] = loop.create_future()
        self._waiting.append(waiting)
        impatient = loop.call_later(PATIENCE, self._tell, waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                # It was handed over in the same moment.
                await self._on(waiting.result())
            raise
        finally:
            impatient.cancel()

    def _tell(self, waiting: asyncio.Future[Lent | None]) -> None:
        """Let it open another one, if there may be one more."""
        if self._held < self._most and not waiting.done():
            waiting.set_result(None)

    async def _on(self, handed: Lent | None) -> None:
        if handed is None:
            self._hand(None)
        else:
            await self.back(handed, sound=True)

    def _hand(self, connection: Lent | None) -> bool:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return True
        return False

    async def back(self, connection: Lent, *, sound: bool) -> None:
        """Give it back; not `sound` after an error, whatever it was."""
        if sound and not self._closed and _is_open(connection):
            if self._hand(connection):
                return
            if self._held <= USUAL:
                self._idle.append(connection)
                return
        self._held -= 1
        try:
            await self._pool.release(connection)
        finally:
            self._hand(None)

    async def aclose(self) -> None:
        """Give all back to the pool, those too that are lent when they come."""
        self._closed = True
        while self._idle:
            self._held -= 1
            await self._pool.release(self._idle.pop())


def _is_open(connection: Lent) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool takes a connection back by itself when it breaks.
        return False


class _Loan:
    __slots__ = ("_connection", "_lanes")

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    async def __aenter__(self) -> Lent:
        self._connection = await self._lanes.take()
        return self._connection

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self._lanes.back(self._connection, sound=kind is None)
