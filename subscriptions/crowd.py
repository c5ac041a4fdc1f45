"""Crowd: the connections of one kind that a process has open, and how all of them end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from subscriptions.protocol import CloseCode
from subscriptions.tasks import begin

GOING_DOWN = (CloseCode.SERVICE_RESTART, "the server is going down")
LOOK_EVERY = 0.5
"""Seconds between two looks for connections on which nothing was said."""

One = TypeVar("One")


class Crowd(ABC, Generic[One]):
    """One a process, of each kind. Iterating takes those who are there now: others come and go
    meanwhile."""

    def __init__(self) -> None:
        self._tasks: dict[One, asyncio.Task[Any] | None] = {}
        self._stopping: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[One]:
        return iter(tuple(self._tasks))

    def take_in(self, one: One) -> None:
        """A connection is open, and served by the current task."""
        self._tasks[one] = asyncio.current_task()

    def forget(self, one: One) -> None:
        """It is over."""
        del self._tasks[one]

    @property
    def going_down(self) -> bool:
        """Whether nobody is let in any more."""
        return self._stopping is not None

    def go_down(self) -> None:
        """Begin to end: nobody is let in from here on."""
        if self._stopping is None:
            self._stopping = begin(self._stop(), f"{type(self).__name__.lower()} stop")

    async def stop(self) -> None:
        """Go down, and return when that is over."""
        self.go_down()
        assert self._stopping is not None
        await self._stopping

    @abstractmethod
    async def _stop(self) -> None:
        """Give everybody what is still for them, and end all."""

    async def _gone(self, seconds: float, *others: asyncio.Task[Any]) -> None:
        """Wait until all connections and these tasks are over, but no longer than so."""
        tasks = [task for task in self._tasks.values() if task is not None]
        if tasks or others:
            await asyncio.wait((*tasks, *others), timeout=seconds)
