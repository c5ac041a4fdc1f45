"""Lanes: connections of a pool that are kept at hand.

asyncpg's pool gives a connection back in a task of its own, which costs as much as a small
statement does. What was lent here and comes back sound is lent again at once.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import asyncpg

Lent: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any]"
"""A connection of a pool."""

LEFT = 2
"""How many are not kept, whether they are lent or idle: who asks the pool itself gets one of them
as soon as it comes back, also while the others are never idle all at once."""


class Lanes:
    """Lends the connections of a pool, which remains the owner: it opens them, and replaces those
    that broke. One for which somebody waits goes back to it."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool
        self._idle: list[Lent] = []
        self._kept = pool.get_max_size() - LEFT
        self._held = 0
        self._waiting = 0

    def acquire(self) -> _Loan:
        """`async with lanes.acquire() as connection`, as of a pool."""
        return _Loan(self)

    async def take(self) -> Lent:
        """A connection, to be given `back`."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            self._held -= 1
        self._waiting += 1
        try:
            connection = await self._pool.acquire()
        finally:
            self._waiting -= 1
        self._held += 1
        return connection

    async def back(self, connection: Lent, *, sound: bool) -> None:
        """Give it back; not `sound` after an error, whatever it was."""
        if sound and not self._waiting and self._held <= self._kept:
            self._idle.append(connection)
        else:
            self._held -= 1
            await self._pool.release(connection)

    async def aclose(self) -> None:
        """Give all back to the pool, those too that are lent when they come."""
        self._kept = 0
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
